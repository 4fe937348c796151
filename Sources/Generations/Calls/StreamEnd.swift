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

    /// What the upstream sent is no answer in any framing, such as the page of a login.
    static func notAStream(type: String, upstream: String) -> UpstreamFailure {
        UpstreamFailure(
            .upstreamError,
            .badGateway,
            type: "upstream_error",
            message: "the upstream \(upstream) answered with \(type)"
                + " instead of text/event-stream",
            code: "not_a_stream"
        )
    }
}
