import Wire

/// What an answer cost in tokens, in OpenAI's way of counting.
package struct Usage: Sendable, Equatable {
    /// Tokens of the request, cached ones included.
    package var promptTokens: Int
    /// Tokens of the answer, reasoning included.
    package var completionTokens: Int
    /// Both together, as the vendor gave it or added up.
    package var totalTokens: Int
    /// How many of the request's tokens came from the vendor's cache, where it says so.
    package var cachedTokens: Int?
    /// How many of the answer's tokens were reasoning, where the vendor says so.
    package var reasoningTokens: Int?

    /// Makes a value; the total is added up where the vendor did not give it.
    package init(
        promptTokens: Int,
        completionTokens: Int,
        totalTokens: Int? = nil,
        cachedTokens: Int? = nil,
        reasoningTokens: Int? = nil
    ) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.totalTokens = totalTokens ?? Self.sum(promptTokens, completionTokens)
        self.cachedTokens = cachedTokens
        self.reasoningTokens = reasoningTokens
    }

    /// Appends the JSON object that OpenAI's clients expect.
    package func append(into out: inout [UInt8]) {
        out.append(literal: "{\"prompt_tokens\":")
        out.append(decimal: promptTokens)
        out.append(literal: ",\"completion_tokens\":")
        out.append(decimal: completionTokens)
        out.append(literal: ",\"total_tokens\":")
        out.append(decimal: totalTokens)
        if let cachedTokens {
            out.append(literal: ",\"prompt_tokens_details\":{\"cached_tokens\":")
            out.append(decimal: cachedTokens)
            out.append(literal: "}")
        }
        if let reasoningTokens {
            out.append(literal: ",\"completion_tokens_details\":{\"reasoning_tokens\":")
            out.append(decimal: reasoningTokens)
            out.append(literal: "}")
        }
        out.append(literal: "}")
    }

    /// Higher counts are mistakes and read as absent, so that sums of sane ones can't overflow.
    static let maxTokens = 1 << 53

    /// A count as a vendor gives it, or `nil` where it makes no sense.
    static func count(_ value: Int?) -> Int? {
        guard let value, value >= 0, value <= maxTokens else { return nil }
        return value
    }

    private static func sum(_ first: Int, _ second: Int) -> Int {
        let (sum, overflowed) = first.addingReportingOverflow(second)
        return overflowed ? maxTokens : sum
    }
}
