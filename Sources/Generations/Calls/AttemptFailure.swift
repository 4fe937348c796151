import ChatFormats
import Upstream
import Wire

/// Why one attempt failed: what it means for another attempt, and what is said of it.
struct AttemptFailure {
    let fault: RetryPolicy.Fault
    let failure: UpstreamFailure

    init(_ fault: RetryPolicy.Fault, _ failure: UpstreamFailure) {
        self.fault = fault
        self.failure = failure
    }

    /// The upstream answered with a status other than 200.
    ///
    /// - Parameters:
    ///   - head: its answer's.
    ///   - body: as much of its body as was read.
    ///   - upstream: the one that was asked.
    ///   - seconds: the time of day, for a `Retry-After` that is a date.
    init(
        refusal head: UpstreamHead,
        body: Span<UInt8>,
        of upstream: RelayConfiguration.Upstream,
        now seconds: Int
    ) {
        failure = UpstreamFailure(status: head.status, head: head, body: body, upstream: upstream)
        fault = .status(
            head.status,
            RetryPolicy.Hints(head.fields, now: seconds),
            isOfRequest: BlameReader.isOfRequest(
                status: head.status,
                [failure.type, failure.code, failure.message]
            )
        )
    }

    /// The stream says that the vendor failed, or cannot be read further.
    ///
    /// - Parameters:
    ///   - error: the decoder's.
    ///   - head: the answer's.
    ///   - bytes: what came last; of a page, its beginning.
    ///   - upstream: the one that was asked.
    init(
        _ error: StreamError,
        _ head: UpstreamHead,
        _ bytes: Span<UInt8>,
        of upstream: RelayConfiguration.Upstream
    ) {
        switch error {
        case .page:
            let type = head.fields.first("content-type") ?? "a page without a type"
            let words = VendorError(body: bytes).message
            // A proxy's page is no answer that anybody paid for.
            self.init(.unreadable, .notAStream(type, words, upstream: upstream))
        case .malformed: self.init(.unreadable, UpstreamFailure(error, upstream: upstream))
        case .tooLong: self.init(.paid, UpstreamFailure(error, upstream: upstream))
        case .vendor(let type, let message, let code, let isOverloaded, let detail):
            let isOfRequest = BlameReader.isOfRequest(
                status: detail.status,
                [type, code, message]
            )
            self.init(
                .inStream(isOverloaded: isOverloaded, isOfRequest: isOfRequest),
                UpstreamFailure(error, upstream: upstream)
            )
        }
    }

    /// The connection ended in order, and the stream neither was whole nor said why.
    ///
    /// - Parameters:
    ///   - head: the answer's.
    ///   - hasAnswer: whether anything of the answer came.
    ///   - decoder: what has read the stream.
    ///   - upstream: the one that was asked.
    init(
        endOf head: UpstreamHead,
        hasAnswer: Bool,
        _ decoder: borrowing StreamDecoder,
        of upstream: RelayConfiguration.Upstream
    ) {
        let type = head.fields.first("content-type") ?? ""
        // A sentence, for example: an answer would have shown itself.
        let isStream = type.isEmpty || type.lowercased().hasPrefix("text/event-stream")
        if decoder.isEmpty, !isStream {
            self.init(.unreadable, .notAStream(type, upstream: upstream))
        } else {
            self.init(
                .paid,
                hasAnswer
                    ? .truncated(upstream: upstream.name)
                    : .noAnswer(upstream: upstream.name, passedOver: decoder.passedOver)
            )
        }
    }

    /// No connection was made, or it broke; in mid-answer that leaves a cut answer.
    init(_ error: TransferError, hasAnswer: Bool, of upstream: RelayConfiguration.Upstream) {
        fault = .connection(error)
        guard hasAnswer else {
            failure = UpstreamFailure(error, upstream: upstream)
            return
        }
        var failure = UpstreamFailure.truncated(upstream: upstream.name)
        failure.message += " (\(error.detail))"
        self.failure = failure
    }
}
