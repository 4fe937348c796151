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
        #expect(request.extra.map(\.key) == ["stream_options", "user", "seed", "tools"])
    }

    @Test func `without stream the answer is wanted in one piece`() throws {
        let request = try read("{\(Self.messages)}")
        #expect(!request.stream && !request.includesUsage)
    }

    @Test(arguments: [
        ("{}", "messages is missing: expected an array of messages"),
        (#"{"messages":null}"#, "messages is missing: expected an array of messages"),
        (#"{"messages":{}}"#, "messages: expected an array of messages, found an empty object"),
        (#"{\#(messages),"n":2}"#, "n: expected 1, found 2"),
        (#"{\#(messages),"stream":1}"#, "stream: expected true or false, found 1"),
        (
            #"{\#(messages),"stream_options":true}"#,
            "stream_options: expected an object, found true"
        ),
        (
            #"{\#(messages),"stream_options":{"include_usage":"yes"}}"#,
            #"stream_options.include_usage: expected true or false, found "yes""#
        ),
        (#"{\#(messages),"temperature":3}"#, "temperature: expected a number from 0 to 2, found 3"),
        (#"{\#(messages),"model":7}"#, "model: expected a string, found 7"),
    ])
    func `a bad body gets an error that names the field`(body: String, message: String) {
        let error = #expect(throws: ChatRequestError.self) { try read(body) }
        #expect(error?.message == message)
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
        ("prompt=a&temperature=hot", #"temperature: expected a number from 0 to 2, found "hot""#),
        ("prompt=a&temperature=%2B1", #"temperature: expected a number from 0 to 2, found "+1""#),
        ("prompt=a&temperature=nan", #"temperature: expected a number from 0 to 2, found "nan""#),
        ("prompt=a&top_p=2", "top_p: expected a number from 0 to 1, found 2"),
        (
            "prompt=a&max_tokens=0x10",
            #"max_tokens: expected a whole number from 1 up, found "0x10""#
        ),
        ("prompt=a&max_tokens=-1", "max_tokens: expected a whole number from 1 up, found -1"),
        ("prompt=a&stop=1&stop=2&stop=3&stop=4&stop=5", "stop: expected up to 4 strings, found 5"),
        ("prompt=a&user=%01", "user: expected a name without control characters, found a string"),
    ])
    func `a bad query gets an error that names the field`(query: String, message: String) {
        let error = #expect(throws: ChatRequestError.self) { try read(query) }
        #expect(error?.message == message)
    }
}
