/// What is worth a line in the log about a key set that is fetched.
package enum KeySetReport: Sendable, Equatable {
    /// Another set is in force, of so many keys; why the first of those that are left out is.
    case changed(keys: Int, leftOut: Int, JWTKeyError?)
    /// It could not be fetched, so often in a row; whether an older set goes on to count.
    case failed(KeySetFailure, count: Int, hasOlder: Bool)
    /// It was fetched again, after so many failures.
    case resumed(failures: Int)
    /// The set in force has become too old, and counts no more.
    case tooOld
}

/// Why a key set could not be fetched.
package enum KeySetFailure: Error, Sendable, Equatable {
    /// No answer, or half of one; in libcurl's words.
    case unreachable(String)
    /// It took too long.
    case late
    /// Another status than 200; redirections are not followed, since whoever can redirect could
    /// bring keys of their own.
    case status(Int)
    /// The answer has more bytes than a key set may have.
    case tooLong
    /// What came is none that can be used.
    case unusable(KeySetError)
}

extension KeySetFailure: CustomStringConvertible {
    /// The failure as the end of a sentence for the operator.
    package var description: String {
        switch self {
        case .unreachable(let detail): detail
        case .late: "it was not sent within \(KeySetCall.maxSeconds) s"
        case .status(let code): "its address answered \(code)"
        case .tooLong: "it is longer than \(KeySet.maxBytes) bytes"
        case .unusable(let error): "\(error)"
        }
    }
}
