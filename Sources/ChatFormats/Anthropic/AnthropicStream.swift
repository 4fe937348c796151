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
        /// Whether the event has a member that has no position here.
        var hasOthers = false
        /// The number of the content block that the event is about.
        var index = 0
    }

    static func read(
        _ data: Span<UInt8>,
        into state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        var reader = JSONReader()
        let positions = try positions(data, &reader)
        try reader.finish(data)
        if let error = positions.error { try readError(data, at: error, &state) }
        guard state.failure == nil else { return }
        guard let type = positions.type else { return readOther(data, &state) }
        if isNamed(data, type, "content_block_delta") {
            if let delta = positions.delta {
                state.hasAnswer = true
                try readDelta(data, at: delta, of: positions.index, &state, &log)
            }
        } else if isNamed(data, type, "content_block_start") {
            if let block = positions.block {
                state.hasAnswer = true
                try AnthropicBlock.read(data, at: block, number: positions.index, &state, &log)
            }
        } else if isNamed(data, type, "message_start") {
            if let message = positions.message {
                try readMessage(data, at: message, isWhole: false, &state)
            }
        } else if isNamed(data, type, "content_block_stop") {
            state.anthropicBlockEnds()
        } else if isNamed(data, type, "message_delta") {
            state.anthropicBlockEnds()
            if let delta = positions.delta {
                try readStopReason(data, at: delta, isWhole: false, &state)
            }
            if let usage = positions.usage {
                try readUsage(data, at: usage, isLast: true, &state)
            }
            if positions.hasOthers { try readBesideDelta(data, &state) }
        } else if isNamed(data, type, "message_stop") {
            state.anthropicBlockEnds()
            state.isDone = true
        } else if isNamed(data, type, "message") {
            try readWholeMessage(data, &state, &log)
        } else if !isNamed(data, type, "ping") {
            readOther(data, &state)
        }
    }

    /// Reads an object that is no event of an answer: an error without `error` around it, or an
    /// event that is passed over, as Anthropic asks of its clients.
    @inline(never)
    private static func readOther(_ data: Span<UInt8>, _ state: inout StreamState) {
        state.failure = ErrorObject.failure(in: data)
        if state.failure == nil { state.passOver(data) }
    }

    /// Reads the whole answer as one message, as it comes where a stream was not asked for; after
    /// deltas it is a repetition.
    @inline(never)
    private static func readWholeMessage(
        _ data: Span<UInt8>,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        try readStopReason(data, at: 0, isWhole: true, &state)
        guard !state.hasAnswer else { return }
        try readMessage(data, at: 0, isWhole: true, &state)
        state.isWholeMessage = true
        var reader = JSONReader()
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, "content"), try reader.peek(data) == .string {
                state.hasAnswer = true
                try log.appendBlockText(data, at: reader.position, &state)
            }
            guard isNamed(data, key, "content"), try reader.peek(data) == .array else {
                try reader.skip(data)
                continue
            }
            state.hasAnswer = true
            state.members.move(into: &log, at: log.mark, isOver: true)
            var number = 0
            try reader.enterArray(data)
            while try reader.nextElement(data) {
                let start = reader.position
                try reader.skip(data)
                try AnthropicBlock.read(data, at: start, number: number, &state, &log)
                state.anthropicBlockEnds()
                // Each signature is of the block before it.
                state.members.move(into: &log, at: log.mark, isOver: true)
                number += 1
            }
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
            } else {
                positions.hasOthers = true
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
        // The member that holds the content names its kind as well as `type` does.
        var hasOthers = false
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            let valueStart = reader.position
            if isNamed(data, key, "text") {
                try log.appendBlockText(data, at: valueStart, &state)
            } else if isNamed(data, key, "thinking") {
                _ = try log.appendString(.reasoning, data, at: valueStart, &state)
            } else if isNamed(data, key, "partial_json") {
                try AnthropicBlock.readArguments(data, at: valueStart, of: block, &state, &log)
            } else if !isNamed(data, key, "type") {
                hasOthers = true
            }
            try reader.skip(data)
        }
        if hasOthers { try readOthers(data, at: position, &state) }
    }

    /// Keeps what a delta has beside text, thinking and arguments.
    private static func readOthers(
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        let members = try reader.readTree(data).members ?? []
        for member in members where !member.isNamed(oneOf: handledInDelta) {
            if equals(member.key, "signature") {
                state.anthropicBeside.addSignature(member.value.stringValue ?? "")
            } else if equals(member.key, "citation") {
                state.takeCitation(member.value)
            } else if state.anthropicBeside.hasBlock {
                state.anthropicBeside.add([member])
            } else {
                var key: [UInt8] = []
                JSONText.appendEscaped(member.key, into: &key)
                var value: [UInt8] = []
                member.value.write(into: &value)
                state.members.take(.delta, key.span, value.span)
            }
        }
    }

    private static let handledInDelta = ["type", "text", "thinking", "partial_json"]

    private static func readMessage(
        _ data: Span<UInt8>,
        at position: Int,
        isWhole: Bool,
        _ state: inout StreamState
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        guard try reader.peek(data) == .object else { return }
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, "model") {
                state.answers(try reader.readText(data))
            } else if isNamed(data, key, "usage") {
                try readUsage(data, at: reader.position, isLast: isWhole, &state)
                try reader.skip(data)
            } else if isNamed(data, key, "id") || isNamed(data, key, "type")
                || isNamed(data, key, "role") || isNamed(data, key, "content")
                || isNamed(data, key, "stop_reason")
            {
                try reader.skip(data)
            } else {
                try state.takeMember(.chunk, data, key, &reader)
            }
        }
    }

    /// Reads why the answer ended; of a delta it also keeps what comes with the reason, such as the
    /// stop sequence that was met.
    private static func readStopReason(
        _ data: Span<UInt8>,
        at position: Int,
        isWhole: Bool,
        _ state: inout StreamState
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        guard try reader.peek(data) == .object else { return }
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, "stop_reason") {
                if let word = try reader.readText(data) { state.finished(word) }
            } else if isWhole {
                try reader.skip(data)
            } else {
                try state.takeMember(.chunk, data, key, &reader)
            }
        }
    }

    private static func readUsage(
        _ data: Span<UInt8>,
        at position: Int,
        isLast: Bool,
        _ state: inout StreamState
    ) throws(JSONError) {
        try state.anthropicUsage.read(data, at: position, isLast: isLast)
        state.usage = state.anthropicUsage.usage
        state.hasNewUsage = true
    }

    /// Keeps what the message's last event has beside the reason and the counts.
    private static func readBesideDelta(
        _ data: Span<UInt8>,
        _ state: inout StreamState
    ) throws(JSONError) {
        var reader = JSONReader()
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            let isRead =
                isNamed(data, key, "type") || isNamed(data, key, "delta")
                || isNamed(data, key, "usage") || isNamed(data, key, "index")
                || isNamed(data, key, "message") || isNamed(data, key, "content_block")
            if isRead {
                try reader.skip(data)
            } else {
                try state.takeMember(.chunk, data, key, &reader)
            }
        }
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
