import ChatFormats
import Testing
import Wire

/// Reads an OpenAI body and writes it for a provider.
private func rewrite(_ provider: Provider, _ body: String) throws(ChatRequestError) -> String {
    let bytes = Array(body.utf8)
    let request = try ChatRequest(openAIBody: bytes.span)
    return try written { (out) throws(ChatRequestError) in
        try provider.writeBody(request, model: "m", into: &out)
    }
}

/// Writes a conversation, given as the inside of its array, for Anthropic.
private func anthropic(_ messages: String, _ more: String = "") throws(ChatRequestError) -> String {
    try rewrite(.anthropic, #"{"messages":[\#(messages)]\#(more)}"#)
}

@Suite struct `Bodies for OpenAI` {
    @Test func `a place in the queue is no event that anybody comes back to`() {
        var out: [UInt8] = []
        Dialect.events.media.place?(12, &out)
        #expect(String(decoding: out, as: UTF8.self) == "event: queued\ndata: {\"place\":12}\n\n")
        for dialect in Dialect.all where dialect != .events {
            #expect(dialect.media.place == nil)
        }
    }

    @Test func `a relay request has its members in order and extra at the end`() throws {
        let body = Array(
            #"{"message":"h\"i","system":"s","model":"x","temperature":0.70,"top_p":1,"max_tokens":2,"stop":"e","conversation":"c","user":"u","extra":{"seed":1.0}}"#
                .utf8
        )
        let request = try ChatRequest(relayBody: body.span)
        let text = try written { (out) throws(ChatRequestError) in
            try Provider.openAI.writeBody(request, model: "m", into: &out)
        }
        #expect(
            text
                == #"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"h\"i"}],"stream":true,"stream_options":{"include_usage":true},"temperature":0.70,"top_p":1,"max_tokens":2,"stop":["e"],"seed":1.0}"#
        )
    }

    @Test func `messages that hold more than text go unchanged`() throws {
        let messages =
            #"[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}}]},{"role":"assistant","content":null,"tool_calls":[{"id":"t","x":1.50}]},{"role":"tool","tool_call_id":"t","content":"42"}]"#
        #expect(
            try rewrite(.openAI, #"{"messages":\#(messages)}"#)
                == #"{"model":"m","messages":\#(messages),"stream":true,"stream_options":{"include_usage":true}}"#
        )
    }

    @Test(arguments: [
        (
            #"{"include_usage":false,"include_obfuscation":false}"#,
            #","stream_options":{"include_usage":true,"include_obfuscation":false}"#
        ),
        (#"{"include_usage":true}"#, #","stream_options":{"include_usage":true}"#),
        ("null", ""),
    ])
    func `usage is always asked for unless stream_options is null`(
        given: String,
        sent: String
    ) throws {
        let body = #"{"messages":[{"role":"user","content":"a"}],"stream_options":\#(given)}"#
        #expect(
            try rewrite(.openAI, body)
                == #"{"model":"m","messages":[{"role":"user","content":"a"}],"stream":true\#(sent)}"#
        )
    }

    @Test(arguments: Provider.allCases)
    func `extra can't say what the relay says`(provider: Provider) {
        for name in ["model", "messages", "stream", "temperature"] {
            var request = ChatRequest(messages: [.init(role: .user, text: "a")])
            request.temperature = "1"
            request.extra = [.init(key: name, value: .number("1"))]
            let error = #expect(throws: ChatRequestError.self) {
                var out: [UInt8] = []
                try provider.writeBody(request, model: "m", into: &out)
            }
            #expect(
                error?.message == "extra.\(name) is written by the relay and can't be overridden"
            )
        }
    }

    @Test func `a provider knows its path and its headers`() {
        #expect(Provider.openAI.path == "/chat/completions")
        #expect(Provider.anthropic.path == "/v1/messages")
        #expect(
            Provider.openAI.headers(key: "k").map { "\($0): \($1)" } == [
                "content-type: application/json", "accept: text/event-stream",
                "accept-encoding: identity",
                "authorization: Bearer k",
            ]
        )
        #expect(
            Provider.anthropic.headers(key: "k").map { "\($0): \($1)" } == [
                "content-type: application/json", "accept: text/event-stream",
                "accept-encoding: identity",
                "anthropic-version: 2023-06-01", "x-api-key: k",
            ]
        )
        #expect(Provider.openAI.headers(key: nil).count == 3)
    }
}

@Suite struct `Bodies for Anthropic` {
    private static let user = #"{"role":"user","content":"hi"}"#

    @Test func `instructions go apart and the rest keeps its order`() throws {
        #expect(
            try anthropic(
                #"{"role":"system","content":"a"},\#(Self.user),{"role":"developer","content":[{"type":"text","text":"b"}]},{"role":"assistant","content":"yes"},\#(Self.user),\#(Self.user)"#,
                #","temperature":0.5,"top_p":0.9,"stop":["x"],"max_tokens":7"#
            )
                == #"{"model":"m","max_tokens":7,"system":"a\n\nb","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"yes"},{"role":"user","content":"hi"},{"role":"user","content":"hi"}],"stream":true,"temperature":0.5,"top_p":0.9,"stop_sequences":["x"]}"#
        )
    }

    @Test(arguments: [
        ("", #""max_tokens":4096"#),
        (#","max_completion_tokens":9"#, #""max_tokens":9"#),
        (#","max_completion_tokens":9,"max_tokens":8"#, #""max_tokens":8"#),
    ])
    func `max_tokens is always sent`(more: String, member: String) throws {
        let text = try anthropic(Self.user, more)
        #expect(text.contains(member) && !text.contains("max_completion_tokens"))
    }

    @Test(arguments: [
        (
            #"{"role":"user","content":[{"type":"text","text":""},{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}"#,
            #"{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}"#
        ),
        (
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://h/i.png","detail":"low"}}]}"#,
            #"{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://h/i.png"}}]}"#
        ),
        (
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]}"#,
            #"{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]}"#
        ),
        (
            #"{"role":"assistant","content":"so","tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"x\": 1}"}},{"id":"u","function":{"name":"g","arguments":""}}]},{"role":"tool","tool_call_id":"t","content":"1"},{"role":"tool","tool_call_id":"u","content":[{"type":"text","text":"2"}]},{"role":"user","content":"hi"}"#,
            #"{"role":"assistant","content":[{"type":"text","text":"so"},{"type":"tool_use","id":"t","name":"f","input":{"x":1}},{"type":"tool_use","id":"u","name":"g","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"1"},{"type":"tool_result","tool_use_id":"u","content":"2"}]},{"role":"user","content":"hi"}"#
        ),
        (
            #"{"role":"user","content":"hi"},{"role":"assistant","content":""},{"role":"user","content":"ho"}"#,
            #"{"role":"user","content":"hi"},{"role":"user","content":"ho"}"#
        ),
        (
            #"{"role":"assistant","content":null,"refusal":"no"},{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]}"#,
            #"{"role":"assistant","content":"no"},{"role":"assistant","content":"no"}"#
        ),
    ])
    func `turns are put into blocks`(given: String, sent: String) throws {
        #expect(try anthropic(given).contains(#""messages":[\#(sent)],"#))
    }

    @Test func `tools and the choice among them are put into Anthropic's words`() throws {
        let text = try anthropic(
            Self.user,
            #","tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}},{"type":"function","function":{"name":"g"}},{"type":"web_search_20250305","name":"w"}],"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false,"user":"u","top_k":5"#
        )
        #expect(
            text.hasSuffix(
                #""tools":[{"name":"f","description":"d","input_schema":{"type":"object"}},{"name":"g","input_schema":{"type":"object"}},{"type":"web_search_20250305","name":"w"}],"tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},"metadata":{"user_id":"u"},"top_k":5}"#
            )
        )
    }

    @Test(arguments: [
        (#""auto""#, #"{"type":"auto"}"#), (#""required""#, #"{"type":"any"}"#),
        (#""none""#, #"{"type":"none"}"#), (#"{"type":"any"}"#, #"{"type":"any"}"#),
    ])
    func `a choice in one word is put into an object`(given: String, sent: String) throws {
        let text = try anthropic(
            Self.user,
            #","tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":\#(given)"#
        )
        #expect(text.hasSuffix(#","tool_choice":\#(sent)}"#))
    }

    @Test(arguments: [
        (
            #"{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}"#, "",
            #"messages[0].content[0]: a part of type "input_audio" can't be sent over the Anthropic protocol"#
        ),
        (
            #"{"role":"system","content":[{"type":"image_url","image_url":{"url":"u"}}]},\#(user)"#,
            "",
            #"messages[0].content[0]: a part of type "image_url" can't be sent over the Anthropic protocol"#
        ),
        (
            #"{"role":"user","content":[{"type":"image_url"}]}"#, "",
            "messages[0].content[0].image_url.url is missing: expected a string"
        ),
        (
            #"{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}"#, "",
            "messages[0].tool_calls[0].id is missing: expected a string"
        ),
        (
            #"{"role":"assistant","tool_calls":[{"id":"t","function":{}}]}"#, "",
            "messages[0].tool_calls[0].function.name is missing: expected a string"
        ),
        (
            #"{"role":"system","content":"s"}"#, "",
            "messages is missing: expected a message of the user for the Anthropic protocol"
        ),
        (user, #","tools":{}"#, "tools: expected an array, found an empty object"),
        (
            user, #","tools":[{"function":{}}]"#,
            "tools[0].function.name is missing: expected a string"
        ),
        (
            user, #","tools":[{"name":"f"}],"tool_choice":"f""#,
            #"tool_choice: expected auto, none, required or an object, found "f""#
        ),
        (
            user, #","max_completion_tokens":"9""#,
            #"max_completion_tokens: expected a whole number from 1 up, found "9""#
        ),
    ])
    func `what can't be carried is refused by name`(messages: String, more: String, message: String)
    {
        let error = #expect(throws: ChatRequestError.self) { try anthropic(messages, more) }
        #expect(error?.message == message)
    }
}
