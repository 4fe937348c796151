import Upstream
import Wire

/// Whether a failed call is repeated, and when: the rules of the vendors' own clients, applied only
/// while nothing of the answer has come.
///
/// A stream that ended in order is no fault that is repeated: it was paid, even if it was empty.
struct RetryPolicy: Sendable {
    /// What went wrong with one attempt.
    enum Fault: Equatable {
        /// A status other than 200, with what its head says about trying again.
        case status(Int, Hints)
        /// No answer: the name was not resolved, no connection was made, or it broke.
        case connection(TransferError)
        /// An error inside the stream before its first token.
        case inStream(isOverloaded: Bool)
    }

    /// What an answer's head says about trying again.
    struct Hints: Equatable {
        /// `x-should-retry`, which overrules the status.
        var shouldRetry: Bool?
        /// `retry-after-ms` or `Retry-After`.
        var afterMilliseconds: Int?
    }

    let maxRetries: Int
    /// A longer wait is not made: the client gets the failure instead.
    private static let maxHintMilliseconds = 120_000
    private static let firstDelayMilliseconds = 500
    private static let maxDelayMilliseconds = 8000

    /// Decides after a failed attempt.
    ///
    /// - Parameters:
    ///   - fault: what went wrong.
    ///   - retries: how many retries were made already.
    ///   - jitter: a random number from 0 to 1, so that clients that failed together do not come
    ///     back together.
    /// - Returns: the wait in milliseconds, or nil to give up.
    func delay(after fault: Fault, retries: Int, jitter: Double) -> Int? {
        guard retries < maxRetries, isRetryable(fault) else { return nil }
        // "At once" is no hint: an upstream in trouble must not be called twice in a row.
        if case .status(_, let hints) = fault, let hint = hints.afterMilliseconds, hint > 0 {
            return hint <= Self.maxHintMilliseconds ? hint : nil
        }
        let full = min(Self.firstDelayMilliseconds << min(retries, 10), Self.maxDelayMilliseconds)
        return Int(Double(full) * (1 - jitter / 4))
    }

    private func isRetryable(_ fault: Fault) -> Bool {
        switch fault {
        case .status(let status, let hints):
            hints.shouldRetry ?? ([408, 409, 429].contains(status) || status >= 500)
        case .connection(let error):
            switch error {
            case .notConnected, .connectTimeout, .broken, .nameNotResolved: true
            case .insecure, .headTooLarge, .other: false
            }
        case .inStream(let isOverloaded): isOverloaded
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
