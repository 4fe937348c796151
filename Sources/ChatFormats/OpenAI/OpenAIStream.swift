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
            } else if isNamed(data, key, "model") {
                if state.model == nil {
                    state.answers(try reader.readText(data))
                } else {
                    try reader.skip(data)
                }
            } else if isNamed(data, key, "object") {
                isError = try reader.rawString(data).map { isNamed(data, $0, "error") } ?? false
            } else if isOfNoUse(data, key) {
                try reader.skip(data)
            } else {
                try state.takeMember(.chunk, data, key, &reader)
            }
        }
        try reader.finish(data)
        // Older vLLM: {"object":"error","message":…} without an `error` around it.
        if isError { state.failure = StreamError(VendorError(members: try JSON.parse(data))) }
    }

    /// Whether a chunk's member says nothing that the relay does not say itself: `obfuscation` is
    /// random padding.
    private static func isOfNoUse(_ data: Span<UInt8>, _ key: Range<Int>) -> Bool {
        isNamed(data, key, "id") || isNamed(data, key, "created")
            || isNamed(data, key, "obfuscation")
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
        var hasOthers = false
        let start = reader.position
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
            } else if isNamed(data, key, "usage") {
                // Moonshot's place for it.
                try readUsage(data, &reader, &state)
                continue
            } else {
                if reader.skipNull(data) { continue }
                // Which choice it is may still follow.
                hasOthers = true
            }
            try reader.skip(data)
        }
        guard index ?? 0 == 0 else {
            return state.members.takeChoice(data.extracting(start..<reader.position))
        }
        if hasOthers { try readOthers(data, at: start, &state) }
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

    /// Keeps what a choice has beside its delta.
    private static func readOthers(
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            let isRead =
                isNamed(data, key, "index") || isNamed(data, key, "delta")
                || isNamed(data, key, "message") || isNamed(data, key, "finish_reason")
                || isNamed(data, key, "usage")
            if isRead {
                try reader.skip(data)
            } else {
                try state.takeMember(.choice, data, key, &reader)
            }
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
        let start = reader.position
        var hasOthers = false
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, "usage") {
                try readUsage(data, &reader, &state)
            } else if isNamed(data, key, "error") {
                try readError(data, &reader, &state)
            } else {
                hasOthers = hasOthers || !isNamed(data, key, "id")
                try reader.skip(data)
            }
        }
        guard hasOthers else { return }
        var again = JSONReader(position: start)
        let members = try again.readTree(data).members ?? []
        let others = members.filter { !["id", "usage", "error"].contains($0.key) }
        state.takeMember(.chunk, "x_groq", .object(others))
    }
}
