import Wire

/// How entries are written for a client; the raw values are those of `?format=`.
package enum Dialect: String, Sendable, CaseIterable {
    /// Named events with raw text: what an `EventSource` page listens to.
    case events
    /// Unnamed events with raw text, for pages that only have `onmessage`.
    case text
    /// `newToken` events with raw text and an `end` event.
    case tokens
    /// Unnamed events with `{"content"}`, for pages that read with `fetch`.
    case content
    /// OpenAI's chat completion chunks.
    case openai

    /// Whether its events have names, which only readers of the whole format tell apart.
    package var namesEvents: Bool {
        switch self {
        case .events, .tokens: true
        case .text, .content, .openai: false
        }
    }

    /// Appends what this dialect says for entry `n` of the log, which may be nothing.
    ///
    /// The last block of the frame carries the id `<generation>.<n>`, so a client that lost the
    /// connection within a frame gets the whole frame again. The retry time goes into the first
    /// block; once a frame was written, the caller passes a context without it.
    package func appendFrame(
        _ n: Int,
        of log: borrowing EntryLog,
        context: FrameContext,
        into out: inout [UInt8]
    ) {
        let bytes = log.bytes
        let payload = bytes.span.extracting(log.range(n))
        let kind = log.kind(n)
        let usage = kind == .finish ? log.usageRange : nil
        let frame = Frame(kind: kind, number: n, usage: usage)
        switch self {
        case .events: EventsDialect.append(frame, payload, of: bytes, context, into: &out)
        case .text: TextDialect.append(frame, payload, of: bytes, context, into: &out)
        case .tokens: TokensDialect.append(frame, payload, of: bytes, context, into: &out)
        case .content: ContentDialect.append(frame, payload, context, into: &out)
        case .openai: OpenAIDialect.append(frame, payload, of: bytes, context, into: &out)
        }
    }
}

extension Dialect {
    /// Appends what keeps a silent stream alive; it is no entry and has no id.
    ///
    /// A comment with one line end: after a second one, clients that remember an id would see an
    /// empty event. A page that takes whatever stands before an empty line for `data:` and its
    /// value would take the comment for a part of that, so it gets data that adds nothing.
    package func appendSilence(_ context: FrameContext, into out: inout [UInt8]) {
        switch self {
        case .text where !context.hasIDs: out.append(literal: "data: \n\n")
        case .content where !context.hasIDs: out.append(literal: "data: {\"content\":\"\"}\n\n")
        case .openai where !context.hasIDs && context.repeatsContent:
            OpenAIDialect.appendSilence(context, into: &out)
        case .events, .text, .tokens, .content, .openai: out.append(literal: ": keep-alive\n")
        }
    }

    /// Appends the whole text so far, which takes the place of what the client has; only `events`
    /// has words for it.
    ///
    /// - Parameters:
    ///   - n: the number of the entry that is all of it; nil where there is none.
    ///   - log: whose last entry the client gets next.
    ///   - context: of all frames.
    ///   - out: what it is appended to.
    package func appendRestored(
        _ n: Int?,
        of log: borrowing EntryLog,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        guard self == .events else { return }
        let frame = Frame(kind: .text, number: log.count - 2, usage: nil)
        Block.begin("restored", .only, frame, context, into: &out)
        out.append(literal: "data: {\"content\":\"")
        if let n {
            let bytes = log.bytes
            let range = log.range(n)
            // Room for some escapes: growing would copy it.
            out.reserveCapacity(out.count + 512 + range.count + range.count / 8)
            JSONText.appendEscaped(bytes.span.extracting(range), into: &out)
        }
        out.append(literal: "\"}\n\n")
    }
}

/// What a frame says beside its entry.
package struct FrameContext: Sendable {
    /// The generation's id, the first half of each event's id.
    package let generation: String
    /// The id line of each event up to its number; the same for all, so it is written once.
    let idPrefix: [UInt8]
    /// The model that answers, as the client is to see it.
    package var model: String
    /// When the generation began, in seconds since 1970.
    package var created: Int
    /// What the answer cost, where the log has no usage entry for it.
    package var usage: Usage?
    /// Whether an OpenAI client asked for the usage chunk.
    package var wantsUsage: Bool
    /// How long a browser is to wait before it comes back; only until it was written once.
    package var retryMilliseconds: Int?
    /// Whether blocks carry ids.
    ///
    /// Not for pages that read with `fetch` and take whatever stands before an empty line for
    /// `data:` and its value; they cannot come back with an id either.
    package let hasIDs: Bool
    /// Whether OpenAI's objects say their text as `content` beside `choices` too.
    ///
    /// For pages that name no model, as OpenAI's own clients must, and read nothing but `content`.
    package let repeatsContent: Bool

    /// Makes a context.
    package init(
        generation: String,
        model: String,
        created: Int,
        usage: Usage? = nil,
        wantsUsage: Bool = false,
        retryMilliseconds: Int? = nil,
        hasIDs: Bool = true,
        repeatsContent: Bool = false,
        idMark: String = ""
    ) {
        self.generation = generation
        idPrefix = hasIDs ? Array("id: \(generation).\(idMark)".utf8) : []
        self.model = model
        self.created = created
        self.usage = usage
        self.wantsUsage = wantsUsage
        self.retryMilliseconds = retryMilliseconds
        self.hasIDs = hasIDs
        self.repeatsContent = repeatsContent
    }
}

/// The entry that a frame is written for, without its payload.
struct Frame {
    let kind: EntryKind
    let number: Int
    /// Where in the log's bytes the usage lies, once there is any.
    let usage: Range<Int>?
}
