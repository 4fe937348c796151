/// What a stream has said so far beside its text: the protocols' readers write it, and
/// `StreamDecoder` reads it.
struct StreamState {
    /// The model that answers, in the upstream's words; the first event that names one.
    var model: String?
    /// The newest count of tokens: vendors that repeat it count from the beginning each time.
    var usage: Usage?
    /// Why the answer ended, once the upstream has said so.
    var finish: (reason: String, ending: Ending)?
    /// Whether nothing more will come: `[DONE]` or `message_stop`.
    var isDone = false
    /// OpenAI only: whether any part of the answer has come.
    var hasAnswer = false
    /// What went wrong in this event beside its syntax.
    var failure: StreamError?
    /// The number for the next tool call that comes without one.
    var nextToolIndex = 0
    /// The strings that this event has added to the log: how many, and the kind of the last one and
    /// the position of its opening quote.
    var added = (count: 0, kind: EntryKind.text, position: 0)
    /// Anthropic only: which content block became which tool call, by the blocks' numbers.
    var toolBlocks: [Int: Int] = [:]
    /// Anthropic only: the counts, which two usage events share.
    var anthropicUsage = AnthropicUsage()

    /// Notes that the event does not have the protocol's shape; the first complaint stays.
    mutating func reject(_ what: String) {
        if failure == nil { failure = .malformed(what) }
    }

    /// Notes the vendor's reason for the end; the first one stays.
    mutating func finished(_ word: String) {
        switch FinishReason(word) {
        case .ended(let reason, let ending):
            guard finish == nil else { return }
            // Gemini says stop where it waits for the results of tools.
            let waits = ending == .complete && reason == "stop" && nextToolIndex > 0
            finish = waits ? ("tool_calls", .toolCalls) : (reason, ending)
        case .failed(let word):
            guard failure == nil else { return }
            let message = "the upstream ended the answer with the reason \"\(word)\""
            failure = .vendor(type: word, message: message, code: nil, overloaded: false)
        }
    }
}
