import Wire

/// Reads one event of Anthropic's message stream.
///
/// The type inside the data counts, not the event's name: both say the same, and some proxies drop
/// the name. Unknown types are skipped, as Anthropic asks of its clients.
enum AnthropicStream {
    /// The positions at which an event's members begin.
    private struct Positions {
        var type: Range<Int>?
        var message: Int?
        var block: Int?
        var delta: Int?
        var usage: Int?
        var error: Int?
        /// The number of the content block that the event is about.
        var index = 0
    }

    static func read(
        _ data: Span<UInt8>,
        into state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        var reader = JSONReader()
        guard try reader.peek(data) == .object else {
            state.reject("the upstream sent an event that is not a JSON object")
            return
        }
        let positions = try positions(data, &reader)
        try reader.finish(data)
        if let error = positions.error { try readError(data, at: error, &state) }
        guard state.failure == nil, let type = positions.type else { return }
        if isNamed(data, type, "content_block_delta") {
            if let delta = positions.delta {
                try readDelta(data, at: delta, of: positions.index, &state, &log)
            }
        } else if isNamed(data, type, "content_block_start") {
            if let block = positions.block {
                try AnthropicBlock.read(data, at: block, number: positions.index, &state, &log)
            }
        } else if isNamed(data, type, "message_start") {
            if let message = positions.message { try readMessage(data, at: message, &state) }
        } else if isNamed(data, type, "message_delta") {
            if let delta = positions.delta { try readStopReason(data, at: delta, &state) }
            if let usage = positions.usage { try readUsage(data, at: usage, &state) }
        } else if isNamed(data, type, "message_stop") {
            state.isDone = true
        } else if isNamed(data, type, "error"), positions.error == nil {
            state.failure = StreamError(VendorError(members: try JSON.parse(data)))
        }
    }

    private static func positions(
        _ data: Span<UInt8>,
        _ reader: inout JSONReader
    ) throws(JSONError) -> Positions {
        var positions = Positions()
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            let valueStart = reader.position
            if isNamed(data, key, "type") {
                positions.type = try reader.rawString(data)
                continue
            }
            if isNamed(data, key, "index") {
                positions.index = try reader.readInt(data) ?? 0
                continue
            }
            if isNamed(data, key, "delta") {
                positions.delta = valueStart
            } else if isNamed(data, key, "content_block") {
                positions.block = valueStart
            } else if isNamed(data, key, "message") {
                positions.message = valueStart
            } else if isNamed(data, key, "usage") {
                positions.usage = valueStart
            } else if isNamed(data, key, "error") {
                positions.error = valueStart
            }
            try reader.skip(data)
        }
        return positions
    }

    private static func readDelta(
        _ data: Span<UInt8>,
        at position: Int,
        of block: Int,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        guard try reader.peek(data) == .object else {
            state.reject("the upstream sent a delta that is not an object")
            return
        }
        // The member that holds the content names its kind as well as `type` does. A signature and
        // citations are neither text nor reasoning.
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            let valueStart = reader.position
            if isNamed(data, key, "text") {
                _ = try log.appendString(.text, data, at: valueStart, &state)
            } else if isNamed(data, key, "thinking") {
                _ = try log.appendString(.reasoning, data, at: valueStart, &state)
            } else if isNamed(data, key, "partial_json") {
                try AnthropicBlock.readArguments(data, at: valueStart, of: block, &state, &log)
            }
            try reader.skip(data)
        }
    }

    private static func readMessage(
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        guard try reader.peek(data) == .object else { return }
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, "model"), state.model == nil {
                state.model = try reader.readText(data)
            } else if isNamed(data, key, "usage") {
                try readUsage(data, at: reader.position, &state)
                try reader.skip(data)
            } else {
                try reader.skip(data)
            }
        }
    }

    private static func readStopReason(
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        guard try reader.peek(data) == .object else { return }
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, "stop_reason") {
                if let word = try reader.readText(data) { state.finished(word) }
            } else {
                try reader.skip(data)
            }
        }
    }

    private static func readUsage(
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState
    ) throws(JSONError) {
        try state.anthropicUsage.read(data, at: position)
        state.usage = state.anthropicUsage.usage
    }

    private static func readError(
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        if let error = VendorError(error: try reader.readTree(data)) {
            state.failure = StreamError(error)
        }
    }
}
