import Wire

/// Reads Anthropic's content blocks: how they begin, and calls of tools.
enum AnthropicBlock {
    /// Reads `content_block`, which begins a block and may already hold some of its content.
    static func read(
        _ data: Span<UInt8>,
        at position: Int,
        number: Int,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        guard try reader.peek(data) == .object else {
            state.reject("the upstream sent a content block that is not an object")
            return
        }
        var isToolCall = false
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            let valueStart = reader.position
            if isNamed(data, key, "type") {
                // Tools that run at the vendor have other types and are not for the client to call.
                let type = try reader.rawString(data)
                isToolCall = type.map { isNamed(data, $0, "tool_use") } ?? false
                continue
            }
            if isNamed(data, key, "text") {
                _ = try log.appendString(.text, data, at: valueStart, &state)
            } else if isNamed(data, key, "thinking") {
                _ = try log.appendString(.reasoning, data, at: valueStart, &state)
            }
            try reader.skip(data)
        }
        guard isToolCall else { return }
        var tree = JSONReader(position: position)
        beginCall(try tree.readTree(data), number, &state, &log)
    }

    /// Writes the first piece of a call: id, name, and the input if it is already there.
    private static func beginCall(
        _ block: JSON,
        _ number: Int,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) {
        log.bytes.append(literal: "{\"index\":")
        log.bytes.append(decimal: state.nextToolIndex)
        log.bytes.append(literal: ",\"id\":")
        JSONText.appendString(block["id"]?.stringValue ?? "", into: &log.bytes)
        log.bytes.append(literal: ",\"type\":\"function\",\"function\":{\"name\":")
        JSONText.appendString(block["name"]?.stringValue ?? "", into: &log.bytes)
        log.bytes.append(literal: ",\"arguments\":")
        var input: [UInt8] = []
        if let members = block["input"]?.members, !members.isEmpty {
            block["input"]?.write(into: &input)
        }
        JSONText.appendString(input.span, into: &log.bytes)
        log.bytes.append(literal: "}}")
        log.seal(.toolCall)
        state.toolBlocks[number] = state.nextToolIndex
        state.nextToolIndex += 1
    }

    /// Writes a further piece of a call's arguments.
    static func readArguments(
        _ data: Span<UInt8>,
        at position: Int,
        of block: Int,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        guard let index = state.toolBlocks[block] else { return }
        var reader = JSONReader(position: position)
        guard let piece = try reader.readText(data) else { return }
        log.bytes.append(literal: "{\"index\":")
        log.bytes.append(decimal: index)
        log.bytes.append(literal: ",\"function\":{\"arguments\":")
        JSONText.appendString(piece, into: &log.bytes)
        log.bytes.append(literal: "}}")
        log.seal(.toolCall)
    }
}
