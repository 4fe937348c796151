import Wire

/// Reads one event of an OpenAI chat completion stream, in all forms that vendors send.
///
/// Members come in any order (Gemini sends `delta` before `index`), so positions are noted first
/// where the order matters.
enum OpenAIStream {
    static func read(
        _ data: Span<UInt8>,
        into state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        guard !isDone(data) else {
            state.isDone = true
            return
        }
        var reader = JSONReader()
        guard try reader.peek(data) == .object else {
            state.reject("the upstream sent an event that is not a JSON object")
            return
        }
        var isError = false
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, "choices") {
                try readChoices(data, &reader, &state, &log)
            } else if isNamed(data, key, "usage") {
                try readUsage(data, &reader, &state)
            } else if isNamed(data, key, "error") {
                try readError(data, &reader, &state)
            } else if isNamed(data, key, "x_groq") {
                try readGroq(data, &reader, &state)
            } else if isNamed(data, key, "model"), state.model == nil {
                state.model = try reader.readText(data)
            } else if isNamed(data, key, "object") {
                isError = try reader.rawString(data).map { isNamed(data, $0, "error") } ?? false
            } else {
                try reader.skip(data)
            }
        }
        try reader.finish(data)
        // Older vLLM: {"object":"error","message":…} without an `error` around it.
        if isError { state.failure = StreamError(VendorError(members: try JSON.parse(data))) }
    }

    /// The official clients look only at the beginning, so vendors may well append something.
    private static func isDone(_ data: Span<UInt8>) -> Bool {
        let mark: InlineArray<6, UInt8> = [0x5B, 0x44, 0x4F, 0x4E, 0x45, 0x5D]
        guard data.count >= mark.count else { return false }
        for index in mark.indices where data[index] != mark[index] { return false }
        return true
    }

    private static func readChoices(
        _ data: Span<UInt8>,
        _ reader: inout JSONReader,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        if reader.skipNull(data) { return }
        guard try reader.peek(data) == .array else {
            state.reject("the upstream's choices are not an array")
            try reader.skip(data)
            return
        }
        try reader.enterArray(data)
        while try reader.nextElement(data) {
            guard try reader.peek(data) == .object else {
                state.reject("the upstream sent a choice that is not an object")
                try reader.skip(data)
                continue
            }
            try readChoice(data, &reader, &state, &log)
        }
    }

    private static func readChoice(
        _ data: Span<UInt8>,
        _ reader: inout JSONReader,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        var index: Int?
        var delta: Int?
        var message: Int?
        var finish: Int?
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, "index") {
                index = try reader.readInt(data) ?? 0
                continue
            }
            if isNamed(data, key, "delta") {
                if index == 0 {
                    // The usual order: no second pass is needed.
                    state.hasAnswer = true
                    try OpenAIDelta.read(data, &reader, &state, &log)
                    continue
                }
                delta = reader.position
            } else if isNamed(data, key, "message") {
                message = reader.position
            } else if isNamed(data, key, "finish_reason") {
                if reader.skipNull(data) { continue }
                finish = reader.position
            }
            try reader.skip(data)
        }
        guard index ?? 0 == 0 else { return }
        // A server may send the whole answer as one message; after deltas it is a repetition.
        if let position = delta ?? (state.hasAnswer ? nil : message) {
            state.hasAnswer = true
            var reader = JSONReader(position: position)
            try OpenAIDelta.read(data, &reader, &state, &log)
        }
        if let finish {
            var reader = JSONReader(position: finish)
            // Some vendors send an empty reason in each chunk, which means none.
            if let word = try reader.readText(data) { state.finished(word) }
        }
    }

    private static func readError(
        _ data: Span<UInt8>,
        _ reader: inout JSONReader,
        _ state: inout StreamState
    ) throws(JSONError) {
        if reader.skipNull(data) { return }
        if let error = VendorError(error: try reader.readTree(data)) {
            state.failure = StreamError(error)
        }
    }

    /// Groq puts its usage, and the reason for an early end, into a member of its own.
    private static func readGroq(
        _ data: Span<UInt8>,
        _ reader: inout JSONReader,
        _ state: inout StreamState
    ) throws(JSONError) {
        guard try reader.peek(data) == .object else { return try reader.skip(data) }
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, "usage") {
                try readUsage(data, &reader, &state)
            } else if isNamed(data, key, "error") {
                try readError(data, &reader, &state)
            } else {
                try reader.skip(data)
            }
        }
    }
}
