import Wire

extension Dialect {
    /// OpenAI's chat completion chunks.
    package static let openai = Dialect(
        name: "openai",
        media: .eventStream(ids: .forEventSources, emptyData: OpenAIWriter.appendSilence),
        errorShape: .openAI
    ) { OpenAIWriter(blocks: EventBlocks($0)) }
}

/// OpenAI's chat completion chunks: no event names, one JSON object on one line.
struct OpenAIWriter: EntryWriter {
    var blocks: EventBlocks
    /// The model that answers, as JSON; empty where it is the one that was asked.
    private var model: [UInt8] = [] { didSet { headContext = nil } }
    /// What all chunks begin with, from `data:` to the model.
    private var head: [UInt8] = []
    /// What that is written for, since another model may be asked before the first token.
    private var headContext: FrameContext?

    init(blocks: EventBlocks) { self.blocks = blocks }

    mutating func look(at log: borrowing EntryLog, from n: Int) {
        guard model.isEmpty, !log.members.model.isEmpty, log.members.modelEntry <= n else { return }
        model = log.members.model
    }

    mutating func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        switch frame.kind {
        case .start:
            beginDelta(.last, frame, context, into: &out)
            out.append(literal: "\"role\":\"assistant\",\"content\":\"\"")
            endDelta(nil, context, into: &out)
        case .text: appendTexts("\"content\":", payload, frame, context, into: &out)
        case .reasoning:
            appendTexts("\"reasoning_content\":", payload, frame, context, into: &out)
        case .refusal: appendTexts("\"refusal\":", payload, frame, context, into: &out)
        case .toolCall:
            if context.usesFunctions, ToolCallPiece.index(of: payload) == 0 {
                return appendFunctionCall(frame, payload, context, into: &out)
            }
            beginDelta(.last, frame, context, into: &out)
            out.append(literal: "\"tool_calls\":[")
            out.append(span: payload)
            out.append(UInt8(ascii: "]"))
            endDelta(nil, context, into: &out)
        case .members: appendMembers(frame, payload, context, into: &out)
        case .usage: break
        case .restart: model = []
        case .finish: appendFinish(frame, payload, of: log, context, into: &out)
        case .failure: appendFailure(frame, payload, context, into: &out)
        }
    }

    /// Appends a chunk whose text is empty, for pages that read `content`.
    static func appendSilence(_ context: FrameContext, into out: inout [UInt8]) {
        guard context.repeatsContent else { return Media.appendComment(into: &out) }
        let frame = Frame(kind: .text, number: 0, usage: nil)
        var writer = OpenAIWriter(blocks: EventBlocks())
        writer.appendText("\"content\":", Span(), .last, frame, context, into: &out)
    }

    /// Appends a text in one chunk, or in several where it is too long for one line.
    private mutating func appendTexts(
        _ member: StaticString,
        _ text: Span<UInt8>,
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        var start = 0
        while let cut = TextLine.cut(text, from: start, escapedTo: context.textBytes) {
            let piece = text.extracting(start..<cut)
            appendText(member, piece, .before, frame, context, into: &out)
            start = cut
        }
        appendText(member, text.extracting(start...), .last, frame, context, into: &out)
    }

    /// Appends a piece of the first call in the form before calls had ids, which has room for one.
    private mutating func appendFunctionCall(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        beginDelta(.last, frame, context, into: &out)
        if let function = Payload.value(of: "function", in: payload) {
            out.append(literal: "\"function_call\":")
            out.append(span: payload.extracting(function))
        }
        endDelta(nil, context, into: &out)
    }

    private mutating func appendText(
        _ member: StaticString,
        _ payload: Span<UInt8>,
        _ place: EventBlocks.Place,
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        let isAnswer = frame.kind == .text || frame.kind == .refusal
        beginDelta(place, frame, context, isAnswer ? payload : Span(), into: &out)
        out.append(literal: member)
        JSONText.appendString(payload, into: &out)
        endDelta(nil, context, into: &out)
    }

    /// Appends what came beside the text as a chunk of its own, each member in its place.
    private mutating func appendMembers(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        guard Payload.isShown(payload) else { return }
        noteModel(payload)
        beginObject(.last, frame, context, into: &out)
        Payload.appendMembers(of: "chunk", in: payload, but: Self.ownOfChunk, into: &out)
        out.append(literal: ",\"choices\":[{\"index\":0,\"delta\":{")
        let start = out.count
        Payload.appendMembers(of: "delta", in: payload, but: Self.ownOfDelta, into: &out)
        if out.count > start { out.remove(at: start) }
        out.append(literal: "}")
        let choiceStart = out.count
        Payload.appendMembers(of: "choice", in: payload, but: Self.ownOfChoice, into: &out)
        let hasLogprobs = Payload.value(of: "choice", in: payload).map {
            Payload.value(of: "logprobs", in: payload.extracting($0)) != nil
        }
        if hasLogprobs != true {
            out.insert(contentsOf: ",\"logprobs\":null".utf8, at: choiceStart)
        }
        out.append(literal: ",\"finish_reason\":null}")
        if let range = Payload.value(of: "choices", in: payload), range.count > 2 {
            out.append(UInt8(ascii: ","))
            out.append(span: payload.extracting(range.lowerBound + 1..<range.upperBound - 1))
        }
        out.append(literal: context.wantsUsage ? "],\"usage\":null}\n\n" : "]}\n\n")
    }

    private mutating func noteModel(_ payload: Span<UInt8>) {
        var members = LogMembers()
        members.add(payload, at: 0)
        if !members.model.isEmpty { model = members.model }
    }

    /// Members that the relay writes itself.
    private static let ownOfChunk: [StaticString] = [
        "id", "object", "created", "model", "choices", "usage", "content",
    ]
    private static let ownOfDelta: [StaticString] = [
        "role", "content", "refusal", "reasoning_content", "tool_calls",
    ]
    private static let ownOfChoice: [StaticString] = ["index", "delta", "finish_reason"]

    private mutating func appendFinish(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        let ending = Payload.ending(payload) ?? .complete
        // None of OpenAI's reasons means stopped, and "stop" means that the model had no more to
        // say.
        guard ending != .stopped else { return appendStopped(frame, context, into: &out) }
        beginDelta(.before, frame, context, into: &out)
        endDelta(context.finishReason(ending), of: payload, context, into: &out)
        if context.wantsUsage { appendUsage(frame, of: log, context, into: &out) }
        blocks.appendDone(nil, frame, context, into: &out)
    }

    /// Appends the chunk without choices that a client asked for; nothing where nobody counted.
    private mutating func appendUsage(
        _ frame: Frame,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        let start = out.count
        beginObject(.before, frame, context, into: &out)
        out.append(literal: ",\"choices\":[],\"usage\":")
        guard context.appendUsage(frame, of: log, into: &out) else {
            out.removeSubrange(start...)
            return
        }
        out.append(literal: "}\n\n")
    }

    private mutating func appendStopped(
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        blocks.begin(nil, .before, frame, context, into: &out)
        out.append(literal: "data: {\"error\":{\"message\":\"")
        out.append(literal: Ending.stoppedMessage)
        out.append(literal: "\",\"type\":\"stopped\",\"param\":null,\"code\":\"stopped\"}}\n\n")
        blocks.appendDone(nil, frame, context, into: &out)
    }

    private mutating func appendFailure(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        blocks.begin(nil, .before, frame, context, into: &out)
        out.append(literal: "data: {\"error\":{\"message\":")
        Payload.append("message", of: payload, into: &out)
        out.append(literal: ",\"type\":")
        Payload.append("type", of: payload, into: &out)
        out.append(literal: ",\"param\":")
        Payload.append("param", of: payload, into: &out)
        out.append(literal: ",\"code\":")
        Payload.append("code", of: payload, into: &out)
        out.append(literal: "}}\n\n")
        blocks.appendDone(nil, frame, context, into: &out)
    }

    /// Appends a chunk up to its own members, without the last comma.
    ///
    /// - Parameters:
    ///   - place: where in the frame the chunk is.
    ///   - frame: the frame that it belongs to.
    ///   - context: the same for all frames.
    ///   - text: what it adds to the answer.
    ///   - out: the bytes that are appended to.
    private mutating func beginObject(
        _ place: EventBlocks.Place,
        _ frame: Frame,
        _ context: FrameContext,
        _ text: Span<UInt8> = Span(),
        into out: inout [UInt8]
    ) {
        blocks.begin(nil, place, frame, context, into: &out)
        if headContext !== context {
            headContext = context
            head.removeAll(keepingCapacity: true)
            head.append(literal: "data: {")
            OpenAICompletion.appendHead("chat.completion.chunk", context, model, into: &head)
        }
        out.append(contentsOf: head)
        if context.repeatsContent {
            out.append(literal: ",\"content\":")
            JSONText.appendString(text, into: &out)
        }
    }

    private mutating func beginDelta(
        _ place: EventBlocks.Place,
        _ frame: Frame,
        _ context: FrameContext,
        _ text: Span<UInt8> = Span(),
        into out: inout [UInt8]
    ) {
        beginObject(place, frame, context, text, into: &out)
        out.append(literal: ",\"choices\":[{\"index\":0,\"delta\":{")
    }

    private func endDelta(
        _ finishReason: StaticString?,
        of finish: Span<UInt8> = Span(),
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        guard let finishReason else {
            return out.append(
                literal: context.wantsUsage
                    ? "},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n"
                    : "},\"logprobs\":null,\"finish_reason\":null}]}\n\n"
            )
        }
        out.append(literal: "},\"logprobs\":null,\"finish_reason\":\"")
        out.append(literal: finishReason)
        out.append(UInt8(ascii: "\""))
        Payload.appendNativeReason(of: finish, into: &out)
        out.append(literal: context.wantsUsage ? "}],\"usage\":null}\n\n" : "}]}\n\n")
    }
}
