import Wire

/// What a stream has said so far beside its text: the protocols' readers write it, and
/// `StreamDecoder` reads it.
struct StreamState {
    /// The model that answers, in the upstream's words; the first event that names one.
    var model: String?
    /// The newest count of tokens: vendors that repeat it count from the beginning each time.
    var usage: Usage?
    /// Whether this event has counted them.
    var hasNewUsage = false
    /// OpenAI only: the object that these counts are from, where it says more than they do.
    var usageText: [UInt8] = []
    /// Why the answer ended, once the upstream has said so.
    var finish: FinishReason.Finish?
    /// Whether nothing more will come: `[DONE]` or `message_stop`.
    var isDone = false
    /// Whether any part of the answer has come; with Anthropic, a content block.
    var hasAnswer = false
    /// OpenAI only: whether any of it was text, reasoning, a refusal or a call.
    var hasContent = false
    /// Whether the answer came as one message, which has no end mark.
    var isWholeMessage = false
    /// How many events were passed over, because they are no part of an answer.
    private(set) var passedOverCount = 0
    /// The beginning of the first of them that is no heartbeat.
    private(set) var passedOver: [UInt8] = []
    /// What went wrong in this event beside its syntax.
    var failure: StreamError?
    /// The tool calls so far.
    var calls = OpenCalls()
    /// How many tool calls have come.
    var nextToolIndex: Int { calls.count }
    /// The strings that this event has added to the log: how many, and the kind of the last one and
    /// the position of its opening quote.
    var added = (count: 0, kind: EntryKind.text, position: 0)
    /// What the events have beside the text.
    var members = StreamMembers()
    /// The model that was asked, if an answer of another one is to be said; nil where it is not.
    var askedModel: String?
    /// Anthropic only: what the open content block has beside its text.
    var anthropicBeside = AnthropicBeside()
    /// Anthropic only: the counts, which two usage events share.
    var anthropicUsage = AnthropicUsage()

    /// Notes that the event does not have the protocol's shape; the first complaint stays.
    mutating func reject(_ what: String) {
        if failure == nil { failure = .malformed(what) }
    }

    private static let passedOverBytes = 120

    /// Counts an event that is no part of an answer; how the first one begins is kept, since it
    /// shows which protocol the upstream speaks.
    mutating func passOver(_ data: Span<UInt8>) {
        if passedOver.isEmpty, !Self.isHeartbeat(data) {
            passedOver.append(span: data.extracting(first: min(data.count, Self.passedOverBytes)))
        }
        passedOverCount += 1
    }

    /// Whether an event says no more than that the upstream is alive, such as `{"type":"ping"}`.
    private static func isHeartbeat(_ data: Span<UInt8>) -> Bool {
        var reader = JSONReader()
        do throws(JSONError) {
            guard try reader.peek(data) == .object else { return true }
            try reader.enterObject(data)
            while let key = try reader.nextKey(data) {
                guard isNamed(data, key, "type") || isNamed(data, key, "event") else {
                    return false
                }
                try reader.skip(data)
            }
        } catch {
            return true
        }
        return true
    }

    /// Notes the vendor's reason for the end; of two, the one that means less than success stays.
    ///
    /// - Parameters:
    ///   - word: the reason.
    ///   - native: the word of the vendor that a proxy asked, where the proxy says it.
    mutating func finished(_ word: String, native: String? = nil) {
        switch FinishReason(word, native: native) {
        case .none: return
        case .ended(var finish):
            // Gemini says stop where it waits for the results of tools.
            if finish.reason == "stop", nextToolIndex > 0 {
                finish.reason = "tool_calls"
                finish.ending = .toolCalls
            }
            if let known = self.finish, !finish.outweighs(known) { return }
            self.finish = finish
        case .failed(let word):
            guard failure == nil else { return }
            let message = "the upstream ended the answer with the reason \"\(word)\""
            failure = .vendor(type: word, message: message, code: nil, overloaded: false)
        }
    }
}

// MARK: Members

extension StreamState {
    /// Consumes the value of a member that has no meaning for the text, and keeps it.
    mutating func takeMember(
        _ place: StreamMembers.Place,
        _ data: Span<UInt8>,
        _ key: Range<Int>,
        _ reader: inout JSONReader
    ) throws(JSONError) {
        // Many vendors send their unset members as null, in every chunk.
        if reader.skipNull(data) { return }
        _ = try reader.peek(data)
        let start = reader.position
        try reader.skip(data)
        members.take(place, data.extracting(key), data.extracting(start..<reader.position))
    }

    /// Keeps a member that is made from what came.
    mutating func takeMember(
        _ place: StreamMembers.Place,
        _ name: StaticString,
        _ value: JSON
    ) {
        var key: [UInt8] = []
        key.append(literal: name)
        var text: [UInt8] = []
        value.write(into: &text)
        members.take(place, key.span, text.span)
    }

    /// Whether it is the model that was asked; that name may carry options in a query, as the
    /// simulator's do.
    private static func isSame(_ name: String, asked: Span<UInt8>) -> Bool {
        let name = name.utf8.span
        guard asked.count >= name.count, equals(asked.extracting(first: name.count), name) else {
            return false
        }
        return asked.count == name.count || asked[name.count] == UInt8(ascii: "?")
    }

    /// Notes the model that answers, and keeps its name where another one was asked.
    mutating func answers(_ name: String?) {
        guard model == nil, let name else { return }
        model = name
        guard let askedModel, !Self.isSame(name, asked: askedModel.utf8.span) else { return }
        takeMember(.chunk, "model", .string(name))
    }
}
