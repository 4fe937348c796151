/// What a vendor's word for the end of an answer means.
enum FinishReason: Equatable {
    /// The answer ended in this way.
    ///
    /// `reason` is OpenAI's word, or the vendor's own where it is unknown.
    case ended(reason: String, Ending)
    /// The vendor failed, though it says so where a reason belongs.
    case failed(String)

    /// - Parameter word: the value of `finish_reason` or `stop_reason`.
    init(_ word: String) {
        let word = Self.short(word)
        switch word {
        case "stop", "end_turn", "stop_sequence":
            self = .ended(reason: "stop", .complete)
        case "length", "max_tokens", "model_length", "model_context_window_exceeded":
            self = .ended(reason: "length", .length)
        case "tool_calls", "function_call", "tool_use":
            self = .ended(reason: "tool_calls", .toolCalls)
        case "error", "abort", "insufficient_system_resource":
            // OpenRouter and Mistral, vLLM and SGLang, DeepSeek: the answer is cut, not complete.
            self = .failed(word)
        case _ where word == "refusal" || word.hasPrefix("content_filter"):
            // Gemini appends which filter it was.
            self = .ended(reason: "content_filter", .filtered)
        default:
            self = .ended(reason: word, .complete)
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
