import ChatFormats
import Wire

/// What Anthropic's protocol sends, event by event.
enum PlayedAnthropic {
    /// Appends the events that begin a message and say nothing of it.
    static func appendOpening(_ model: String, into out: inout [UInt8]) {
        var name: [UInt8] = []
        JSONText.appendString(model, into: &name)
        let quoted = String(decoding: name, as: UTF8.self)
        let message =
            #""id":"msg_1","type":"message","role":"assistant","model":\#(quoted),"content":[],"#
            + #""stop_reason":null,"stop_sequence":null,"#
            + #""usage":{"input_tokens":9,"output_tokens":1}"#
        append("message_start", #""message":{\#(message)}"#, into: &out)
        append("ping", nil, into: &out)
    }

    /// Appends the beginning of a block of text, or of thoughts.
    static func appendBlock(_ index: Int, isThought: Bool, into out: inout [UInt8]) {
        let block =
            isThought
            ? #"{"type":"thinking","thinking":"","signature":""}"# : #"{"type":"text","text":""}"#
        append("content_block_start", #""index":\#(index),"content_block":\#(block)"#, into: &out)
    }

    /// Appends a word of the block.
    static func appendWord(
        _ word: String,
        _ index: Int,
        isThought: Bool,
        into out: inout [UInt8]
    ) {
        out.append(literal: "event: content_block_delta\n")
        out.append(literal: #"data: {"type":"content_block_delta","index":"#)
        out.append(decimal: index)
        out.append(
            literal: isThought
                ? #","delta":{"type":"thinking_delta","thinking":"#
                : #","delta":{"type":"text_delta","text":"#
        )
        JSONText.appendString(word, into: &out)
        out.append(literal: "}}\n\n")
    }

    /// Appends the end of a block.
    static func appendBlockEnd(_ index: Int, into out: inout [UInt8]) {
        append("content_block_stop", #""index":\#(index)"#, into: &out)
    }

    /// Appends the reason for the end, and the count of tokens if there is one.
    static func appendFinish(_ ending: Ending, tokens: Int?, into out: inout [UInt8]) {
        let reason = ending == .length ? "max_tokens" : "end_turn"
        let usage = tokens.map { #","usage":{"output_tokens":\#($0)}"# } ?? ""
        append(
            "message_delta",
            #""delta":{"stop_reason":"\#(reason)","stop_sequence":null}\#(usage)"#,
            into: &out
        )
    }

    /// Appends the mark of the end.
    static func appendMark(into out: inout [UInt8]) { append("message_stop", nil, into: &out) }

    /// Appends an error in the place of an event.
    static func appendError(_ type: String, into out: inout [UInt8]) {
        out += Array("event: error\ndata: \(error(type))\n\n".utf8)
    }

    /// The body of a refusal.
    static func error(_ type: String) -> String {
        #"{"type":"error","error":{"type":"\#(type)","message":"The weather is bad."}}"#
    }

    private static func append(_ type: String, _ members: String?, into out: inout [UInt8]) {
        let rest = members.map { ",\($0)" } ?? ""
        out += Array("event: \(type)\ndata: {\"type\":\"\(type)\"\(rest)}\n\n".utf8)
    }
}
