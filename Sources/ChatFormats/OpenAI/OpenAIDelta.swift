import Wire

/// Reads the `delta` of a choice: what the model said in this event.
///
/// Reasoning goes into the log before text, whatever their order in the event: a delta with both
/// (vLLM) holds the end of the one and the beginning of the other.
enum OpenAIDelta {
    /// Where in an event the members of its delta begin.
    private struct Places {
        var content: Int?
        var reasoningContent: Int?
        var reasoning: Int?
        var reasoningDetails: Int?
        var refusal: Int?
        var toolCalls: Int?
        var functionCall: Int?
    }

    static func read(
        _ data: Span<UInt8>,
        _ reader: inout JSONReader,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        if reader.skipNull(data) { return }
        guard try reader.peek(data) == .object else {
            state.reject("the upstream sent a delta that is no object")
            return try reader.skip(data)
        }
        let places = try places(data, &reader)
        try readReasoning(data, places, &state, &log)
        if let content = places.content { try readContent(data, at: content, &state, &log) }
        if let refusal = places.refusal {
            _ = try log.appendString(.refusal, data, at: refusal, &state)
        }
        if let calls = places.toolCalls { try ToolCallPiece.read(data, at: calls, &state, &log) }
        if let call = places.functionCall {
            try ToolCallPiece.readFunctionCall(data, at: call, &state, &log)
        }
    }

    private static func places(
        _ data: Span<UInt8>,
        _ reader: inout JSONReader
    ) throws(JSONError) -> Places {
        var places = Places()
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            let place = reader.position
            if isNamed(data, key, "content") {
                places.content = place
            } else if isNamed(data, key, "reasoning_content") {
                places.reasoningContent = place
            } else if isNamed(data, key, "reasoning") {
                places.reasoning = place
            } else if isNamed(data, key, "reasoning_details") {
                places.reasoningDetails = place
            } else if isNamed(data, key, "refusal") {
                places.refusal = place
            } else if isNamed(data, key, "tool_calls") {
                places.toolCalls = place
            } else if isNamed(data, key, "function_call") {
                places.functionCall = place
            }
            try reader.skip(data)
        }
        return places
    }

    /// Takes reasoning under the first of its names that holds some: many servers repeat it.
    private static func readReasoning(
        _ data: Span<UInt8>,
        _ places: Places,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        if let place = places.reasoningContent,
            try log.appendString(.reasoning, data, at: place, &state)
        {
            return
        }
        if let place = places.reasoning,
            try log.appendString(.reasoning, data, at: place, &state)
        {
            return
        }
        guard let place = places.reasoningDetails else { return }
        var reader = JSONReader(position: place)
        try readParts(data, &reader, .reasoning, &state, &log)
    }

    /// Takes content that is a string, or Mistral's array of text and thinking parts.
    private static func readContent(
        _ data: Span<UInt8>,
        at place: Int,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        var reader = JSONReader(position: place)
        guard try reader.peek(data) == .array else {
            _ = try log.appendString(.text, data, at: place, &state)
            return
        }
        try readParts(data, &reader, .text, &state, &log)
    }

    /// Reads an array of parts; `thinking` is reasoning whatever the kind of the others.
    private static func readParts(
        _ data: Span<UInt8>,
        _ reader: inout JSONReader,
        _ kind: EntryKind,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        guard try reader.peek(data) == .array else { return try reader.skip(data) }
        try reader.enterArray(data)
        while try reader.nextElement(data) {
            guard try reader.peek(data) == .object else {
                try reader.skip(data)
                continue
            }
            try reader.enterObject(data)
            while let key = try reader.nextKey(data) {
                if isNamed(data, key, "text") || isNamed(data, key, "summary") {
                    _ = try log.appendString(kind, data, at: reader.position, &state)
                    try reader.skip(data)
                } else if isNamed(data, key, "thinking"), try reader.peek(data) == .array {
                    try readParts(data, &reader, .reasoning, &state, &log)
                } else {
                    try reader.skip(data)
                }
            }
        }
    }
}
