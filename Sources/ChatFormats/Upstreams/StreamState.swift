/// What a stream has said so far beside its text: written by the protocols' readers, asked by
/// `StreamDecoder`.
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
    /// The number that the next tool call without one gets.
    var nextToolIndex = 0
    /// The strings that this event has added to the log: how many, and of the last one what it is
    /// and where its opening quote stands.
    var added = (count: 0, kind: EntryKind.text, position: 0)
    /// Anthropic only: which content block became which tool call, by the blocks' numbers.
    var toolBlocks: [Int: Int] = [:]
    /// Anthropic only: the counts that its two usage events share between them.
    var anthropicUsage = AnthropicUsage()

    /// Notes that the event does not have the protocol's shape; the first complaint stays.
    mutating func reject(_ what: String) {
        if failure == nil { failure = .malformed(what) }
    }

    /// Notes the vendor's own word for the end; the first one stays.
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
