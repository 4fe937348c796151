import ChatFormats
import Wire

/// How a stream can end without an answer, though its connection did not break.
extension UpstreamFailure {
    /// The upstream ended its stream in order, and neither said anything nor why.
    ///
    /// - Parameters:
    ///   - upstream: its name.
    ///   - passedOver: how the first event begins that is no part of its protocol; empty where
    ///     there is none.
    /// - Returns: the failure.
    static func noAnswer(upstream: String, passedOver: String) -> UpstreamFailure {
        var message = "the upstream \(upstream) ended the stream without an answer or a reason"
        if !passedOver.isEmpty {
            message += "; what it sent is no part of its protocol, and begins: \(passedOver)"
        }
        return UpstreamFailure(
            .truncated,
            .badGateway,
            type: "upstream_error",
            message: message,
            code: "truncated"
        )
    }
}
