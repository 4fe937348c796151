import Upstream
import Wire

/// Whether a failed call is repeated, when, and whether somebody else is asked.
///
/// The rules of the vendors' own clients, applied only while nothing of the answer has come.
struct RetryPolicy: Sendable {
    /// What went wrong with one attempt.
    enum Fault: Equatable {
        /// A status other than 200, with what its head says about trying again, and whose fault the
        /// body says it is.
        case status(Int, Hints, isOfRequest: Bool)
        /// No answer: the name was not resolved, no connection was made, or it broke.
        case connection(TransferError)
        /// No head came in time. It may be paid, so it is not asked for again there.
        case lateHead
        /// An error inside the stream before its first token.
        case inStream(isOverloaded: Bool, isOfRequest: Bool)
        /// The stream ended in order and without an answer, or sent more than there is room for.
        /// It was paid, so it is asked for nowhere again.
        case paid
        /// What came before the first token is no stream, or cannot be read.
        case unreadable
        /// Its protocol cannot express the request.
        case unwritable
        /// It failed so often that others are asked first.
        case leftOut
        /// Too many wait for it, or one has waited for too long.
        case crowded
    }

    /// What an answer's head says about trying again.
    struct Hints: Equatable {
        /// `x-should-retry`, which overrules the status.
        var shouldRetry: Bool?
        /// `retry-after-ms` or `Retry-After`.
        var afterMilliseconds: Int?
    }

    /// What is done after a failed attempt.
    enum Verdict: Equatable {
        /// The same upstream is asked again after this wait.
        case again(milliseconds: Int)
        /// Somebody else is asked at once.
        case others
        /// Nobody is.
        case over
    }

    let maxRetries: Int
    /// A longer wait is not made: the client gets the failure instead.
    private static let maxHintMilliseconds = 120_000
    /// The longest wait while somebody else can be asked.
    private static let maxHintWithOthersMilliseconds = 5000
    private static let firstDelayMilliseconds = 500
    private static let maxDelayMilliseconds = 8000

    /// Decides after a failed attempt.
    ///
    /// - Parameters:
    ///   - fault: what went wrong.
    ///   - retries: how often this upstream was asked again already.
    ///   - jitter: a random number from 0 to 1, so that clients that failed together do not come
    ///     back together.
    ///   - hasOthers: whether somebody else can be asked.
    ///   - budget: how long attempts may still begin, in milliseconds.
    /// - Returns: what is done.
    func verdict(
        after fault: Fault,
        retries: Int,
        jitter: Double,
        hasOthers: Bool,
        budget: Int
    ) -> Verdict {
        guard budget > 0 else { return .over }
        if retries < maxRetries, isRetryable(fault, hasOthers: hasOthers),
            let delay = delay(after: fault, retries: retries, jitter: jitter, hasOthers: hasOthers),
            delay < budget
        {
            return .again(milliseconds: delay)
        }
        return hasOthers && isForOthers(fault) ? .others : .over
    }

    private func delay(after fault: Fault, retries: Int, jitter: Double, hasOthers: Bool) -> Int? {
        // "At once" is no hint: an upstream in trouble must not be called twice in a row.
        if case .status(_, let hints, _) = fault, let hint = hints.afterMilliseconds, hint > 0 {
            let most = hasOthers ? Self.maxHintWithOthersMilliseconds : Self.maxHintMilliseconds
            return hint <= most ? hint : nil
        }
        let full = min(Self.firstDelayMilliseconds << min(retries, 10), Self.maxDelayMilliseconds)
        return Int(Double(full) * (1 - jitter / 4))
    }

    private func isRetryable(_ fault: Fault, hasOthers: Bool) -> Bool {
        switch fault {
        case .status(let status, let hints, _):
            hints.shouldRetry ?? ([408, 409, 429].contains(status) || status >= 500)
        case .connection(let error):
            switch error {
            case .notConnected, .broken, .nameNotResolved: true
            // Each such attempt takes its whole time.
            case .connectTimeout: !hasOthers
            case .insecure, .headTooLarge, .other: false
            }
        case .inStream(let isOverloaded, _): isOverloaded
        case .lateHead, .paid, .unreadable, .unwritable, .leftOut, .crowded: false
        }
    }

    /// Whether somebody else may be asked: not what everybody would refuse, nor what was paid.
    private func isForOthers(_ fault: Fault) -> Bool {
        switch fault {
        case .status(_, _, let isOfRequest), .inStream(_, let isOfRequest): !isOfRequest
        case .paid: false
        case .connection, .lateHead, .unreadable, .unwritable, .leftOut, .crowded: true
        }
    }
}

extension RetryPolicy.Fault {
    /// Whether it says that the upstream is in trouble: then it counts for the breaker.
    var isTrouble: Bool {
        switch self {
        case .status(let status, _, _): [401, 402, 403, 408, 429].contains(status) || status >= 500
        case .connection, .lateHead, .unreadable: true
        case .inStream(let isOverloaded, _): isOverloaded
        case .paid, .unwritable, .leftOut, .crowded: false
        }
    }

    /// How much it tells a client where several upstreams have failed; the first of those that tell
    /// most is shown.
    var telling: Int {
        switch self {
        case .leftOut: 0
        case .unwritable: 1
        // Keys and addresses that are wrong are the operator's, who finds them in the log.
        case .status(let status, _, let isOfRequest):
            isOfRequest ? 4 : [408, 409, 429].contains(status) || status >= 500 ? 3 : 2
        case .inStream(_, let isOfRequest): isOfRequest ? 4 : 3
        case .connection, .lateHead, .paid, .unreadable, .crowded: 3
        }
    }
}

extension RetryPolicy.Hints {
    /// Reads the fields of an answer's head.
    ///
    /// - Parameters:
    ///   - fields: the head's fields.
    ///   - now: seconds since 1970, for a `Retry-After` that is a date.
    init(_ fields: HeaderFields, now: Int) {
        if let word = fields.first("x-should-retry") {
            shouldRetry = equals(word, "true") ? true : equals(word, "false") ? false : nil
        }
        if let milliseconds = fields.first("retry-after-ms").flatMap(Self.number) {
            afterMilliseconds = Int(milliseconds)
        } else if let after = fields.first("retry-after") {
            if let seconds = Self.number(after) {
                afterMilliseconds = Int(seconds * 1000)
            } else if let date = HTTPDate.parse(after) {
                afterMilliseconds = max(0, date - now) * 1000
            }
        }
    }

    /// An upstream's `Retry-After` as it is passed on: whole seconds or a date, and nothing else
    /// (RFC 9110 §10.2.3).
    ///
    /// A client's library may take anything else for "at once", or for ever.
    static func passedOn(_ text: String) -> String? {
        if let seconds = number(text) { return String(Int(seconds.rounded(.up))) }
        return HTTPDate.parse(text) == nil ? nil : text
    }

    /// Whether a text is a number as some vendors send it.
    static func isNumber(_ text: String) -> Bool { number(text) != nil }

    /// A number of sensible size, as some vendors send fractions of seconds.
    private static func number(_ text: String) -> Double? {
        let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
        guard isPlain, let number = Double(text), number >= 0, number < 1e9 else { return nil }
        return number
    }
}
