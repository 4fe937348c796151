import Wire

/// Whose fault a refusal is, by what its body says.
///
/// It may be the request's, which everybody would refuse, or this upstream's: its key, its credit
/// or its model. Then somebody else may answer.
enum BlameReader {
    /// Statuses that may mean either; others never mean the request.
    private static let ambiguous: Set<Int> = [400, 413, 422]

    /// Words of codes and messages that mean this upstream alone, in small letters.
    ///
    /// From the vendors' lists of errors: OpenAI `context_length_exceeded`, `model_not_found`;
    /// Anthropic "prompt is too long", "credit balance is too low"; Gemini "API key not valid";
    /// DeepSeek "Model Not Exist"; vLLM "maximum context length"; llama.cpp
    /// `exceed_context_size_error`; Groq `model_decommissioned`.
    private static let upstreamWords = [
        "context_length_exceeded", "context length", "context window", "context size",
        "context_size", "prompt is too long", "input is too long", "too many tokens",
        "maximum tokens", "token limit", "request too large", "request_too_large",
        "credit balance", "insufficient", "quota", "billing", "payment", "api key", "api_key",
        "model_not_found", "model not found", "model not exist", "model does not exist",
        "invalid model", "unknown model", "no such model", "model_decommissioned", "decommissioned",
        "deprecated model", "does not support", "not supported", "unsupported",
    ]

    /// Whether everybody would refuse the request.
    ///
    /// - Parameters:
    ///   - status: the answer's, or that of an error in a stream; nil where it has none.
    ///   - texts: the vendor's words: its type, code and message.
    /// - Returns: whether nobody else needs to be asked.
    static func isOfRequest(status: Int?, _ texts: [String?]) -> Bool {
        let text = texts.compactMap { $0 }.joined(separator: " ").lowercased()
        if let status {
            guard ambiguous.contains(status) else { return false }
            return !upstreamWords.contains { text.contains($0) }
        }
        // A filter's verdict on the question; all other errors without a status may be passing.
        return ["content_filter", "content_policy", "invalid_request"].contains {
            text.contains($0)
        }
            && !upstreamWords.contains { text.contains($0) }
    }
}
