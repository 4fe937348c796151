import ChatFormats
import Wire

/// How a stream can end without an answer, though its connection did not break.
extension UpstreamFailure {
    /// The upstream ended its stream in order, and neither said anything nor why.
    static func noAnswer(upstream: String) -> UpstreamFailure {
        UpstreamFailure(
            .truncated,
            .badGateway,
            type: "upstream_error",
            message: "the upstream \(upstream) ended the stream without an answer or a reason",
            code: "truncated"
        )
    }
}
