import ChatFormats
import Testing
import Wire

@Suite struct `OpenAI bodies` {
    private func read(_ body: String) throws(ChatRequestError) -> ChatRequest {
        let bytes = Array(body.utf8)
        return try ChatRequest(openAIBody: bytes.span)
    }

    private static let messages = #""messages":[{"role":"user","content":"hi"}]"#

    @Test func `known fields are read and the others are kept unchanged`() throws {
        let request = try read(
            #"""
            {"model":"gpt","stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false},
             "temperature":1,"top_p":0.5,"max_tokens":3,"stop":"x","n":1,"user":"u","seed":7,
             "tools":[{"type":"function","function":{"name":"f"}}],"logprobs":null,\#(Self.messages)}
            """#
        )
        #expect(request.model == "gpt" && request.stream && request.includesUsage)
        #expect(request.temperature == "1" && request.topP == "0.5" && request.maxTokens == 3)
        #expect(request.stop == ["x"] && request.user == "u")
        #expect(request.extra.map(\.key) == ["stream_options", "n", "user", "seed", "tools"])
    }

    @Test func `without stream the answer is wanted in one piece`() throws {
        let request = try read("{\(Self.messages)}")
        #expect(!request.stream && !request.includesUsage)
    }

    @Test(arguments: [
        ("{}", "messages is missing: expected an array of messages"),
        (#"{"messages":null}"#, "messages is missing: expected an array of messages"),
        (#"{"messages":{}}"#, "messages: expected an array of messages, found an empty object"),
        (#"{\#(messages),"stream":1}"#, "stream: expected true or false, found 1"),
        (
            #"{\#(messages),"stream_options":true}"#,
            "stream_options: expected an object, found true"
        ),
        (
            #"{\#(messages),"stream_options":{"include_usage":"yes"}}"#,
            #"stream_options.include_usage: expected true or false, found "yes""#
        ),
        (#"{\#(messages),"model":7}"#, "model: expected a string, found 7"),
        (
            #"{"messages":[{"role":"user","content":"a"},"b"]}"#,
            #"messages[1]: expected an object with role and content, found "b""#
        ),
        (
            #"{\#(messages),"conversation":{}}"#,
            "conversation: expected a string, found an empty object"
        ),
        (#"{\#(messages),"on_disconnect":5}"#, "on_disconnect: expected a string, found 5"),
        (#"{\#(messages),"smooth":[50]}"#, "smooth: expected milliseconds, found an array"),
        (#"{\#(messages),"format":["text"]}"#, "format: expected a string, found an array"),
        (
            #"{\#(messages),"id":""}"#,
            "id: expected a name without control characters, found an empty string"
        ),
    ])
    func `a bad body gets an error that names the field`(body: String, message: String) {
        let error = #expect(throws: ChatRequestError.self) { try read(body) }
        #expect(error?.message == message)
    }
}

@Suite struct `What goes upstream of OpenAI bodies` {
    private func read(_ body: String) throws -> ChatRequest {
        try ChatRequest(openAIBody: Array(body.utf8).span)
    }

    /// What an upstream of OpenAI's protocol is sent.
    private func upstream(_ body: String) throws -> JSON {
        var out: [UInt8] = []
        try Provider.openAI.writeBody(try read(body), model: "m", into: &out)
        return try JSON.parse(out.span)
    }

    @Test(arguments: [
        #""max_tokens":-1"#, #""max_tokens":0"#, #""max_tokens":null"#, #""max_tokens":1e2"#,
        #""max_tokens":"12""#, #""max_tokens":7"#, #""max_tokens":99999999999999999999"#,
        #""stop":["1","2","3","4","5"]"#, #""stop":"x""#, #""stop":["x"]"#, #""stop":"""#,
        #""stop":[]"#, #""stop":[1]"#, #""stop":{"a":1}"#,
        #""temperature":2.5"#, #""temperature":0.70"#, #""temperature":-1"#,
        #""temperature":"hot""#, #""top_p":1.01"#, #""top_p":1e-1"#,
        #""n":1"#, #""n":2"#, #""n":"two""#, #""user":"""#, #""user":7"#, #""user":{"a":[]}"#,
        #""user":"\#(String(repeating: "u", count: 300))""#,
        #""tools":{}"#, #""tools":[7]"#, #""tool_choice":5"#, #""seed":1.0"#, #""system":"s""#,
        #""response_format":"json""#, #""extra":{"a":1}"#, #""prompt":"p""#,
    ])
    func `what the relay does not use goes up as it was written`(member: String) throws {
        let body = "{\(member),\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
        let given = try JSON.parse(Array(body.utf8).span).members?.first
        let sent = try upstream(body)
        let name = try #require(given?.key)
        #expect(sent[name] == (given?.value == .null ? nil : given?.value))
        #expect(sent.members?.count { $0.key == name } == (given?.value == .null ? 0 : 1))
    }

    @Test(arguments: [
        "[]",
        #"[{"role":"function","name":"f","content":"42"}]"#,
        #"[{"role":"king","content":"a"}]"#, #"[{"role":7,"content":"a"}]"#, #"[{"content":"a"}]"#,
        "[{}]", #"[{"role":"user"}]"#, #"[{"role":"user","content":null}]"#,
        #"[{"role":"user","content":""}]"#, #"[{"role":"user","content":"  "}]"#,
        #"[{"role":"user","content":[]}]"#, #"[{"role":"user","content":7}]"#,
        #"[{"role":"user","content":["a",7,{"text":"b"},{"type":"text"},{"type":"text","text":7}]}]"#,
        #"[{"role":"assistant","content":null}]"#, #"[{"role":"assistant","tool_calls":{}}]"#,
        #"[{"role":"tool","content":"a"}]"#, #"[{"role":"tool","tool_call_id":7,"content":"a"}]"#,
        #"[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]"#,
    ])
    func `messages go up as they were written`(messages: String) throws {
        let sent = try upstream("{\"messages\":\(messages)}")
        #expect(sent["messages"] == (try json(messages)))
    }

    @Test func `the relay's own members are used and stay here`() throws {
        let body = #"""
            {"messages":[],"conversation":"c","on_disconnect":"finish","id":"i","format":"text",
             "smooth":"50","user":"u"}
            """#
        let request = try read(body)
        #expect(request.conversation == "c" && request.onDisconnect == "finish")
        #expect(request.id == "i" && request.format == "text" && request.user == "u")
        #expect(request.smooth == "50")
        let names = try upstream(body).members?.map(\.key)
        #expect(names == ["model", "messages", "stream", "stream_options", "user"])
    }

    @Test(arguments: [#""""#, "7", #""a\nb""#, #""\#(String(repeating: "u", count: 257))""#])
    func `a user that is no name has no history`(user: String) throws {
        #expect(try read("{\"messages\":[],\"user\":\(user)}").user == nil)
    }

    @Test func `usual values are read for other protocols`() throws {
        let request = try read(
            #"{"messages":[],"temperature":1.5,"top_p":1,"max_tokens":5,"stop":"x"}"#
        )
        #expect(request.temperature == "1.5" && request.topP == "1" && request.maxTokens == 5)
        #expect(request.stop == ["x"] && request.extra.isEmpty)
    }

    @Test func `the text of a message is read as far as it can be`() throws {
        let request = try read(
            #"{"messages":[{"role":"function","content":["a",{"type":"text","text":"b"},{"type":"x"}]}]}"#
        )
        #expect(request.messages.map(\.text) == ["ab"])
        #expect(request.messages.map(\.role) == [.tool])
    }
}

@Suite struct `Queries` {
    private func read(_ query: String) throws -> ChatRequest {
        try ChatRequest(query: #require(QueryItems(query)))
    }

    @Test func `every field is read and foreign names are left alone`() throws {
        let request = try read(
            "prompt=two+words%0Aand+%F0%9F%98%80&model=sim%3Fcut%3D3&temperature=0.5&top_p=1&max_tokens=9"
                + "&stop=a&stop=b&system=s&conversation=c&user=u&stream=i&format=text"
                + "&on_disconnect=cancel&last_event_id=x&nonsense"
        )
        #expect(request.messages == [.init(role: .user, text: "two words\nand 😀")])
        #expect(request.model == "sim?cut=3" && request.temperature == "0.5")
        #expect(request.topP == "1" && request.maxTokens == 9 && request.stop == ["a", "b"])
        #expect(request.system == "s" && request.conversation == "c" && request.user == "u")
        #expect(request.id == "i" && request.format == "text" && request.onDisconnect == "cancel")
        #expect(try read("prompt=a&id=i&stream=true").id == "i")
    }

    @Test func `an empty value counts as absent`() throws {
        let request = try read("message=hi&model=&temperature=&max_tokens=&stop=&user=&id=")
        #expect(request == ChatRequest(messages: [.init(role: .user, text: "hi")]))
    }

    @Test(arguments: [
        ("model=m", "no prompt: give one of message, prompt or messages"),
        ("prompt=", "prompt is empty: a prompt needs some text"),
        ("message=+", "message is empty: a prompt needs some text"),
        ("prompt=a&message=b", "prompt and message exclude each other: give one of them"),
        ("prompt=a&temperature=hot", #"temperature: expected a number, found "hot""#),
        ("prompt=a&temperature=%2B1", #"temperature: expected a number, found "+1""#),
        ("prompt=a&temperature=nan", #"temperature: expected a number, found "nan""#),
        (
            "prompt=a&max_tokens=0x10",
            #"max_tokens: expected a whole number, found "0x10""#
        ),
        ("prompt=a&user=%01", "user: expected a name without control characters, found a string"),
    ])
    func `a bad query gets an error that names the field`(query: String, message: String) {
        let error = #expect(throws: ChatRequestError.self) { try read(query) }
        #expect(error?.message == message)
    }
}
