import Wire

/// The vendor whose protocol a call uses.
enum Vendor: Sendable {
    case openAI, anthropic
    /// OpenAI's older completions, which continue a text.
    case completions
}

/// What all events of one answer have in common.
struct AnswerFacts: Sendable {
    /// The answer's id, without the vendor's prefix.
    let number: Int
    /// The model's name, without options.
    let model: String
    /// When the answer began.
    ///
    /// In seconds since 1970.
    let created: Int
    /// How many tokens the request had.
    let promptTokens: Int
    /// Whether counts are sent at all.
    let hasUsage: Bool
    /// Whether the request asks for OpenAI's counts.
    let wantsUsage: Bool
    /// The calls of tools with which the answer ends.
    private(set) var toolCalls: [ToolCall] = []
    /// The vendor's word for why it ends, where the model's name gives one.
    private(set) var finishWord: String?
    /// What comes beside its text.
    private(set) var beside: [Beside] = []
    /// Whether a text is continued, instead of a chat.
    var isCompletion = false

    /// The same, with what a plan says of the answer.
    func of(_ plan: AnswerPlan) -> AnswerFacts {
        var facts = self
        facts.toolCalls = plan.toolCalls
        facts.finishWord = plan.behaviour.finishWord
        facts.beside = plan.behaviour.beside
        return facts
    }

    /// Whether the answer has this beside its text.
    func has(_ beside: Beside) -> Bool { self.beside.contains(beside) }

    /// Appends the id of a call, counted from 0.
    func appendCallID(_ prefix: StaticString, _ call: Int, into out: inout [UInt8]) {
        out.append(literal: prefix)
        out.append(literal: "simulator_")
        out.append(decimal: number)
        guard call > 0 else { return }
        out.append(UInt8(ascii: "_"))
        out.append(decimal: call + 1)
    }
}

/// One answer's events, in one vendor's protocol.
///
/// Text comes as start, escaped content and end, so that a line of any length can be sent in parts.
protocol VendorEvents {
    init(_ facts: AnswerFacts, _ framing: EventFraming)
    /// What comes before the first token.
    mutating func appendOpening(into out: inout [UInt8])
    mutating func appendTextStart(into out: inout [UInt8])
    func appendTextEnd(into out: inout [UInt8])
    /// The same after a token, of which some vendors say how likely it was.
    func appendTextEnd(of token: Span<UInt8>, into out: inout [UInt8])
    /// What comes beside the text, after its last token.
    mutating func appendBeside(into out: inout [UInt8])
    mutating func appendReasoningStart(into out: inout [UInt8])
    func appendReasoningEnd(into out: inout [UInt8])
    /// An event that says that the answer failed.
    func appendError(into out: inout [UInt8])
    /// An event that is not JSON.
    func appendBrokenJSON(into out: inout [UInt8])
    /// Why the answer ends, the counts, and the last mark.
    mutating func appendEnding(
        _ finish: Behaviour.Finish,
        tokens: Int,
        reasoningTokens: Int,
        into out: inout [UInt8]
    )
    /// The last mark alone.
    func appendLastMark(into out: inout [UInt8])
}
