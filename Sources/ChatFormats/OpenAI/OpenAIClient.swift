package import Wire

/// How a request shows that one of OpenAI's clients sends it: where both may come, it wants
/// OpenAI's answer, and a page wants its own.
package enum OpenAIClient {
    /// Whether the header names such a client: OpenAI's own ones have fields of the tool that makes
    /// them, and others name themselves or the vendor.
    package static func sent(_ head: RequestHead) -> Bool {
        for field in head.fields.fields where field.name.lowercased().hasPrefix("x-stainless-") {
            return true
        }
        let agent = head.fields.first("User-Agent")?.lowercased() ?? ""
        return agents.contains { Substring(agent).contains($0) }
    }

    private static let agents = ["openai", "langchain", "litellm", "ai-sdk/", "pydantic-ai"]

    /// Whether a body is OpenAI's and can be no page's.
    ///
    /// - Parameters:
    ///   - body: the body, which need not be JSON.
    ///   - head: its head.
    /// - Returns: whether it has messages, and members that the relay's own routes refuse; from a
    ///   program with a key, a model and messages are enough.
    package static func wrote(_ body: Span<UInt8>, _ head: RequestHead) -> Bool {
        var hasMessages = false
        var hasModel = false
        var isForeign = false
        var reader = JSONReader()
        do throws(JSONError) {
            guard try reader.peek(body) == .object else { return false }
            try reader.enterObject(body)
            while let key = try reader.nextKey(body) {
                if matches(body, key, "messages") { hasMessages = true }
                if matches(body, key, "model") { hasModel = true }
                if members.contains(where: { matches(body, key, $0) }) { isForeign = true }
                let isStream = matches(body, key, "stream")
                let start = reader.position
                try reader.skip(body)
                if isStream, body.extracting(start..<reader.position).holdsFalse {
                    isForeign = true
                }
            }
        } catch {
            return false
        }
        return hasMessages && (isForeign || hasModel && isProgramWithKey(head))
    }

    /// A page's fetch comes with what browsers add.
    private static func isProgramWithKey(_ head: RequestHead) -> Bool {
        let fields = head.fields
        return fields.first("Authorization")?.lowercased().hasPrefix("bearer ") == true
            && fields.first("Origin") == nil && fields.first("Sec-Fetch-Mode") == nil
    }

    private static let members: [StaticString] = [
        "tools", "tool_choice", "parallel_tool_calls", "functions", "function_call",
        "stream_options", "response_format", "n", "seed", "logprobs", "top_logprobs", "logit_bias",
        "frequency_penalty", "presence_penalty", "max_completion_tokens", "reasoning_effort",
        "modalities", "service_tier", "store", "metadata", "verbosity", "prediction",
        "prompt_cache_key", "safety_identifier", "web_search_options",
    ]
}

extension Span<UInt8> {
    /// Whether this is `false`, with or without blanks before it.
    fileprivate var holdsFalse: Bool {
        count >= 5 && matches(self, count - 5..<count, "false")
    }
}
