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
    private var answerBytes = 0
    private var events: EventDecoder
    private var state = StreamState()
    private var template = EventTemplate()

    /// How many events with data have come: they show progress, while comments only show life.
    package private(set) var dataEventCount = 0

    /// Makes a decoder for one answer.
    ///
    /// - Parameters:
    ///   - provider: whose protocol it is.
    ///   - model: the model that is asked: where another one answers, the log says so.
    ///   - maxAnswerBytes: the bound on what goes into the log.
    ///   - maxLineBytes: the bound on a line of the stream.
    package init(
        _ provider: Provider,
        model: String? = nil,
        maxAnswerBytes: Int = defaultMaxAnswerBytes,
        maxLineBytes: Int = defaultMaxLineBytes
    ) {
        self.provider = provider
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
        while !state.isDone {
            let mark = log.mark
            let start = offset
            let isWhole = events.isBetweenEvents
            if isWhole, template.read(bytes, from: &offset, upTo: maxLineBytes, into: &log) {
                dataEventCount += 1
            } else {
                guard try nextEvent(bytes, from: &offset) else { return }
                let event = bytes.extracting((isWhole ? start : offset)..<offset)
                try read(event, from: mark, into: &log)
            }
            answerBytes += log.bytesAfter(mark)
            guard answerBytes <= maxAnswerBytes else {
                log.rollBack(to: mark)
                throw .tooLong("the answer is longer than \(maxAnswerBytes) bytes")
            }
        }
    }

    /// Whether the event is named an error; its data may not show that: a proxy's is often plain
    /// text.
    private var isNamedError: Bool {
        let name = events.name
        return name.count == 5 && name.elementsEqual("error".utf8)
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

    /// Reads the data of the last event, whole or not at all.
    ///
    /// - Parameters:
    ///   - event: its bytes in the stream where it came in one piece, otherwise empty.
    ///   - mark: the log's end before it.
    ///   - log: gets its content.
    /// - Throws: the reason why the stream cannot be read further.
    private mutating func read(
        _ event: Span<UInt8>,
        from mark: EntryLog.Mark,
        into log: inout EntryLog
    ) throws(StreamError) {
        // Moved out, because a method that changes `self` cannot hold a span of its own.
        let data = events.data
        // Some proxies send an empty data line to keep the connection alive.
        if data.isEmpty { return }
        dataEventCount += 1
        if isNamedError { throw StreamError(VendorError(body: data.span)) }
        do throws(JSONError) {
            try readInFull(data.span, event, from: mark, into: &log)
        } catch {
            log.rollBack(to: mark)
            throw .malformed("broken JSON in the upstream's stream: \(error)")
        }
        if let failure = state.failure {
            if case .malformed = failure { log.rollBack(to: mark) }
            throw failure
        }
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
        let isMidAnswer = state.hasAnswer || provider == .anthropic
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
    }

    /// Adds what is left to say once nothing more is read.
    package mutating func finish(into log: inout EntryLog) { state.members.finish(into: &log) }
}

/// What the stream has said so far.
extension StreamDecoder {
    /// Why the answer ended and what that means; both `nil` until the upstream has said so.
    ///
    /// The reason is OpenAI's word, or the vendor's own where it is unknown.
    package var outcome: (finishReason: String?, ending: Ending?) {
        guard isSuccess else { return (nil, nil) }
        guard let finish = state.finish else {
            return state.nextToolIndex > 0 ? ("tool_calls", .toolCalls) : ("stop", .complete)
        }
        return (finish.reason, finish.ending)
    }

    /// Whether the upstream has said that the answer is whole; a stream that ends earlier is cut.
    package var isSuccess: Bool {
        switch provider {
        case .openAI: state.isDone || state.finish != nil
        case .anthropic: state.isDone
        }
    }

    /// Whether the last event has come: `[DONE]` or `message_stop`.
    package var isDone: Bool { state.isDone }

    /// The tokens counted so far, where the vendor counts.
    package var usage: Usage? { state.fullUsage }

    /// The tokens counted, or else estimated.
    ///
    /// - Parameter askedBytes: how much text was asked, without pictures.
    /// - Returns: an estimate where the vendor does not count, or was cut before it had counted to
    ///   the end; nil where it does not count and nothing was answered.
    package func usage(askedBytes: Int) -> Usage? {
        let usage = usage
        guard usage == nil || usage?.isEstimated == true else { return usage }
        let bytes = answerBytes - state.members.writtenBytes
        guard bytes > 0 else { return usage }
        return .estimate(usage, askedBytes: askedBytes, answerBytes: bytes)
    }

    /// The model that answers, in the upstream's own words.
    package var model: String? { state.model }
}
