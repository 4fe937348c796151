/// What one numbered thing in a generation's log is.
///
/// `finish` and `failure` are terminal: exactly one of them is the last entry of an ended log.
/// The raw values are written to the journal and never change their meaning.
package enum EntryKind: UInt8, Sendable, CaseIterable {
    /// JSON with the generation's id, the model and the second it began.
    case start = 0
    /// UTF-8 text of the answer.
    case text = 1
    /// UTF-8 text of what the model thought before it answered.
    case reasoning = 2
    /// JSON of one piece of a tool call, in the shape of OpenAI's `delta.tool_calls[n]`.
    case toolCall = 3
    /// UTF-8 text in which the model declines.
    case refusal = 4
    /// JSON with what the answer cost in tokens.
    case usage = 5
    /// JSON that says the answer is whole, and why it ends here.
    case finish = 6
    /// JSON that says the answer is not whole, and why.
    case failure = 7
    /// JSON that an upstream sent and that no other kind holds: an object whose members `chunk`,
    /// `choice`, `delta` and `choices` have what was there.
    case members = 8
    /// What came before is void, and the answer begins anew.
    ///
    /// Reserved: a record leaves out what is void.
    case restart = 9

    /// Whether an entry of this kind ends the log.
    package var isTerminal: Bool {
        self == .finish || self == .failure
    }
}

/// How a generation ended, in the words that clients and the history file see.
package enum Ending: String, Sendable, CaseIterable {
    /// The model said all it had to say.
    case complete
    /// The limit on tokens cut the answer.
    case length
    /// The vendor's filter or the model's refusal cut the answer.
    case filtered
    /// The model waits for the results of tools.
    case toolCalls = "tool_calls"
    /// The user pressed Stop.
    case stopped
    /// Nobody came back to read.
    case abandoned
    /// The process died or was asked to stop.
    case interrupted
    /// The upstream said that it failed.
    case upstreamError = "upstream_error"
    /// The upstream closed without saying that it was done.
    case truncated
    /// One of the clocks ran out.
    case timeout

    /// Whether a `finish` entry carries this ending; `failure` carries the others.
    package var isFinish: Bool {
        switch self {
        case .complete, .length, .filtered, .toolCalls, .stopped: true
        case .abandoned, .interrupted, .upstreamError, .truncated, .timeout: false
        }
    }

    /// The error message that OpenAI's clients get for a stopped answer.
    package static let stoppedMessage: StaticString = "the answer was stopped before its end"

    /// The `finish_reason` for this ending, one of those that OpenAI's clients know.
    ///
    /// Their enumerations are closed, so a vendor's unknown word never goes to them.
    package var openAIFinishReason: StaticString {
        switch self {
        case .length: "length"
        case .filtered: "content_filter"
        case .toolCalls: "tool_calls"
        case .complete, .stopped, .abandoned, .interrupted, .upstreamError, .truncated, .timeout:
            "stop"
        }
    }
}
