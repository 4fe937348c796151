import Wire

/// Reads the `delta` of a choice: what the model said in this event.
///
/// Reasoning goes into the log before text, whatever their order in the event: a delta with both
/// (vLLM) holds the end of the one and the beginning of the other.
enum OpenAIDelta {
    /// The positions at which the members of an event's delta begin.
    private struct Positions {
        var content: Int?
        var reasoningContent: Int?
        var reasoning: Int?
        var reasoningDetails: Int?
        var thinkingBlocks: Int?
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
            state.reject("the upstream sent a delta that is not an object")
            return try reader.skip(data)
        }
        let positions = try positions(data, &reader, &state)
        try readReasoning(data, positions, &state, &log)
        if let content = positions.content { try readContent(data, at: content, &state, &log) }
        if let refusal = positions.refusal {
            _ = try log.appendString(.refusal, data, at: refusal, &state)
        }
        if let calls = positions.toolCalls { try ToolCallPiece.read(data, at: calls, &state, &log) }
        if let call = positions.functionCall {
            try ToolCallPiece.readFunctionCall(data, at: call, &state, &log)
        }
    }

    private static func positions(
        _ data: Span<UInt8>,
        _ reader: inout JSONReader,
        _ state: inout StreamState
    ) throws(JSONError) -> Positions {
        var positions = Positions()
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            let valueStart = reader.position
            if isNamed(data, key, "content") {
                positions.content = valueStart
            } else if isNamed(data, key, "reasoning_content") {
                positions.reasoningContent = valueStart
            } else if isNamed(data, key, "reasoning") {
                positions.reasoning = valueStart
            } else if isNamed(data, key, "reasoning_details") {
                positions.reasoningDetails = valueStart
            } else if isNamed(data, key, "refusal") {
                positions.refusal = valueStart
            } else if isNamed(data, key, "tool_calls") {
                positions.toolCalls = valueStart
            } else if isNamed(data, key, "function_call") {
                positions.functionCall = valueStart
            } else if isNamed(data, key, "thinking_blocks") {
                positions.thinkingBlocks = valueStart
            } else if isNamed(data, key, "provider_specific_fields") {
                try OpenAIParts.readFields(data, key, &reader, &state)
                continue
            } else if !isNamed(data, key, "role") {
                try state.takeMember(.delta, data, key, &reader)
                continue
            }
            try reader.skip(data)
        }
        return positions
    }

    /// Takes reasoning from the first of its names that has some: many servers repeat it.
    private static func readReasoning(
        _ data: Span<UInt8>,
        _ positions: Positions,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        if let position = positions.reasoningDetails {
            try OpenAIParts.readDetails("reasoning_details", data, at: position, &state)
        }
        if let position = positions.thinkingBlocks {
            try OpenAIParts.readDetails("thinking_blocks", data, at: position, &state)
        }
        if let position = positions.reasoningContent,
            try log.appendString(.reasoning, data, at: position, &state)
        {
            return
        }
        if let position = positions.reasoning,
            try log.appendString(.reasoning, data, at: position, &state)
        {
            return
        }
        guard let position = positions.reasoningDetails ?? positions.thinkingBlocks else { return }
        var reader = JSONReader(position: position)
        try readParts(data, &reader, .reasoning, &state, &log)
    }

    /// Takes content that is a string, or Mistral's array of text and thinking parts.
    private static func readContent(
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        guard try reader.peek(data) == .array else {
            _ = try log.appendString(.text, data, at: position, &state)
            return
        }
        try readParts(data, &reader, .text, &state, &log)
        try OpenAIParts.readOthers(data, at: position, &state)
    }

    /// Reads an array of parts; `thinking` is reasoning, whatever the kind of the others.
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
                if try reader.peek(data) == .string {
                    _ = try log.appendString(kind, data, at: reader.position, &state)
                }
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
                } else if isNamed(data, key, "thinking") {
                    _ = try log.appendString(.reasoning, data, at: reader.position, &state)
                    try reader.skip(data)
                } else {
                    try reader.skip(data)
                }
            }
        }
    }
}
