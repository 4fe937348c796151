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
        // The number is this block's alone, whatever came with it before.
        state.calls.leave(number)
        let kind = AnthropicBeside.Kind(try Self.type(data, at: position))
        try state.anthropicBlockBegins(kind, data, at: position)
        // Tools that run at the vendor are not for the client to call.
        guard kind != .other, kind != .redacted else { return }
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            let valueStart = reader.position
            if isNamed(data, key, "text") {
                try log.appendBlockText(data, at: valueStart, &state)
            } else if isNamed(data, key, "thinking") {
                _ = try log.appendString(.reasoning, data, at: valueStart, &state)
            }
            try reader.skip(data)
        }
        guard kind == .toolUse else { return }
        var tree = JSONReader(position: position)
        beginCall(try tree.readTree(data), number, &state, &log)
    }

    private static func type(
        _ data: Span<UInt8>,
        at position: Int
    ) throws(JSONError) -> String? {
        var reader = JSONReader(position: position)
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, "type") { return try reader.readText(data) }
            try reader.skip(data)
        }
        return nil
    }

    /// Begins a call: id, name, and the input if it is already there.
    private static func beginCall(
        _ block: JSON,
        _ number: Int,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) {
        let piece = ToolCallPiece(
            place: number,
            id: block["id"]?.stringValue ?? "",
            name: block["name"]?.stringValue ?? "",
            input: block["input"]
        )
        state.take(piece, into: &log)
    }

    /// Takes a further piece of a call's arguments.
    static func readArguments(
        _ data: Span<UInt8>,
        at position: Int,
        of block: Int,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        guard let piece = try reader.readText(data) else { return }
        guard state.calls.hasCall(at: block) else {
            if state.anthropicBeside.hasBlock { state.anthropicBeside.addInput(piece) }
            return
        }
        state.take(ToolCallPiece(place: block, arguments: piece), into: &log)
    }
}
