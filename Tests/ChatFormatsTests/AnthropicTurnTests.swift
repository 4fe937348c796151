import ChatFormats
import Testing
import Wire

/// Writes a conversation, given as the inside of its array, for Anthropic, and has it checked.
private func body(_ messages: String, _ more: String = "") throws -> String {
    let bytes = Array(#"{"messages":[\#(messages)]\#(more)}"#.utf8)
    let request = try ChatRequest(openAIBody: bytes.span)
    let text = try written { (out) throws(ChatRequestError) in
        try Provider.anthropic.writeBody(request, model: "m", into: &out)
    }
    #expect(AnthropicRules.complaints(about: text) == [])
    return text
}

private let user = #"{"role":"user","content":"hi"}"#

/// An assistant's turn that calls `f`, and the result.
private func round(_ id: String, _ more: String = "", _ arguments: String = "{}") -> String {
    let call =
        #"{"id":"\#(id)","type":"function","function":{"name":"f","arguments":"\#(arguments)"}}"#
    return
        #"{"role":"assistant","content":null,"tool_calls":[\#(call)]\#(more)},{"role":"tool","tool_call_id":"\#(id)","content":"r"}"#
}

private func use(_ id: String, _ input: String = "{}") -> String {
    #"{"type":"tool_use","id":"\#(id)","name":"f","input":\#(input)}"#
}

private func result(_ id: String) -> String {
    #"{"type":"tool_result","tool_use_id":"\#(id)","content":"r"}"#
}

private let missing = #","content":"(no result)","is_error":true}"#

@Suite struct `Turns at Anthropic` {
    @Test(arguments: [
        // Blank texts.
        (
            #"\#(user),{"role":"assistant","content":" \n"},{"role":"user","content":"ho"}"#,
            #"\#(user),{"role":"user","content":"ho"}"#
        ),
        (
            #"{"role":"user","content":[{"type":"text","text":" "},{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"\t"}]},\#(user)"#,
            #"{"role":"user","content":"a"},\#(user)"#
        ),
        (
            #"\#(user),{"role":"assistant","content":"so far \n"}"#,
            #"\#(user),{"role":"assistant","content":"so far"}"#
        ),
        // Files.
        (
            #"{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,aGk="}}]}"#,
            #"{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"aGk="},"title":"a.pdf"}]}"#
        ),
        (
            #"{"role":"user","content":[{"type":"file","file":{"file_data":"https://h/a.pdf"},"cache_control":{"type":"ephemeral"}}]}"#,
            #"{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://h/a.pdf"},"cache_control":{"type":"ephemeral"}}]}"#
        ),
        (
            #"{"role":"user","content":[{"type":"file","file":{"file_data":"data:image/png;base64,aGk="}},{"type":"image_url","image_url":{"url":"data:image/jpg;base64,aGk="},"cache_control":{"type":"ephemeral"}}]}"#,
            #"{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"aGk="},"cache_control":{"type":"ephemeral"}}]}"#
        ),
        (
            #"{"role":"user","content":"a","cache_control":{"type":"ephemeral"}}"#,
            #"{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}"#
        ),
    ])
    func `what is said goes in blocks that Anthropic takes`(given: String, sent: String) throws {
        #expect(try body(given).contains(#""messages":[\#(sent)],"#))
    }

    @Test(arguments: [
        // Ids of other vendors, and ids that come twice.
        (
            "\(round("functions.f:0")),\(round("functions.f:0"))",
            #"{"role":"assistant","content":[\#(use("functions_2ef_3a0"))]},{"role":"user","content":[\#(result("functions_2ef_3a0"))]},{"role":"assistant","content":[\#(use("functions_2ef_3a0-2"))]},{"role":"user","content":[\#(result("functions_2ef_3a0-2"))]}"#
        ),
        // Arguments that are no object.
        (
            round("t", "", #"{\"x\":"#),
            #"{"role":"assistant","content":[\#(use("t", #"{"arguments":"{\"x\":"}"#))]},{"role":"user","content":[\#(result("t"))]}"#
        ),
        // A round that was cut, in the middle and at the end.
        (
            #"{"role":"assistant","tool_calls":[{"id":"t","function":{"name":"f","arguments":""}}]},\#(user)"#,
            #"{"role":"assistant","content":[\#(use("t"))]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"\#(missing)]},\#(user)"#
        ),
        (
            #"\#(user),{"role":"assistant","tool_calls":[{"id":"t","function":{"name":"f","arguments":""}},{"id":"u","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"u","content":"r"}"#,
            #"\#(user),{"role":"assistant","content":[\#(use("t")),\#(use("u"))]},{"role":"user","content":[\#(result("u")),{"type":"tool_result","tool_use_id":"t"\#(missing)]}"#
        ),
        // A result whose call is not there.
        (
            #"{"role":"tool","tool_call_id":"x","content":"12 °C"},\#(user)"#,
            #"{"role":"user","content":"12 °C"},\#(user)"#
        ),
        // A result after the next question, and one that comes twice.
        (
            #"{"role":"assistant","tool_calls":[{"id":"t","function":{"name":"f","arguments":{}}}]},\#(user),{"role":"tool","tool_call_id":"t","content":"r"},{"role":"tool","tool_call_id":"t","content":"again"}"#,
            #"{"role":"assistant","content":[\#(use("t"))]},{"role":"user","content":[\#(result("t"))]},\#(user),{"role":"user","content":"again"}"#
        ),
        // Calls of one turn in two messages.
        (
            #"{"role":"assistant","tool_calls":[{"id":"t","function":{"name":"f"}}]},{"role":"assistant","tool_calls":[{"id":"u","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"t","content":"r"},{"role":"tool","tool_call_id":"u","content":"r"}"#,
            #"{"role":"assistant","content":[\#(use("t")),\#(use("u"))]},{"role":"user","content":[\#(result("t")),\#(result("u"))]}"#
        ),
        // Results with images, without content, and with the mark for the cache.
        (
            #"{"role":"assistant","tool_calls":[{"id":"t","function":{"name":"f"}},{"id":"u","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"t","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]},{"role":"tool","tool_call_id":"u","content":"","cache_control":{"type":"ephemeral"}}"#,
            #"{"role":"assistant","content":[\#(use("t")),\#(use("u"))]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"see"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]},{"type":"tool_result","tool_use_id":"u","cache_control":{"type":"ephemeral"}}]}"#
        ),
        // Anthropic's own form.
        (
            #"{"role":"assistant","content":[{"type":"tool_use","id":"a:1","name":"f","input":{}}]},{"role":"user","content":[{"type":"text","text":"hi"},{"type":"tool_result","tool_use_id":"a:1","content":"r"}]}"#,
            #"{"role":"assistant","content":[\#(use("a_3a1"))]},{"role":"user","content":[\#(result("a_3a1"))]},\#(user)"#
        ),
    ])
    func `rounds of tool calls are whole`(given: String, sent: String) throws {
        let text = try body(given, #","tools":[{"name":"f","input_schema":{"type":"object"}}]"#)
        #expect(text.contains(#""messages":[\#(sent)],"#))
    }

    @Test func `tools that were called are declared where the client declares none`() throws {
        let text = try body(round("t"))
        #expect(
            text.hasSuffix(
                #""tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"none"}}"#
            )
        )
    }

    @Test func `results of the old form belong to the last call of their function`() throws {
        func message(_ text: String) throws -> ChatRequest.Message {
            let json = try JSON.parse(Array(text.utf8).span)
            let isAssistant = json["role"] == .string("assistant")
            return .init(
                role: isAssistant ? .assistant : .tool,
                text: json["content"]?.stringValue ?? "",
                original: json
            )
        }
        let request = ChatRequest(messages: [
            .init(role: .user, text: "hi"),
            try message(
                #"{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}}"#
            ),
            try message(#"{"role":"function","name":"f","content":"r"}"#),
        ])
        let text = try written { (out) throws(ChatRequestError) in
            try Provider.anthropic.writeBody(request, model: "m", into: &out)
        }
        #expect(AnthropicRules.complaints(about: text) == [])
        #expect(text.contains("[\(use("function_call"))]},"))
        #expect(text.contains("[\(result("function_call"))]}"))
    }

    @Test(arguments: [
        (
            #"{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}"#,
            "messages[0].content[0].file.file_id"
        ),
        (
            #"{"role":"user","content":[{"type":"file","file":{"file_data":"data:text/csv;base64,aGk="}}]}"#,
            "messages[0].content[0].file.file_data"
        ),
        (
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/svg+xml,a"}}]}"#,
            "messages[0].content[0].image_url.url"
        ),
        (#"\#(user),{"role":"assistant","audio":{"id":"a"}}"#, "messages[1].audio"),
        (
            #"\#(user),{"role":"assistant","tool_calls":[{"id":"c","type":"custom","custom":{"name":"x","input":"y"}}]}"#,
            "messages[1].tool_calls[0]"
        ),
        (#"{"role":"assistant","content":" "}"#, "messages"),
    ])
    func `what can't be carried is refused by name`(messages: String, field: String) {
        let error = #expect(throws: ChatRequestError.self) { try body(messages) }
        #expect(error?.field == field)
    }
}

@Suite struct `What Claude thought before a call` {
    private static let thinking = #"{"type":"thinking","thinking":"T","signature":"S"}"#
    private static let effort =
        #","reasoning_effort":"low","tools":[{"name":"f","input_schema":{"type":"object"}}]"#

    @Test(arguments: [
        #","thinking_blocks":[{"type":"thinking","thinking":"T","signature":"S"}]"#,
        #","reasoning_content":"T","thinking_blocks":[{"type":"thinking","thinking":"","signature":"S"}]"#,
        #","thinking_blocks":[{"type":"thinking","thinking":"T","signature":"S","index":0}]"#,
        #","reasoning_details":[{"type":"reasoning.text","text":"T","signature":"S","format":"anthropic-claude-v1","index":0}]"#,
        #","reasoning":"T","reasoning_details":[{"type":"reasoning.text","text":"","signature":"S"}]"#,
    ])
    func `goes back with its signature, by whichever name`(members: String) throws {
        let text = try body("\(user),\(round("t", members))", Self.effort)
        #expect(text.contains(#"{"role":"assistant","content":[\#(Self.thinking),\#(use("t"))]}"#))
        #expect(text.contains(#""thinking":{"type":"enabled""#))
    }

    @Test func `goes back where it is hidden`() throws {
        let members =
            #","thinking_blocks":[{"type":"redacted_thinking","data":"D"},{"type":"thinking","thinking":"","signature":"S"}]"#
        let text = try body("\(user),\(round("t", members))", Self.effort)
        #expect(
            text.contains(
                #"[{"type":"redacted_thinking","data":"D"},{"type":"thinking","thinking":"","signature":"S"},\#(use("t"))]"#
            )
        )
    }

    @Test(arguments: [
        "", #","reasoning_content":"T""#,
        #","thinking_blocks":[{"type":"thinking","thinking":"T"}]"#,
        #","reasoning_details":[{"type":"reasoning.encrypted","data":"D","format":"openai-responses-v1"}]"#,
        #","reasoning_content":"TT","thinking_blocks":[{"type":"thinking","thinking":"","signature":"S"},{"type":"thinking","thinking":"","signature":"S2"}]"#,
        #","reasoning_content":"TT","thinking_blocks":[{"type":"thinking","thinking":"","signature":"S"},{"type":"thinking","thinking":"","signature":""}]"#,
    ])
    func `without a signature it stays here, and nothing is thought in that round`(
        members: String
    )
        throws
    {
        let text = try body("\(user),\(round("t", members))", Self.effort)
        #expect(text.contains(#"{"role":"assistant","content":[\#(use("t"))]}"#))
        #expect(!text.contains("thinking"))
        // The next question is another round.
        let later = try body("\(user),\(round("t", members)),\(user)", Self.effort)
        #expect(!later.contains("thinking"))
        let answered = #"{"role":"assistant","content":"so"}"#
        let after = try body(
            "\(user),\(round("t", members)),\(answered),\(user)",
            Self.effort
        )
        #expect(after.contains(#""thinking":{"type":"enabled""#))
    }

    @Test func `an unsigned block among the parts stays here`() throws {
        let text = try body(
            #"\#(user),{"role":"assistant","content":[{"type":"thinking","thinking":"x"},\#(Self.thinking),{"type":"text","text":"so"}]},\#(user)"#
        )
        #expect(
            text.contains(#""content":[\#(Self.thinking),{"type":"text","text":"so"}]"#)
        )
    }
}
