import Wire

/// Reads one event of Anthropic's message stream.
///
/// The type inside the data counts, not the event's name: both say the same, and proxies lose the
/// latter. Unknown types are passed over, as Anthropic asks of its clients.
enum AnthropicStream {
    /// Where in an event its members begin.
    private struct Places {
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
            state.reject("the upstream sent an event that is no JSON object")
            return
        }
        let places = try places(data, &reader)
        try reader.finish(data)
        if let error = places.error { try readError(data, at: error, &state) }
        guard state.failure == nil, let type = places.type else { return }
        if isNamed(data, type, "content_block_delta") {
            if let delta = places.delta {
                try readDelta(data, at: delta, of: places.index, &state, &log)
            }
        } else if isNamed(data, type, "content_block_start") {
            if let block = places.block {
                try AnthropicBlock.read(data, at: block, number: places.index, &state, &log)
            }
        } else if isNamed(data, type, "message_start") {
            if let message = places.message { try readMessage(data, at: message, &state) }
        } else if isNamed(data, type, "message_delta") {
            if let delta = places.delta { try readStopReason(data, at: delta, &state) }
            if let usage = places.usage { try readUsage(data, at: usage, &state) }
        } else if isNamed(data, type, "message_stop") {
            state.isDone = true
        } else if isNamed(data, type, "error"), places.error == nil {
            state.failure = StreamError(VendorError(members: try JSON.parse(data)))
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
            if isNamed(data, key, "type") {
                places.type = try reader.rawString(data)
                continue
            }
            if isNamed(data, key, "index") {
                places.index = try reader.readInt(data) ?? 0
                continue
            }
            if isNamed(data, key, "delta") {
                places.delta = place
            } else if isNamed(data, key, "content_block") {
                places.block = place
            } else if isNamed(data, key, "message") {
                places.message = place
            } else if isNamed(data, key, "usage") {
                places.usage = place
            } else if isNamed(data, key, "error") {
                places.error = place
            }
            try reader.skip(data)
        }
        return places
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
            state.reject("the upstream sent a delta that is no object")
            return
        }
        // The member that holds the news names its kind as well as `type` does. A signature and
        // citations are neither text nor reasoning.
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            let place = reader.position
            if isNamed(data, key, "text") {
                _ = try log.appendString(.text, data, at: place, &state)
            } else if isNamed(data, key, "thinking") {
                _ = try log.appendString(.reasoning, data, at: place, &state)
            } else if isNamed(data, key, "partial_json") {
                try AnthropicBlock.readArguments(data, at: place, of: block, &state, &log)
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
