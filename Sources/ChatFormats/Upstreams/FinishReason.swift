/// What a vendor's word for the end of an answer means.
enum FinishReason: Equatable {
    /// The answer goes on.
    case none
    /// The answer ended in this way.
    case ended(Finish)
    /// The vendor failed, and this is its word for it.
    case failed(String)

    /// How an answer ended that did not fail.
    struct Finish: Equatable, Sendable {
        var ending: Ending
        /// OpenAI's word, or the vendor's own where nobody knows it.
        var reason: String
        /// The vendor's word as it came, where it is not one of OpenAI's.
        var native: String?

        /// Whether a word that came before counts less: what means less than success must not be
        /// lost, whichever comes first.
        func outweighs(_ other: Finish) -> Bool {
            ending.finishWeight > other.ending.finishWeight
        }
    }

    /// - Parameters:
    ///   - word: the value of `finish_reason` or `stop_reason`.
    ///   - native: the word of the vendor that a proxy asked, where the proxy says it.
    init(_ word: String, native: String? = nil) {
        let own = Self.short(native ?? word)
        let word = Self.short(word)
        var meaning = FinishWords.meaning(of: word)
        // Of two words, the one that means less than success counts.
        if case .ended(let ending) = meaning, let other = native.flatMap(FinishWords.meaning),
            other.weight > max(ending.finishWeight, 1)
        {
            meaning = other
        }
        switch meaning {
        case .nothing: self = .none
        case .failed: self = .failed(native == nil ? word : "\(word): \(own)")
        case .ended(let ending):
            let reason = ending.openAIFinishReason.description
            self = .ended(Finish(ending: ending, reason: reason, native: Self.unlessOpenAIs(own)))
        case nil:
            self = .ended(Finish(ending: .complete, reason: word, native: own))
        }
    }

    private static func unlessOpenAIs(_ word: String) -> String? {
        switch word {
        case "stop", "length", "tool_calls", "content_filter", "function_call": nil
        default: word
        }
    }

    /// The word goes to clients and into the history, so its length is bounded.
    private static let maxWordLength = 64

    /// The beginning of a word, in scalars: a single character may have any number of them.
    private static func short(_ word: String) -> String {
        guard word.utf8.count > maxWordLength else { return word }
        return String(String.UnicodeScalarView(word.unicodeScalars.prefix(maxWordLength)))
    }
}

extension Ending {
    /// How much less than success it means: of two words, the heavier one counts.
    var finishWeight: Int {
        switch self {
        case .filtered: 3
        case .length: 2
        case .toolCalls: 1
        default: 0
        }
    }
}
