/// The words by which vendors say why an answer ended, and what each of them means.
///
/// A word is looked up by its letters alone: `MAX_TOKENS`, `max-tokens` and `maxTokens` are one.
///
/// Sources:
/// - OpenAI and Azure: `finish_reason` of `chat.completion.chunk`; Responses `incomplete_details`
/// - Anthropic: `stop_reason` of the Messages API
/// - Gemini and Vertex AI: `Candidate.FinishReason`, which their OpenAI endpoint appends to
///   `content_filter: ` and `function_call_filter: `
/// - Bedrock: `stopReason` of Converse, `completionReason` of Titan
/// - Mistral, DeepSeek, Moonshot, Groq, xAI, OpenRouter, Together AI, MiniMax, Zhipu, Qwen
///   (DashScope), Tencent Hunyuan, Cohere, AI21, Reka, Aleph Alpha, watsonx: their API references
/// - vLLM, SGLang, llama.cpp, Ollama (`done_reason`), Hugging Face TGI (`finish_reason` of its own
///   stream): their sources
enum FinishWords {
    /// What a word says.
    enum Meaning: Equatable, Sendable {
        /// The answer goes on: some servers write such a word into each chunk.
        case nothing
        /// The answer ended in this way.
        case ended(Ending)
        /// The vendor failed, though it says so where a reason belongs.
        case failed

        /// Of two words, the one counts that means less than success, whichever comes first.
        var weight: Int {
            switch self {
            case .nothing: -1
            case .ended(let ending): ending.finishWeight
            case .failed: 4
            }
        }
    }

    /// What a vendor's word means; nil where nobody knows it.
    static func meaning(of word: String) -> Meaning? {
        // Most words come as they are in the table.
        if let meaning = table[word] { return meaning }
        // Before the colon is the kind of filter, and after it what it found.
        let parts = word.split(separator: ":", maxSplits: 1)
        let meanings = parts.compactMap { meaning(ofLetters: letters($0)) }
        return meanings.max { $0.weight < $1.weight }
    }

    private static func meaning(ofLetters word: String) -> Meaning? {
        if let meaning = table[word] { return meaning }
        // The name of an enumeration before its case, such as `FinishReason.MAX_TOKENS`.
        for name in ["finishreason", "stopreason", "reason"] where word.hasPrefix(name) {
            if let meaning = table[String(word.dropFirst(name.count))] { return meaning }
        }
        return telling.first { word.contains($0.part) }?.meaning
    }

    /// Parts of words that tell what the whole word means, whoever makes it up.
    private static let telling: [(part: String, meaning: Meaning)] = [
        ("malformed", .failed), ("contentfilter", .ended(.filtered)),
        ("safety", .ended(.filtered)), ("maxtokens", .ended(.length)),
        ("tokenlimit", .ended(.length)), ("lengthlimit", .ended(.length)),
        ("contextwindow", .ended(.length)), ("contextlength", .ended(.length)),
        ("error", .failed), ("exception", .failed),
    ]

    private static let table: [String: Meaning] = {
        var table: [String: Meaning] = [:]
        for (meaning, words) in rows {
            for word in words.split(separator: " ") { table[letters(word)] = meaning }
        }
        return table
    }()

    private static let rows: [(Meaning, String)] = [
        (.nothing, "null none not_finished in_progress finish_reason_unspecified"),
        (
            .ended(.complete),
            """
            stop end_turn stop_sequence eos eos_token end_of_text endoftext end_of_turn eot \
            eog_token stop_token stop_string stop_word stop_criteria_met end complete completed \
            done finish finished normal no_error
            """
        ),
        (
            .ended(.length),
            """
            length max_tokens max_output_tokens max_completion_tokens max_new_tokens max_token \
            max_output max_length max_len maximum_tokens token_limit limit model_length \
            model_context_window_exceeded context_length_exceeded max_context context incomplete \
            error_limit time_limit repetition truncated
            """
        ),
        (
            .ended(.toolCalls),
            "tool_calls tool_call tool_use function_call function_calls"
        ),
        (
            .ended(.filtered),
            """
            content_filter content_filtered content_filtering refusal safety recitation blocklist \
            prohibited_content spii language other image_safety image_prohibited_content \
            image_recitation model_armor guardrail_intervened guardrail guardrails error_toxic \
            sensitive censored moderation moderated blocked content_policy \
            content_policy_violation policy_violation
            """
        ),
        (
            .failed,
            """
            error abort aborted insufficient_system_resource function_call_filter \
            malformed_function_call malformed_response malformed_model_output malformed_tool_use \
            malformed_tool_call unexpected_tool_call too_many_tool_calls \
            missing_thought_signature no_image image_other network_error server_error \
            internal_error internal_server_error failed failure cancel cancelled canceled \
            user_cancel timeout timed_out overloaded
            """
        ),
    ]

    /// A word's ASCII letters, all of them small.
    private static func letters(_ word: some StringProtocol) -> String {
        String(
            decoding: word.utf8.compactMap { byte -> UInt8? in
                let small = byte | 0x20
                return (0x61...0x7A).contains(small) ? small : nil
            },
            as: UTF8.self
        )
    }
}
