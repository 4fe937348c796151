import Wire

/// The vendor whose protocol a call uses.
enum Vendor: Sendable {
    case openAI, anthropic
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

    /// A made-up tool call, for answers that end with one.
    static let toolName: StaticString = "get_weather"
    /// Its arguments, in the pieces in which they are sent, escaped for a JSON string.
    static let toolArguments: [StaticString] = [
        "", #"{\"city\":"#, #" \"Köln\","#, #" \"unit\": \"°C\"}"#,
    ]
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
