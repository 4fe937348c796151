package import ChatFormats

/// One filter between upstreams and clients, as an operator describes it.
package enum FilterRule: Sendable, Equatable {
    /// What is looked for.
    package enum Target: Sendable, Equatable {
        /// Plain words, each of 1 to 128 characters.
        case words([String], ignoresCase: Bool, areWhole: Bool)
        /// A regular expression of PCRE2's.
        ///
        /// - Parameter maxMatch: how many bytes a match may have, with what the expression looks at
        ///   after it; 1 to 4096.
        case pattern(String, ignoresCase: Bool, maxMatch: Int)
        /// E-mail addresses.
        case emails
        /// Numbers of payment cards, whose check digit is right.
        case cards
    }

    /// What is done with a match.
    package enum Action: Sendable, Equatable {
        /// This text takes its place, as it is written.
        case replace(String)
        /// The answer ends before it, as `filtered`.
        case block
    }

    case find(Target, Action)
    /// Text that follows an answer that ended in one of these ways.
    case append(String, after: [Ending])
    /// Text that comes before the instructions to the model.
    case systemPrefix(String)

    /// How many bytes a match may have where the rule does not say it.
    package static let defaultMaxMatch = 256
    /// The bounds on it.
    package static let maxMatches = 1...4096
    /// How many characters a word may have; PCRE2 nests no deeper than 250.
    package static let maxWordLength = 128
}
