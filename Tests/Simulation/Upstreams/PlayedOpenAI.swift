import ChatFormats
import Wire

/// What OpenAI's protocol sends, event by event.
struct PlayedOpenAI {
    /// What all chunks begin with, up to the choices.
    private var head: [UInt8] = []

    /// Plays a model.
    init(_ model: String) {
        head.append(literal: #"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","#)
        head.append(literal: #""created":7,"model":"#)
        JSONText.appendString(model, into: &head)
        head.append(literal: #","choices":["#)
    }

    /// Appends the event that begins an answer and says nothing of it.
    func appendOpening(into out: inout [UInt8]) {
        begin(into: &out)
        out.append(literal: #""role":"assistant","content":"""#)
        end(into: &out)
    }

    /// Appends a word of the answer, or a thought.
    func appendWord(_ word: String, isThought: Bool, into out: inout [UInt8]) {
        begin(into: &out)
        out.append(literal: isThought ? #""reasoning_content":"# : #""content":"#)
        JSONText.appendString(word, into: &out)
        end(into: &out)
    }

    /// Appends the reason for the end.
    func appendFinish(_ ending: Ending, into out: inout [UInt8]) {
        begin(into: &out)
        end(reason: ending.openAIFinishReason, into: &out)
    }

    /// Appends the counts.
    func appendUsage(_ tokens: Int, into out: inout [UInt8]) {
        out += head
        out.append(literal: #"],"usage":{"prompt_tokens":9,"completion_tokens":"#)
        out.append(decimal: tokens)
        out.append(literal: #","total_tokens":"#)
        out.append(decimal: tokens + 9)
        out.append(literal: "}}\n\n")
    }

    /// Appends the mark of the end.
    static func appendMark(into out: inout [UInt8]) { out.append(literal: "data: [DONE]\n\n") }

    /// Appends an error in the place of an event.
    static func appendError(_ type: String, into out: inout [UInt8]) {
        out += Array("data: \(error(type))\n\n".utf8)
    }

    /// The body of a refusal.
    static func error(_ type: String) -> String {
        #"{"error":{"message":"The weather is bad.","type":"\#(type)","param":null,"code":null}}"#
    }

    private func begin(into out: inout [UInt8]) {
        out += head
        out.append(literal: #"{"index":0,"delta":{"#)
    }

    private func end(reason: StaticString? = nil, into out: inout [UInt8]) {
        out.append(literal: #"},"logprobs":null,"finish_reason":"#)
        if let reason { JSONText.appendString(reason.description, into: &out) }
        out.append(literal: reason == nil ? "null}]}\n\n" : "}]}\n\n")
    }
}
