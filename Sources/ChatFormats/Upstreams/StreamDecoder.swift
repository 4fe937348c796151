import Wire

/// Turns the bytes of an upstream's event stream into entries, as they come.
///
/// It adds text, reasoning, refusals and pieces of tool calls to the log; the log's owner writes
/// its first and last entries, from `usage` and `outcome`. An event is taken whole or not at all:
/// where its JSON is broken, nothing of it is in the log. Nothing is allocated per token, and no
/// query copies anything.
package struct StreamDecoder: ~Copyable {
    /// How much text, reasoning and tool calls one answer may have by default.
    package static let defaultMaxAnswerBytes = 64 * 1024 * 1024
    /// How long one line of the stream may be by default.
    package static let defaultMaxLineBytes = 16 * 1024 * 1024

    private let provider: Provider
    private let maxAnswerBytes: Int
    private let maxLineBytes: Int
    var answerBytes = 0
    /// How much of that had come with the newest count of tokens.
    private(set) var countedBytes = 0
    var body = UpstreamBody()
    private var events: EventDecoder
    var state = StreamState()
    private var template = EventTemplate()
    private var halves = SplitCharacters()
    /// The first JSON text without the framing of events that is no part of an answer.
    private var unread: [UInt8] = []

    /// How many events of the protocol have come: they show progress, while comments and other
    /// heartbeats only show life.
    package private(set) var dataEventCount = 0

    /// Makes a decoder for one answer.
    ///
    /// - Parameters:
    ///   - provider: whose protocol it is.
    ///   - model: the model that is asked: where another one answers, the log says so.
    ///   - answer: the answer's id: tool calls that come without an id are given one that is made
    ///     of it.
    ///   - maxAnswerBytes: the bound on what goes into the log.
    ///   - maxLineBytes: the bound on a line of the stream.
    package init(
        _ provider: Provider,
        model: String? = nil,
        answer: String = "",
        maxAnswerBytes: Int = defaultMaxAnswerBytes,
        maxLineBytes: Int = defaultMaxLineBytes
    ) {
        self.provider = provider
        state.calls = OpenCalls(answer: answer)
        self.maxAnswerBytes = maxAnswerBytes
        self.maxLineBytes = maxLineBytes
        events = EventDecoder(
            limits: EventDecoder.Limits(maxLineBytes: maxLineBytes, maxEventBytes: maxLineBytes)
        )
        state.askedModel = model
    }

    /// Reads the next bytes of the stream, cut anywhere.
    ///
    /// What follows the last event is ignored.
    ///
    /// - Throws: the reason why the stream cannot be read further. Entries of the events before are
    ///   in the log, and so is the text of an event in which the vendor reports an error.
    package mutating func decode(
        _ bytes: Span<UInt8>,
        into log: inout EntryLog
    ) throws(StreamError) {
        var offset = 0
        if body.framing != .events {
            try readBareJSON(bytes, from: &offset, into: &log)
            // It may go on as an event stream.
            guard body.framing == .events else { return }
        }
        while !state.isDone {
            let mark = log.mark
            let start = offset
            let isWhole = events.isBetweenEvents
            if isWhole, template.read(bytes, from: &offset, upTo: maxLineBytes, into: &log) {
                dataEventCount += 1
            } else {
                guard try nextEvent(bytes, from: &offset) else { return }
                let event = bytes.extracting((isWhole ? start : offset)..<offset)
                try readEvent(event, from: mark, into: &log)
            }
            try count(from: mark, &log)
        }
    }

    /// Counts what an event has added to the answer, within its limit.
    private mutating func count(
        from mark: EntryLog.Mark,
        _ log: inout EntryLog
    ) throws(StreamError) {
        answerBytes += log.bytesAfter(mark)
        guard answerBytes <= maxAnswerBytes else {
            log.rollBack(to: mark)
            throw .tooLong("the answer is longer than \(maxAnswerBytes) bytes")
        }
    }

    /// Takes what an orderly end of the body leaves unread: an event without its empty line, a line
    /// without its end.
    ///
    /// The standard drops it (HTML §9.2.6), but it is paid for. Where its JSON is cut, it is not
    /// there, and the stream ends before it.
    ///
    /// - Throws: what the vendor reports in it.
    package mutating func finish(into log: inout EntryLog) throws(StreamError) {
        guard !state.isDone else { return }
        let mark = log.mark
        if body.framing == .events, try flushEvent() {
            do throws(StreamError) {
                try readEvent(Span(), from: mark, into: &log)
            } catch .malformed {}
            try count(from: mark, &log)
        }
        // A JSON text instead of an answer can only be a refusal.
        if !unread.isEmpty, answerBytes == 0, state.finish == nil, !state.hasAnswer {
            let error = VendorError(body: unread.span)
            if error.message != nil { throw StreamError(error) }
        }
        // A whole message has no end mark.
        if state.isWholeMessage { state.isDone = true }
        halves.end(into: &log)
    }

    /// Whether the event is named an error; its data may not show that: a proxy's is often plain
    /// text.
    private var isNamedError: Bool {
        let name = events.name
        return name.count == 5 && equalsIgnoringCase(name.span, "error")
    }

    private mutating func nextEvent(
        _ bytes: Span<UInt8>,
        from offset: inout Int
    ) throws(StreamError) -> Bool {
        do throws(EventError) {
            return try events.next(bytes, from: &offset)
        } catch {
            throw .tooLong("\(error)")
        }
    }

    private mutating func flushEvent() throws(StreamError) -> Bool {
        do throws(EventError) {
            return try events.finish()
        } catch {
            throw .tooLong("\(error)")
        }
    }

    /// Reads the data of the last event, whole or not at all.
    ///
    /// - Parameters:
    ///   - event: its bytes in the stream where it came in one piece, otherwise empty.
    ///   - mark: the log's end before it.
    ///   - log: gets its content.
    /// - Throws: the reason why the stream cannot be read further.
    private mutating func readEvent(
        _ event: Span<UInt8>,
        from mark: EntryLog.Mark,
        into log: inout EntryLog
    ) throws(StreamError) {
        // Moved out, because a method that changes `self` cannot hold a span of its own.
        let data = events.data
        // Some proxies send an empty data line to keep the connection alive.
        if data.isEmpty { return }
        if isNamedError {
            dataEventCount += 1
            throw StreamError(VendorError(body: data.span))
        }
        if events.hasSeveralLines, UpstreamBody.isOnLines(data.span) {
            return try readLines(data.span, into: &log)
        }
        guard data[0] == UInt8(ascii: "{") else {
            return try readOther(data.span, from: mark, into: &log)
        }
        try read(data.span, event, from: mark, into: &log)
    }

    /// Reads the object of one event, whole or not at all.
    private mutating func read(
        _ data: Span<UInt8>,
        _ event: Span<UInt8>,
        from mark: EntryLog.Mark,
        into log: inout EntryLog
    ) throws(StreamError) {
        dataEventCount += 1
        let before = (finish: state.finish, isDone: state.isDone)
        do throws(JSONError) {
            if halves.isEmpty, !SplitCharacters.areIn(data) {
                try readInFull(data, event, from: mark, into: &log)
            } else {
                try readMended(data, from: mark, into: &log)
            }
        } catch {
            log.rollBack(to: mark)
            (state.finish, state.isDone) = before
            throw .malformed("broken JSON in the upstream's stream: \(error)")
        }
        if state.isDone { halves.end(into: &log) }
        guard let failure = state.failure else { return }
        if case .malformed = failure {
            log.rollBack(to: mark)
            (state.finish, state.isDone) = before
        }
        throw failure
    }

    private mutating func readInFull(
        _ data: Span<UInt8>,
        _ event: Span<UInt8>,
        from mark: EntryLog.Mark,
        into log: inout EntryLog
    ) throws(JSONError) {
        let count = log.count
        let tools = state.nextToolIndex
        // Where no deltas came before, a whole message counts once, however often it comes.
        let isMidAnswer = state.hasAnswer && !state.isWholeMessage || provider == .anthropic
        state.hasNewUsage = false
        state.added.count = 0
        template.forget()
        switch provider {
        case .openAI: try OpenAIStream.read(data, into: &state, &log)
        case .anthropic: try AnthropicStream.read(data, into: &state, &log)
        }
        // It added one string and nothing else: the next token's event most likely looks the same.
        let isPlain = isMidAnswer && state.added.count == 1 && log.count == count + 1
        if isPlain, state.nextToolIndex == tools, state.failure == nil, state.members.isEmpty {
            template.learn(event, data: data, stringAt: state.added.position, state.added.kind)
            events.forgetEvent()
        }
        if !state.members.isEmpty {
            // The event of an error has the error's own members.
            if state.failure != nil, log.count == count { return state.members.drop() }
            state.members.move(into: &log, at: mark, isOver: isSuccess)
        } else if log.count > count {
            state.members.noteContent()
        }
        if state.hasNewUsage { countedBytes = answerBytes + log.bytesAfter(mark) }
    }

    /// Adds what is left to say once nothing more is read, however the stream ended.
    package mutating func close(into log: inout EntryLog) {
        halves.end(into: &log)
        // Empty arguments that were cut must not look complete.
        let ending = state.finish?.ending ?? .toolCalls
        let isWhole = isSuccess && ending != .length && ending != .filtered
        let mark = log.mark
        state.calls.close(isWhole: isWhole, into: &log)
        state.members.finish(into: &log)
        answerBytes += log.bytesAfter(mark)
    }
}

// MARK: What is rare

extension StreamDecoder {
    /// Reads data that does not begin as an object: an end mark, an error in an array, or a
    /// heartbeat, which is passed over.
    @inline(never)
    private mutating func readOther(
        _ data: Span<UInt8>,
        from mark: EntryLog.Mark,
        into log: inout EntryLog
    ) throws(StreamError) {
        var start = 0
        while start < data.count, UpstreamBody.isBlank(data[start]) { start += 1 }
        let rest = data.extracting(start...)
        if !rest.isEmpty, rest[0] == UInt8(ascii: "{") {
            return try read(rest, Span(), from: mark, into: &log)
        }
        if UpstreamBody.isEndMark(rest) {
            dataEventCount += 1
            state.isDone = true
            halves.end(into: &log)
        } else if !rest.isEmpty, rest[0] == UInt8(ascii: "["),
            let failure = ErrorObject.failure(in: rest)
        {
            throw failure
        } else if !rest.isEmpty, rest[0] == UInt8(ascii: "["), try readElements(rest, into: &log) {
            return
        } else {
            state.passOver(rest)
        }
    }

    /// Reads the events of a server that leaves out the empty lines between them.
    @inline(never)
    private mutating func readLines(
        _ data: Span<UInt8>,
        into log: inout EntryLog
    ) throws(StreamError) {
        var start = 0
        while start < data.count, !state.isDone {
            var end = start
            while end < data.count, data[end] != UInt8(ascii: "\n") { end += 1 }
            let mark = log.mark
            try readOther(data.extracting(start..<end), from: mark, into: &log)
            start = end + 1
        }
    }

    /// Reads an array of chunks or of one whole answer, as some gateways send in one piece.
    ///
    /// - Returns: whether its elements are objects.
    private mutating func readElements(
        _ data: Span<UInt8>,
        into log: inout EntryLog
    ) throws(StreamError) -> Bool {
        guard let elements = UpstreamBody.objects(in: data) else { return false }
        for element in elements where !state.isDone {
            try read(element.span, Span(), from: log.mark, into: &log)
        }
        return true
    }

    /// Reads an event whose strings begin or end in the middle of a character.
    @inline(never)
    private mutating func readMended(
        _ data: Span<UInt8>,
        from mark: EntryLog.Mark,
        into log: inout EntryLog
    ) throws(JSONError) {
        let mended = halves.mend(data, into: &log)
        try readInFull(mended.span, Span(), from: mark, into: &log)
    }

    /// Reads JSON without the framing of events, as far as there is any.
    @inline(never)
    private mutating func readBareJSON(
        _ bytes: Span<UInt8>,
        from offset: inout Int,
        into log: inout EntryLog
    ) throws(StreamError) {
        while !state.isDone, let value = try body.next(bytes, from: &offset, upTo: maxLineBytes) {
            let mark = log.mark
            let passedOver = state.passedOverCount
            try readOther(value.span, from: mark, into: &log)
            if state.passedOverCount > passedOver, unread.isEmpty { unread = value }
            try count(from: mark, &log)
        }
    }
}
