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
        var reader = JSONReader()
        var isKnown = false
        var isError = false
        var isBareError = false
        var before: StreamMembers?
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, "choices") {
                isKnown = true
                try readChoices(data, &reader, &state, &log)
            } else if isNamed(data, key, "usage") {
                isKnown = true
                try readUsage(data, &reader, &state)
            } else if isNamed(data, key, "model") {
                if state.model == nil {
                    state.answers(try reader.readText(data))
                } else {
                    try reader.skip(data)
                }
            } else if isNamed(data, key, "object") {
                isKnown = true
                isError = try reader.rawString(data).map { isNamed(data, $0, "error") } ?? false
            } else if isOfNoUse(data, key) {
                try reader.skip(data)
            } else if isNamed(data, key, "error") {
                isBareError = try readError(data, &reader, &state)
            } else if isNamed(data, key, "x_groq") {
                isKnown = true
                try readGroq(data, &reader, &state)
            } else if isNamed(data, key, "base_resp") {
                let response = try reader.readTree(data)
                if let failure = ErrorObject.failure(inBaseResponse: response) {
                    state.failure = failure
                }
            } else {
                if before == nil { before = state.members }
                try state.takeMember(.chunk, data, key, &reader)
            }
        }
        try reader.finish(data)
        if isBareError { state.failure = ErrorObject.failure(in: data) ?? state.failure }
        guard isError || !isKnown else { return }
        // What is no chunk has nothing that belongs to one.
        if let before { state.members = before }
        readOther(data, &state)
    }

    /// Whether a chunk's member says nothing that the relay does not say itself: `obfuscation` is
    /// random padding.
    private static func isOfNoUse(_ data: Span<UInt8>, _ key: Range<Int>) -> Bool {
        isNamed(data, key, "created") || isNamed(data, key, "id")
            || isNamed(data, key, "obfuscation")
    }

    /// Reads an object that is no chunk: an error in another shape, such as that of older vLLM,
    /// `{"object":"error","message":…}`, or something that is passed over.
    @inline(never)
    private static func readOther(_ data: Span<UInt8>, _ state: inout StreamState) {
        guard state.failure == nil else { return }
        state.failure = ErrorObject.failure(in: data)
        if state.failure == nil { state.passOver(data) }
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
            if reader.skipNull(data) { continue }
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
        var text: Int?
        var hasDelta = false
        var hasOthers = false
        let start = reader.position
        var native: Int?
        try reader.enterObject(data)
        while let key = try reader.nextKey(data) {
            if isNamed(data, key, "index") {
                index = try reader.readInt(data) ?? 0
                continue
            }
            if isNamed(data, key, "delta") {
                if index == 0 {
                    // The usual order: no second pass is needed.
                    hasDelta = true
                    try readDelta(data, &reader, &state, &log)
                    continue
                }
                delta = reader.position
            } else if isNamed(data, key, "message") {
                if reader.skipNull(data) { continue }
                message = reader.position
            } else if isNamed(data, key, "text") {
                // The place of older completions, in which some servers answer all routes.
                if reader.skipNull(data) { continue }
                text = reader.position
            } else if isNamed(data, key, "finish_reason") {
                if reader.skipNull(data) { continue }
                finish = reader.position
            } else if isNamed(data, key, "native_finish_reason") {
                if reader.skipNull(data) { continue }
                native = reader.position
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
        if let delta {
            hasDelta = true
            var reader = JSONReader(position: delta)
            try readDelta(data, &reader, &state, &log)
        }
        if let message {
            try readMessage(data, at: message, &state, &log)
        } else if let text, !hasDelta {
            state.hasAnswer = true
            state.hasContent = try log.appendString(.text, data, at: text, &state)
        }
        if let finish { try readFinish(data, at: finish, native: native, &state) }
    }

    private static func readDelta(
        _ data: Span<UInt8>,
        _ reader: inout JSONReader,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        let count = log.count
        state.hasAnswer = true
        try OpenAIDelta.read(data, &reader, &state, &log)
        if log.count > count || state.nextToolIndex > 0 { state.hasContent = true }
    }

    /// Reads the whole answer, which a server may send as one message.
    ///
    /// After content it is a repetition; an empty delta may come before it or beside it.
    private static func readMessage(
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        guard !state.hasContent else { return }
        let isFirst = !state.hasAnswer
        var reader = JSONReader(position: position)
        try readDelta(data, &reader, &state, &log)
        if isFirst || state.hasContent { state.isWholeMessage = true }
    }

    private static func readFinish(
        _ data: Span<UInt8>,
        at position: Int,
        native: Int?,
        _ state: inout StreamState
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        // Some vendors send an empty reason in each chunk, which means none.
        guard let word = try reader.readText(data) else { return }
        var own: String?
        if let native {
            // OpenRouter says which word the vendor used that it asked.
            reader = JSONReader(position: native)
            own = try reader.readText(data)
        }
        state.finished(word, native: own)
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
                || isNamed(data, key, "usage") || isNamed(data, key, "native_finish_reason")
                || isNamed(data, key, "text")
            if isRead {
                try reader.skip(data)
            } else {
                try state.takeMember(.choice, data, key, &reader)
            }
        }
    }

    /// - Returns: whether it is only a text, which something beside it may explain.
    @discardableResult
    private static func readError(
        _ data: Span<UInt8>,
        _ reader: inout JSONReader,
        _ state: inout StreamState
    ) throws(JSONError) -> Bool {
        if reader.skipNull(data) { return false }
        let tree = try reader.readTree(data)
        guard let error = VendorError(error: tree) else { return false }
        state.failure = StreamError(error)
        return tree.stringValue != nil
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
