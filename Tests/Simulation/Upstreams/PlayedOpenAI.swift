import ChatFormats
import Wire

/// What OpenAI's protocol sends, event by event.
enum PlayedOpenAI {
    /// Appends the event that begins an answer and says nothing of it.
    static func appendOpening(_ model: String, into out: inout [UInt8]) {
        append(model, delta: #""role":"assistant","content":"""#, into: &out)
    }

    /// Appends a word of the answer, or a thought.
    static func appendWord(
        _ word: String,
        isThought: Bool,
        _ model: String,
        into out: inout [UInt8]
    ) {
        var delta: [UInt8] = []
        delta.append(literal: isThought ? #""reasoning_content":"# : #""content":"#)
        JSONText.appendString(word, into: &delta)
        append(model, delta: String(decoding: delta, as: UTF8.self), into: &out)
    }

    /// Appends the reason for the end.
    static func appendFinish(_ ending: Ending, _ model: String, into out: inout [UInt8]) {
        append(model, delta: "", reason: #""\#(ending.openAIFinishReason)""#, into: &out)
    }

    /// Appends the counts.
    static func appendUsage(_ tokens: Int, _ model: String, into out: inout [UInt8]) {
        let usage =
            #""prompt_tokens":9,"completion_tokens":\#(tokens),"total_tokens":\#(tokens + 9)"#
        let text = #"data: {\#(head(model)),"choices":[],"usage":{\#(usage)}}"#
        out += Array("\(text)\n\n".utf8)
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

    private static func head(_ model: String) -> String {
        var name: [UInt8] = []
        JSONText.appendString(model, into: &name)
        let quoted = String(decoding: name, as: UTF8.self)
        return #""id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":\#(quoted)"#
    }

    private static func append(
        _ model: String,
        delta: String,
        reason: String = "null",
        into out: inout [UInt8]
    ) {
        let choice = #"{"index":0,"delta":{\#(delta)},"logprobs":null,"finish_reason":\#(reason)}"#
        out += Array("data: {\(head(model)),\"choices\":[\(choice)]}\n\n".utf8)
    }
}
