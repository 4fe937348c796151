package import ChatFormats
import Upstream
package import Wire

/// Why a generation has no whole answer: for its readers, its record and the log.
package struct UpstreamFailure: Equatable, Sendable {
    /// How the generation ends.
    package var ending: Ending
    /// The status for a client that has not been sent one yet.
    package var status: Status
    /// A word for programs.
    package var type: String
    /// A sentence for people.
    package var message: String
    /// A finer word for programs, such as the vendor's.
    package var code: String?
    /// What else the vendor says.
    var detail = ErrorDetail()
    /// Fields of the upstream's answer that are passed on, such as `Retry-After`.
    var fields = HeaderFields()

    /// Describes one.
    package init(
        _ ending: Ending,
        _ status: Status,
        type: String,
        message: String,
        code: String? = nil
    ) {
        self.ending = ending
        self.status = status
        self.type = type
        self.message = message
        self.code = code
    }

    /// Reads a failure that an earlier process left in the journal.
    package init(_ payload: JSON) {
        let word = payload["status"]?.stringValue ?? ""
        self.init(
            Ending(rawValue: word) ?? .interrupted,
            .serviceUnavailable,
            type: payload["type"]?.stringValue ?? "interrupted",
            message: payload["message"]?.stringValue ?? "",
            code: payload["code"]?.stringValue
        )
    }

    /// The process is gone, or was asked to stop.
    static let interrupted = UpstreamFailure(
        .interrupted,
        .serviceUnavailable,
        type: "interrupted",
        message: "the relay was shut down before the answer's end",
        code: "interrupted"
    )

    /// Nobody came back to read the answer.
    static let abandoned = UpstreamFailure(
        .abandoned,
        .gone,
        type: "abandoned",
        message: "nobody came back to read the answer",
        code: "abandoned"
    )

    /// Whether a client that waits for the whole answer gets the failure alone.
    ///
    /// Nobody waited for an answer that was abandoned: a client that asks for it again gets what
    /// came of it, which is paid for, and its ending.
    package var endsWhole: Bool { ending != .abandoned }

    /// The same without secrets: all text of an upstream reaches clients, records and the log this
    /// way.
    func redacted(_ secrets: [String]) -> UpstreamFailure {
        var failure = self
        failure.type = Redaction.clean(type, secrets: secrets)
        failure.message = Redaction.clean(message, secrets: secrets)
        failure.code = code.map { Redaction.clean($0, secrets: secrets) }
        // What is masked is no number any more.
        if failure.code != code { failure.detail.isCodeNumber = false }
        failure.detail.param = detail.param.map { Redaction.clean($0, secrets: secrets) }
        failure.detail.members = Redaction.clean(detail.members, secrets: secrets)
        return failure
    }

    /// The upstream could not be reached, or the connection broke.
    init(_ error: TransferError, upstream: RelayConfiguration.Upstream) {
        let what =
            switch error {
            case .nameNotResolved: "its name could not be resolved"
            case .notConnected: "it does not accept connections"
            case .connectTimeout: "no connection was made in time"
            case .insecure: "its certificate is not trusted or TLS failed"
            case .broken: "the connection broke"
            case .headTooLarge: "the header of its answer is too large"
            case .other: "the request failed"
            }
        self.init(
            error.isTimeout ? .timeout : .upstreamError,
            error.isTimeout ? .gatewayTimeout : .badGateway,
            type: "upstream_error",
            message: "the upstream \(upstream.name) did not answer: \(what) (\(error.detail))"
                + upstream.advice(on: error),
            code: error.word
        )
    }

    /// The upstream answered with an error status.
    init(status: Int, head: UpstreamHead, body: Span<UInt8>, upstream: RelayConfiguration.Upstream)
    {
        let vendor = upstream.provider.errorMessage(body: body)
        let form = vendor.isPage ? " with a page" : ""
        let message = vendor.message ?? "it gave no reason"
        let location = head.fields.first("location")
        self.init(
            .upstreamError,
            Status(upstreamCode: status),
            type: vendor.type ?? "upstream_error",
            message: "the upstream \(upstream.name) answered \(status)\(form): \(message)"
                + upstream.advice(on: status, location: location, vendor),
            code: vendor.code
        )
        detail = vendor.detail
        fields = PassedFields.ofRefusal(head.fields)
    }

    /// The upstream answered with what is no stream of events.
    ///
    /// - Parameters:
    ///   - type: the answer's `Content-Type`.
    ///   - words: what the answer says of itself, such as the title of a page.
    ///   - upstream: the one that was asked.
    /// - Returns: a failure that names the URL and its variable.
    static func notAStream(
        _ type: String,
        _ words: String? = nil,
        upstream: RelayConfiguration.Upstream
    ) -> UpstreamFailure {
        let said = words.map { ", which says: \($0)" } ?? ""
        return UpstreamFailure(
            .upstreamError,
            .badGateway,
            type: "upstream_error",
            message: "the upstream \(upstream.name) answered with \(type) instead of"
                + " text/event-stream\(said); asked was POST \(upstream.shownURL)"
                + upstream.checkAddress,
            code: "not_a_stream"
        )
    }

    /// The stream could not be read further.
    init(_ error: StreamError, upstream: RelayConfiguration.Upstream) {
        switch error {
        case .malformed(let detail):
            self.init(
                .upstreamError,
                .badGateway,
                type: "upstream_error",
                message: "the upstream \(upstream.name) sent what cannot be read: \(detail)",
                code: "malformed"
            )
        case .vendor(let type, let message, let code, _, let detail):
            self.init(
                .upstreamError,
                detail.status.map { Status(upstreamCode: $0) } ?? .badGateway,
                type: type ?? "upstream_error",
                message: "the upstream \(upstream.name) reported an error: \(message)",
                code: code
            )
            self.detail = detail
        case .page: self = .notAStream("a page", upstream: upstream)
        case .tooLong(let limit):
            self.init(
                .upstreamError,
                .badGateway,
                type: "upstream_error",
                message: "the upstream \(upstream.name) sent too much: \(limit)",
                code: "too_long"
            )
        }
    }

    /// The past of its conversation was not read in time.
    static func pastIsLate(seconds: Int) -> UpstreamFailure {
        UpstreamFailure(
            .timeout,
            .serviceUnavailable,
            type: "storage_error",
            message: "the past of the conversation was not read within \(seconds) s",
            code: "history_not_readable"
        )
    }

    /// The upstream's protocol cannot express the request.
    static func unwritable(_ error: ChatRequestError) -> UpstreamFailure {
        UpstreamFailure(
            .upstreamError,
            .badRequest,
            type: "invalid_request_error",
            message: error.message,
            code: error.field
        )
    }

    /// It has failed so often that others are asked first.
    static func leftOut(upstream: String) -> UpstreamFailure {
        UpstreamFailure(
            .upstreamError,
            .serviceUnavailable,
            type: "upstream_error",
            message: "the upstream \(upstream) is left out for a while, since it has failed",
            code: "left_out"
        )
    }

    /// The request cannot even wait for it.
    init(_ refusal: CallQueue.Refusal, upstream: String) {
        switch refusal {
        case .full:
            self = .crowded(
                "too many requests wait for the upstream \(upstream)",
                code: "queue_full"
            )
        case .noMemory: self = .crowded("the relay has too much in memory", code: "memory_full")
        }
    }

    /// One has waited for it for too long.
    static func queueTimeout(upstream: String, seconds: Int) -> UpstreamFailure {
        crowded(
            "the upstream \(upstream) had no place within \(seconds) s",
            code: "queue_timeout"
        )
    }

    private static func crowded(_ message: String, code: String) -> UpstreamFailure {
        var failure = UpstreamFailure(
            .upstreamError,
            .serviceUnavailable,
            type: crowdedType,
            message: "\(message); ask again later",
            code: code
        )
        failure.fields = ["Retry-After": "5"]
        return failure
    }

    /// Whether nobody was asked, since there was no place for the request.
    var isOfQueue: Bool {
        type == Self.crowdedType && ["queue_full", "queue_timeout", "memory_full"].contains(code)
    }

    private static let crowdedType = "overloaded_error"

    /// The upstream closed the stream without saying that it was done.
    static func truncated(upstream: String) -> UpstreamFailure {
        UpstreamFailure(
            .truncated,
            .badGateway,
            type: "upstream_error",
            message: "the upstream \(upstream) closed the stream before the answer's end",
            code: "truncated"
        )
    }

    /// One of the clocks ran out.
    static func timeout(_ spent: SpentClock, upstream: String) -> UpstreamFailure {
        let setting = spent.setting.map { " (\($0))" } ?? ""
        return UpstreamFailure(
            .timeout,
            .gatewayTimeout,
            type: "timeout_error",
            message:
                "the upstream \(upstream) \(spent.clock.sentence) \(spent.seconds) s\(setting)",
            code: spent.clock.rawValue
        )
    }
}

extension Status {
    /// An upstream's status as the client's: passed on where it is an error status, else 502.
    init(upstreamCode code: Int) {
        switch code {
        case 400: self = .badRequest
        case 401: self = .unauthorized
        case 403: self = .forbidden
        case 404: self = .notFound
        case 408: self = .requestTimeout
        case 409: self = .conflict
        case 413: self = .contentTooLarge
        case 422: self = .unprocessableContent
        case 429: self = .tooManyRequests
        case 500: self = .internalServerError
        case 503: self = .serviceUnavailable
        case 504: self = .gatewayTimeout
        case 400...599: self = Status(code: code, reason: "Upstream Error")
        default: self = .badGateway
        }
    }
}

extension TransferError {
    var isTimeout: Bool {
        if case .connectTimeout = self { true } else { false }
    }

    /// A word for programs.
    var word: String {
        switch self {
        case .nameNotResolved: "name_not_resolved"
        case .notConnected: "not_connected"
        case .connectTimeout: "connect_timeout"
        case .insecure: "tls_failed"
        case .broken: "connection_broken"
        case .headTooLarge: "header_too_large"
        case .other: "transfer_failed"
        }
    }
}
