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
    /// Whether the relay has estimated a count that the vendor did not give.
    package var isEstimated = false
    /// What else the vendor gave, under its own names and OpenAI's, and without what is said above:
    /// cost, writes to a cache, calls of its own tools.
    var further = UsageMembers()

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
        Self.append(
            ",\"prompt_tokens_details\":{",
            "\"cached_tokens\":",
            cachedTokens,
            further.prompt,
            &out
        )
        Self.append(
            ",\"completion_tokens_details\":{",
            "\"reasoning_tokens\":",
            reasoningTokens,
            further.completion,
            &out
        )
        for member in further.top { Self.append(member, isFirst: false, &out) }
        if isEstimated { out.append(literal: ",\"estimated\":true") }
        out.append(literal: "}")
    }

    /// Appends an object of details, if there are any; the names come with what is around them.
    private static func append(
        _ name: StaticString,
        _ countName: StaticString,
        _ count: Int?,
        _ members: [JSON.Member],
        _ out: inout [UInt8]
    ) {
        guard count != nil || !members.isEmpty else { return }
        out.append(literal: name)
        if let count {
            out.append(literal: countName)
            out.append(decimal: count)
        }
        for (index, member) in members.enumerated() {
            append(member, isFirst: index == 0 && count == nil, &out)
        }
        out.append(literal: "}")
    }

    private static func append(_ member: JSON.Member, isFirst: Bool, _ out: inout [UInt8]) {
        if !isFirst { out.append(UInt8(ascii: ",")) }
        JSONText.appendString(member.key, into: &out)
        out.append(UInt8(ascii: ":"))
        member.value.write(into: &out)
    }

    /// Higher counts are mistakes and read as absent, so that sums of sane ones can't overflow.
    static let maxTokens = 1 << 53

    /// A count as a vendor gives it, or `nil` where it makes no sense.
    static func count(_ value: Int?) -> Int? {
        guard let value, value >= 0, value <= maxTokens else { return nil }
        return value
    }

    /// About how many bytes of text are one token.
    private static let bytesPerToken = 4

    /// Counts for an answer whose upstream has not counted it to its end, marked as an estimate.
    ///
    /// - Parameters:
    ///   - given: what the upstream has counted so far, if anything.
    ///   - askedBytes: how much text was asked.
    ///   - answerBytes: how much text, reasoning and arguments have come.
    /// - Returns: the upstream's count of the request, if there is one, and of the answer whichever
    ///   count is higher.
    static func estimate(_ given: Usage?, askedBytes: Int, answerBytes: Int) -> Usage {
        let asked = (askedBytes + bytesPerToken - 1) / bytesPerToken
        let answered = (answerBytes + bytesPerToken - 1) / bytesPerToken
        var usage = given ?? Usage(promptTokens: asked, completionTokens: 0)
        usage.completionTokens = max(usage.completionTokens, answered)
        usage.totalTokens = sum(usage.promptTokens, usage.completionTokens)
        usage.isEstimated = true
        return usage
    }

    private static func sum(_ first: Int, _ second: Int) -> Int {
        let (sum, overflowed) = first.addingReportingOverflow(second)
        return overflowed ? maxTokens : sum
    }
}
