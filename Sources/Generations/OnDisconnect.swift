import Wire

/// What happens to an answer when its last reader leaves before the end.
package enum OnDisconnect: Sendable, Equatable {
    /// How long the first reader may take to come, whatever happens to an answer that is left.
    static let defaultGraceSeconds = 30

    /// The upstream is stopped at once.
    case cancel
    /// The answer is completed for the history.
    case finish
    /// The upstream is stopped if nobody comes back in time.
    case grace(seconds: Int)

    /// What happens where the request and the configuration do not say.
    package static let standard = OnDisconnect.grace(seconds: 30)

    /// The longest grace.
    package static let maxGraceSeconds = 86_400

    /// Reads `cancel`, `finish` or `grace:<seconds>` (`grace:30s` as well).
    package init?(_ text: String) {
        switch text {
        case "cancel": self = .cancel
        case "finish": self = .finish
        default:
            guard text.hasPrefix("grace:") else { return nil }
            var digits = text.dropFirst("grace:".count)
            if digits.hasSuffix("s") { digits = digits.dropLast() }
            guard let seconds = parseDecimal(String(digits)), seconds <= Self.maxGraceSeconds else {
                return nil
            }
            self = .grace(seconds: seconds)
        }
    }

    /// The form that `init` reads.
    package var description: String {
        switch self {
        case .cancel: "cancel"
        case .finish: "finish"
        case .grace(let seconds): "grace:\(seconds)"
        }
    }
}
