import Wire

/// Anthropic's counts, which come in two events: the request's first, the answer's as it grows.
struct AnthropicUsage {
    /// All members so far, each with its newest value.
    private var members: [JSON.Member] = []
    /// Whether the answer's tokens are counted to its end.
    private var isLast = false

    /// Reads a usage object; each member of it replaces the earlier one, since all are totals.
    ///
    /// - Parameters:
    ///   - data: the event.
    ///   - position: where the object begins.
    ///   - isLast: whether it comes with the end of the message.
    /// - Throws: what is wrong with the JSON.
    mutating func read(
        _ data: Span<UInt8>,
        at position: Int,
        isLast: Bool
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        guard try reader.peek(data) == .object else { return }
        let start = reader.position
        try reader.skip(data)
        guard reader.position - start <= UsageMembers.maxBytes else { return }
        let object = try JSON.parse(data.extracting(start..<reader.position))
        for member in object.members ?? [] where member.value != .null {
            // A count that makes no sense is left out.
            if member.isNamed(oneOf: Self.counts), Usage.count(member.value.intValue) == nil {
                continue
            }
            if let index = members.firstIndex(where: { equals($0.key, member.key) }) {
                members[index] = member
            } else {
                members.append(member)
            }
        }
        if isLast, object["output_tokens"] != nil { self.isLast = true }
    }

    private static let counts = [
        "input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
    ]

    private func count(_ name: String) -> Int? {
        members.first { equals($0.key, name) }.flatMap { Usage.count($0.value.intValue) }
    }

    /// The counts in OpenAI's way, where the request's tokens include the cached ones.
    var usage: Usage? {
        let input = count("input_tokens")
        let output = count("output_tokens")
        guard input != nil || output != nil else { return nil }
        let cacheCreation = count("cache_creation_input_tokens")
        let cacheRead = count("cache_read_input_tokens")
        var usage = Usage(
            promptTokens: (input ?? 0) + (cacheCreation ?? 0) + (cacheRead ?? 0),
            completionTokens: output ?? 0,
            cachedTokens: cacheRead
        )
        usage.further = UsageMembers(anthropic: members)
        usage.isEstimated = !isLast
        return usage
    }
}
