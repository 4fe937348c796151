import ChatFormats
import Testing
import Wire

/// Reads a relay body, and throws the message where it is refused.
private func read(_ body: String) throws(ChatRequestError) -> ChatRequest {
    let bytes = Array(body.utf8)
    return try ChatRequest(relayBody: bytes.span)
}

@Suite struct `Relay bodies` {
    @Test(arguments: [
        #"{"message":"hi"}"#, #"{"prompt":"hi"}"#, #" {"prompt":"hi","message":null} "#,
    ])
    func `a message and a prompt are one user's turn`(body: String) throws {
        var expected = ChatRequest(messages: [.init(role: .user, text: "hi")])
        expected.stream = true
        #expect(try read(body) == expected)
    }

    @Test func `every field is read`() throws {
        let request = try read(
            #"""
            {"messages":[{"role":"developer","content":"d"},{"role":"user","content":"hi"}],
             "system":"s","model":"m","temperature":0.70,"top_p":1e-1,"max_tokens":5,"stop":["a","b"],
             "conversation":"c-1","user":"u","id":"i","stream":true,"format":"text",
             "on_disconnect":"grace:30s","smooth":50,"extra":{"seed":7,"logit_bias":{"1":-100}}}
            """#
        )
        #expect(request.messages.map(\.role) == [.developer, .user])
        #expect(request.messages.map(\.text) == ["d", "hi"])
        #expect(request.messages.allSatisfy { $0.original == nil })
        #expect(request.system == "s" && request.model == "m")
        #expect(request.temperature == "0.70" && request.topP == "1e-1")
        #expect(request.maxTokens == 5 && request.stop == ["a", "b"])
        #expect(request.conversation == "c-1" && request.user == "u" && request.id == "i")
        #expect(request.format == "text" && request.onDisconnect == "grace:30s")
        #expect(request.smooth == "50")
        #expect(request.extra.map(\.key) == ["seed", "logit_bias"])
    }

    @Test func `a null field counts as absent`() throws {
        let request = try read(
            #"{"message":"hi","model":null,"temperature":null,"stop":null,"extra":null,"stream":null}"#
        )
        #expect(request == ChatRequest(messages: [.init(role: .user, text: "hi")]))
    }

    @Test(arguments: [
        ("", "the request body is not valid JSON: the text ends too early, at byte 0"),
        (
            #"{"message":"hi",}"#,
            "the request body is not valid JSON: expected a member name in quotes at byte 16"
        ),
        ("message=hi", "the request body is not valid JSON: expected a value at byte 0"),
        (
            #"{"message":"a","message":"b"}"#,
            #"the request body is not valid JSON: the member "message" comes twice, at byte 15"#
        ),
        ("[]", "body: expected a JSON object, found an empty array"),
        (#""hi""#, #"body: expected a JSON object, found "hi""#),
        ("{}", "no prompt: give one of message, prompt or messages"),
        (#"{"message":null}"#, "no prompt: give one of message, prompt or messages"),
        (#"{"message":7}"#, "message: expected a string, found 7"),
        (
            #"{"message":"a\#(String(repeating: "\u{301}", count: 257))"}"#,
            "the request body has more than 256 combining marks in a row in the string at byte 11"
        ),
        (
            #"{"extra":{"a":[\#(String(repeating: "0,", count: 500_000))0]}}"#,
            "the request body has more than 500000 values, at byte 1000009"
        ),
        (#"{"message":""}"#, "message is empty: a prompt needs some text"),
        (#"{"prompt":" \n\t"}"#, "prompt is empty: a prompt needs some text"),
        (
            #"{"message":"a","prompt":"b"}"#,
            "message and prompt exclude each other: give one of them"
        ),
        (
            #"{"messages":[{"role":"user","content":"a"}],"message":"b"}"#,
            "messages and message exclude each other: give one of them"
        ),
        (
            #"{"message":"a","temperature":"hot"}"#,
            #"temperature: expected a number, found "hot""#
        ),
        (
            #"{"message":"a","max_tokens":1.5}"#,
            "max_tokens: expected a whole number, found 1.5"
        ),
        (
            #"{"message":"a","max_tokens":true}"#,
            "max_tokens: expected a whole number, found true"
        ),
        (
            #"{"message":"a","stop":7}"#,
            "stop: expected a string or an array of strings, found 7"
        ),
        (#"{"message":"a","stop":["1",2]}"#, "stop[1]: expected a string, found 2"),
        (#"{"message":"a","model":{}}"#, "model: expected a string, found an empty object"),
        (
            #"{"message":"a","model":""}"#,
            "model: expected a name without control characters, found an empty string"
        ),
        (
            #"{"message":"a","user":"x\ny"}"#,
            "user: expected a name without control characters, found a string"
        ),
        (#"{"message":"a","system":["x"]}"#, "system: expected a string, found an array"),
        (
            #"{"message":"a","stream":false}"#,
            "stream: expected true (/v1/chat/completions answers without a stream), found false"
        ),
        (#"{"message":"a","stream":"yes"}"#, #"stream: expected true or false, found "yes""#),
        (#"{"message":"a","extra":[]}"#, "extra: expected an object, found an empty array"),
        (
            #"{"message":"a","extra":{"model":"x"}}"#,
            "extra.model is written by the relay and can't be overridden"
        ),
        (
            #"{"message":"a","extra":{"stream":false}}"#,
            "extra.stream is written by the relay and can't be overridden"
        ),
        (
            #"{"message":"a","temprature":1}"#,
            #"unknown field "temprature": what is meant for the model's server goes under extra"#
        ),
    ])
    func `a bad body gets an error that names the field`(body: String, message: String) {
        let error = #expect(throws: ChatRequestError.self) { try read(body) }
        #expect(error?.message == message)
    }

    @Test func `which values are valid is the upstream's to say`() throws {
        let request = try read(
            #"""
            {"message":"a","temperature":2.50,"top_p":-1,"max_tokens":-1,
             "stop":["1","2","3","4","5",""]}
            """#
        )
        #expect(request.temperature == "2.50" && request.topP == "-1")
        #expect(request.maxTokens == -1 && request.stop.count == 6)
    }

    @Test func `an identifier has a limit`() {
        let long = String(repeating: "x", count: 257)
        let error = #expect(throws: ChatRequestError.self) {
            try read(#"{"message":"a","conversation":"\#(long)"}"#)
        }
        #expect(error?.message == "conversation: expected at most 256 bytes, found 257 bytes")
        #expect(error?.field == "conversation")
    }
}

@Suite struct `Messages` {
    private func messages(_ list: String) throws(ChatRequestError) -> [ChatRequest.Message] {
        try read(#"{"messages":\#(list)}"#).messages
    }

    @Test(arguments: [
        (
            #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#,
            "ab"
        ),
        (#"{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}}]}"#, ""),
        (#"{"role":"user","content":"a","name":"Ann"}"#, "a"),
        (#"{"role":"assistant","content":null,"tool_calls":[{"id":"t"}]}"#, ""),
        (#"{"role":"assistant","tool_calls":[{"id":"t"}]}"#, ""),
        (#"{"role":"assistant","content":null,"refusal":"no"}"#, ""),
        (#"{"role":"tool","tool_call_id":"t","content":"42"}"#, "42"),
    ])
    func `what is more than a role and a text is kept unchanged`(
        message: String,
        text: String
    ) throws {
        let read = try messages("[\(message)]")
        #expect(read[0].text == text)
        #expect(read[0].original == (try json(message)))
    }

    @Test(arguments: [
        (#""hi""#, #"messages: expected an array of messages, found "hi""#),
        ("[]", "messages is empty: a prompt needs some text"),
        ("[7]", "messages[0]: expected an object with role and content, found 7"),
        (
            #"[{"content":"a"}]"#,
            "messages[0].role is missing: expected system, developer, user, assistant or tool"
        ),
        (
            #"[{"role":"user","content":"a"},{"role":"bot","content":"a"}]"#,
            #"messages[1].role: expected system, developer, user, assistant or tool, found "bot""#
        ),
        (
            #"[{"role":7,"content":"a"}]"#,
            "messages[0].role: expected system, developer, user, assistant or tool, found 7"
        ),
        (
            #"[{"role":"user"}]"#,
            "messages[0].content is missing: expected a string or an array of parts"
        ),
        (
            #"[{"role":"user","content":null}]"#,
            "messages[0].content is missing: expected a string or an array of parts"
        ),
        (
            #"[{"role":"assistant","content":null}]"#,
            "messages[0].content is missing: expected a string or an array of parts"
        ),
        (
            #"[{"role":"user","content":7}]"#,
            "messages[0].content: expected a string or an array of parts, found 7"
        ),
        (
            #"[{"role":"user","content":[]}]"#,
            "messages[0].content: expected a string or an array of parts, found an empty array"
        ),
        (
            #"[{"role":"user","content":["a"]}]"#,
            #"messages[0].content[0]: expected an object with a type, found "a""#
        ),
        (
            #"[{"role":"user","content":[{"text":"a"}]}]"#,
            "messages[0].content[0]: expected an object with a type, found none"
        ),
        (
            #"[{"role":"user","content":[{"type":"text"}]}]"#,
            "messages[0].content[0].text is missing: expected a string"
        ),
        (
            #"[{"role":"user","content":[{"type":"text","text":null}]}]"#,
            "messages[0].content[0].text: expected a string, found null"
        ),
        (
            #"[{"role":"user","content":" "}]"#,
            "messages[0].content is empty: a prompt needs some text"
        ),
        (
            #"[{"role":"user","content":[{"type":"text","text":""}]}]"#,
            "messages[0].content is empty: a prompt needs some text"
        ),
        (
            #"[{"role":"tool","content":"a"}]"#,
            "messages[0].tool_call_id is missing: expected a string"
        ),
        (
            #"[{"role":"tool","content":"a","tool_call_id":7}]"#,
            "messages[0].tool_call_id: expected a string, found 7"
        ),
        (
            #"[{"role":"assistant","tool_calls":{}}]"#,
            "messages[0].tool_calls: expected an array of objects, found an empty object"
        ),
    ])
    func `a bad message gets an error that names its place`(list: String, message: String) {
        let error = #expect(throws: ChatRequestError.self) { try messages(list) }
        #expect(error?.message == message)
    }
}
