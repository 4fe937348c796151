import Wire

/// Anthropic's counts, which come in two events: the request's first, the answer's as it grows.
struct AnthropicUsage {
    private var input: Int?
    private var cacheCreation: Int?
    private var cacheRead: Int?
    private var output: Int?

    /// Reads a usage object; each count in it replaces the earlier one, since all are totals.
    mutating func read(_ data: Span<UInt8>, at position: Int) throws(JSONError) {
        var reader = JSONReader(position: position)
        guard try reader.peek(data) == .object else { return }
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, "input_tokens") {
                input = Usage.count(try reader.readInt(data)) ?? input
            } else if isNamed(data, key, "cache_creation_input_tokens") {
                cacheCreation = Usage.count(try reader.readInt(data)) ?? cacheCreation
            } else if isNamed(data, key, "cache_read_input_tokens") {
                cacheRead = Usage.count(try reader.readInt(data)) ?? cacheRead
            } else if isNamed(data, key, "output_tokens") {
                output = Usage.count(try reader.readInt(data)) ?? output
            } else {
                try reader.skip(data)
            }
        }
    }

    /// The counts in OpenAI's way, where the request's tokens include the cached ones.
    var usage: Usage? {
        guard input != nil || output != nil else { return nil }
        return Usage(
            promptTokens: (input ?? 0) + (cacheCreation ?? 0) + (cacheRead ?? 0),
            completionTokens: output ?? 0,
            cachedTokens: cacheRead
        )
    }
}
