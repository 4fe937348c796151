import Wire

extension OpenAIStream {
    /// Reads a usage object; its counts are totals, so it replaces the one before.
    static func readUsage(
        _ data: Span<UInt8>,
        _ reader: inout JSONReader,
        _ state: inout StreamState
    ) throws(JSONError) {
        guard try reader.peek(data) == .object else { return try reader.skip(data) }
        var prompt: Int?
        var completion: Int?
        var total: Int?
        var cached: Int?
        var reasoning: Int?
        // Anthropic's names, which some gateways write as well, as zeros.
        var input: Int?
        var output: Int?
        var hasFurther = false
        let start = reader.position
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, "prompt_tokens") {
                prompt = try count(data, &reader)
            } else if isNamed(data, key, "completion_tokens") {
                completion = try count(data, &reader)
            } else if isNamed(data, key, "input_tokens") {
                input = try count(data, &reader)
            } else if isNamed(data, key, "output_tokens") {
                output = try count(data, &reader)
            } else if isNamed(data, key, "total_tokens") {
                total = try count(data, &reader)
            } else if isNamed(data, key, "prompt_tokens_details") {
                cached = try detail("cached_tokens", data, &reader, &hasFurther) ?? cached
            } else if isNamed(data, key, "prompt_cache_hit_tokens")
                || isNamed(data, key, "cached_tokens")
            {
                // DeepSeek's and Moonshot's own names for cached tokens.
                let hits = Usage.count(try reader.readInt(data))
                cached = cached ?? hits
                hasFurther = true
            } else if isNamed(data, key, "completion_tokens_details") {
                reasoning = try detail("reasoning_tokens", data, &reader, &hasFurther)
            } else {
                hasFurther = true
                try reader.skip(data)
            }
        }
        prompt = prompt ?? input
        completion = completion ?? output
        guard prompt != nil || completion != nil else { return }
        state.hasNewUsage = true
        // It may come with every chunk, and counts only once: what else it says is looked at later.
        state.usageText.removeAll(keepingCapacity: true)
        if hasFurther { state.usageText.append(span: data.extracting(start..<reader.position)) }
        state.usage = Usage(
            promptTokens: prompt ?? 0,
            completionTokens: completion ?? 0,
            totalTokens: total,
            cachedTokens: cached,
            reasoningTokens: reasoning
        )
    }

    /// A count, which some servers write as `3.0`.
    private static func count(
        _ data: Span<UInt8>,
        _ reader: inout JSONReader
    ) throws(JSONError) -> Int? {
        let start = reader
        if let count = try reader.readInt(data) { return Usage.count(count) }
        var again = start
        guard try again.peek(data) == .number else { return nil }
        let number = try again.readTree(data).doubleValue
        return Usage.count(number.flatMap { Int(exactly: $0) })
    }

    private static func detail(
        _ name: StaticString,
        _ data: Span<UInt8>,
        _ reader: inout JSONReader,
        _ hasFurther: inout Bool
    ) throws(JSONError) -> Int? {
        guard try reader.peek(data) == .object else {
            try reader.skip(data)
            return nil
        }
        var value: Int?
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, name) {
                value = Usage.count(try reader.readInt(data))
            } else {
                hasFurther = true
                try reader.skip(data)
            }
        }
        return value
    }
}

extension StreamState {
    /// The newest counts, with all else that the vendor's last usage says.
    var fullUsage: Usage? {
        guard var usage, !usageText.isEmpty else { return usage }
        let text = usageText
        if text.count > UsageMembers.maxBytes {
            usage.further = .leftOut(bytes: text.count)
        } else if let tree = try? JSON.parse(text.span) {
            usage.further = UsageMembers(tree)
        }
        return usage
    }
}
