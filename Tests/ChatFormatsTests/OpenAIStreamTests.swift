import ChatFormats
import Testing

/// Recorded forms of the OpenAI stream, vendor by vendor.
@Suite struct `OpenAI streams` {
    @Test func `a stream as OpenAI sends it gives its text, its usage and its end`() {
        let reading = readEveryWay(
            .openAI,
            stream(
                #"{"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x"}"#,
                #"{"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":"Hé"},"logprobs":null,"finish_reason":null}],"usage":null}"#,
                #"{"id":"c1","choices":[{"index":0,"delta":{"content":"llo\n\ud83d\ude00"},"finish_reason":null}],"usage":null}"#,
                #"{"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}"#,
                #"{"id":"c1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":1}}}"#,
                "[DONE]"
            )
        )
        #expect(reading.error == nil)
        #expect(reading.entries == ["text:Hé", "text:llo\n😀"])
        #expect(reading.ending == .complete)
        #expect(reading.finishReason == "stop")
        #expect(reading.model == "gpt-4o-mini")
        #expect(reading.isDone && reading.isSuccess)
        #expect(reading.dataEventCount == 6)
        #expect(
            reading.usageText
                == #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":1}}"#
        )
    }

    private static let message = #""message":{"role":"assistant","content":"paid"}"#

    @Test(arguments: [
        [
            #"{"index":0,\#(message),"delta":{"role":"assistant","content":""},"finish_reason":"stop"}"#
        ],
        [#"{"index":0,"delta":null,\#(message),"finish_reason":"stop"}"#],
        [
            #"{"index":0,"delta":{"role":"assistant","content":""}}"#,
            #"{"index":0,\#(message),"finish_reason":"stop"}"#,
        ],
        [
            #"{"index":0,"delta":{"content":"paid"},\#(message)}"#,
            #"{"index":0,\#(message),"finish_reason":"stop"}"#,
        ],
        [#"{"index":0,"delta":{"content":"paid"},"text":"paid","finish_reason":"stop"}"#],
    ])
    func `a whole message is taken once, beside empty deltas or after content`(choices: [String]) {
        let events = choices.map { stream(#"{"choices":[\#($0)]}"#) }
        let reading = readEveryWay(.openAI, events.joined() + stream("[DONE]"))
        #expect(reading.entries == ["text:paid"])
        #expect(reading.ending == .complete)
    }

    @Test func `counts under Anthropic's names do not replace OpenAI's`() {
        let usage = #""prompt_tokens":15,"completion_tokens":5,"input_tokens":0,"output_tokens":0"#
        let reading = readEveryWay(
            .openAI,
            stream(
                #"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}"#,
                #"{"choices":[],"usage":{\#(usage),"total_tokens":20}}"#,
                "[DONE]"
            )
        )
        #expect(reading.usage?.promptTokens == 15)
        #expect(reading.usage?.completionTokens == 5)
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func `every line end and comments between events change nothing`(lineEnd: String) {
        let comment = ": OPENROUTER PROCESSING\(lineEnd)\(lineEnd)"
        let reading = readEveryWay(
            .openAI,
            "\u{FEFF}" + comment
                + stream(#"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#, lineEnd: lineEnd)
                + comment + "data:\(lineEnd)\(lineEnd)"
                + stream("[DONE]", lineEnd: lineEnd)
        )
        #expect(reading.entries == ["text:a"])
        #expect(reading.ending == .complete)
        #expect(reading.dataEventCount == 2)
    }

    @Test func `data over several lines is one JSON text`() {
        let reading = readEveryWay(
            .openAI,
            "data: {\"choices\":[\ndata: {\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n"
        )
        #expect(reading.entries == ["text:a"])
    }

    @Test(arguments: [
        (#"{"reasoning_content":"hm"}"#, ["reasoning:hm"]),
        (#"{"reasoning":"hm"}"#, ["reasoning:hm"]),
        (#"{"content":"yes","reasoning":"hm"}"#, ["reasoning:hm", "text:yes"]),
        (#"{"reasoning_content":null,"content":"yes"}"#, ["text:yes"]),
        (#"{"reasoning":"hm","reasoning_content":"hm","content":null}"#, ["reasoning:hm"]),
        (#"{"reasoning_content":"","reasoning":"hm"}"#, ["reasoning:hm"]),
        (
            #"{"reasoning_details":[{"type":"reasoning.text","text":"hm","id":1},{"type":"reasoning.summary","summary":"so"}]}"#,
            ["reasoning:hm", "reasoning:so"]
        ),
        (
            #"{"reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm"}]}"#,
            ["reasoning:hm"]
        ),
        (
            #"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"yes"},7]}"#,
            ["reasoning:hm", "text:yes"]
        ),
        (#"{"refusal":"no"}"#, ["refusal:no"]),
        (#"{"content":"","refusal":""}"#, []),
        (
            #"{"role":"assistant","audio":{"data":"x"}}"#,
            [#"members:{"delta":{"audio":{"data":"x"}}}"#]
        ),
        ("null", []),
    ])
    func `every name for what the model says is read`(delta: String, entries: [String]) {
        let reading = readEveryWay(
            .openAI,
            stream(#"{"choices":[{"index":0,"delta":\#(delta)}]}"#, "[DONE]")
        )
        #expect(reading.error == nil)
        #expect(reading.entries == entries)
    }

    @Test(arguments: [
        (#"{"delta":{"content":"a"},"index":null}"#, ["text:a"]),
        (#"{"delta":{"content":"a"}}"#, ["text:a"]),
        (#"{"delta":{"content":"a"},"index":0}"#, ["text:a"]),
        (
            #"{"delta":{"content":"a"},"index":1,"finish_reason":"length"}"#,
            [
                #"members:{"choices":[{"delta":{"content":"a"},"index":1,"finish_reason":"length"}]}"#
            ]
        ),
        (#"{"message":{"role":"assistant","content":"a"},"index":0}"#, ["text:a"]),
        (#"{"message":{"content":"all"},"delta":{"content":"a"}}"#, ["text:a"]),
        ("{}", []),
    ])
    func `only the first choice is the text, and others are kept beside it`(
        choice: String,
        entries: [String]
    ) {
        let reading = readEveryWay(.openAI, stream(#"{"choices":[\#(choice)]}"#, "[DONE]"))
        #expect(reading.error == nil)
        #expect(reading.entries == entries)
        #expect(reading.finishReason == (entries.isEmpty ? nil : "stop"))
    }

    @Test func `a member's name may be escaped`() {
        let event =
            #"{"ch\u006fices":[{"delta":{"c\u006f\u006etent":"a"},"finish\u005freason":"stop"}]}"#
        let reading = readEveryWay(.openAI, stream(event))
        #expect(reading.entries == ["text:a"])
        #expect(reading.ending == .complete)
    }

    @Test func `an end mark without a reason is a complete answer`() {
        let reading = readEveryWay(
            .openAI,
            stream(#"{"choices":[{"delta":{"content":"a"},"finish_reason":""}]}"#, "[DONE]")
        )
        #expect(reading.finishReason == "stop")
        #expect(reading.ending == .complete)
    }

    @Test func `a stream that ends without a mark is no success`() {
        let reading = readEveryWay(
            .openAI,
            stream(#"{"choices":[{"delta":{"content":"a"},"finish_reason":null}]}"#)
                + "data: [DONE]\n"
        )
        #expect(reading.entries == ["text:a"])
        #expect(reading.error == nil)
        #expect(!reading.isSuccess)
        #expect(reading.ending == nil && reading.finishReason == nil)
    }

    @Test func `what follows the end mark is ignored`() {
        let reading = readEveryWay(
            .openAI,
            stream("[DONE]", #"{"choices":[{"delta":{"content":"a"}}]}"#, "{broken")
        )
        #expect(reading.error == nil)
        #expect(reading.entries == [])
    }

    @Test(arguments: [
        // Usage that comes first, unasked in the last chunk, on each chunk, in Groq's own member.
        [#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#],
        [
            #"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#
        ],
        [
            #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#,
            #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
            #"{"choices":[],"usage":null}"#, #"{"choices":[],"usage":{}}"#,
        ],
        [
            #"{"choices":[],"x_groq":{"id":"r","usage":{"prompt_tokens":1,"completion_tokens":2,"queue_time":0.1}}}"#
        ],
    ])
    func `usage is found wherever it is`(events: [String]) {
        let bytes = events.map { stream($0) }.joined() + stream("[DONE]")
        let reading = readEveryWay(.openAI, bytes)
        #expect(reading.usage?.promptTokens == 1 && reading.usage?.completionTokens == 2)
        #expect(reading.usage?.totalTokens == 3)
    }

    @Test(arguments: [
        #"{"prompt_tokens":1.0,"completion_tokens":2.0,"total_tokens":3.0}"#,
        #"{"input_tokens":1,"output_tokens":2}"#,
        #"{"prompt_tokens":1,"completion_tokens":2,"input_tokens":null}"#,
    ])
    func `counts are read in the forms of other protocols and languages`(usage: String) {
        let event = #"{"choices":[null],"usage":\#(usage)}"#
        let reading = readEveryWay(.openAI, stream(event))
        #expect(reading.usage?.promptTokens == 1 && reading.usage?.completionTokens == 2)
        #expect(reading.usage?.totalTokens == 3)
    }

    @Test func `a count that makes no sense is left out`() {
        let reading = readEveryWay(
            .openAI,
            stream(
                #"{"usage":{"prompt_tokens":-1,"completion_tokens":9223372036854775807,"total_tokens":1}}"#,
                #"{"usage":{"prompt_tokens":5,"completion_tokens":1.5,"prompt_cache_hit_tokens":2}}"#
            )
        )
        #expect(
            reading.usageText
                == #"{"prompt_tokens":5,"completion_tokens":0,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":2},"prompt_cache_hit_tokens":2}"#
        )
    }

    @Test(arguments: [
        (#""prompt_cache_hit_tokens":2"#, #","prompt_cache_hit_tokens":2"#),
        (#""cached_tokens":2"#, #","cached_tokens":2"#),
        (#""prompt_tokens_details":{"cached_tokens":2},"cached_tokens":3"#, #","cached_tokens":3"#),
    ])
    func `cached tokens are found under each vendor's name`(member: String, other: String) {
        let usage = #"{"usage":{"prompt_tokens":5,"completion_tokens":1,\#(member)}}"#
        let found = readEveryWay(.openAI, stream(usage)).usageText
        let cached = #""prompt_tokens_details":{"cached_tokens":2}"#
        #expect(
            found
                == #"{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6,\#(cached)\#(other)}"#
        )
    }

    /// The usage once the stream has ended, with how much was asked.
    private static func estimated(_ events: String...) throws -> String? {
        var decoder = StreamDecoder(.openAI)
        var log = EntryLog()
        let bytes = Array(events.map { stream($0) }.joined().utf8)
        try decoder.decode(bytes.span, into: &log)
        try decoder.finish(into: &log)
        decoder.close(into: &log)
        return decoder.usage(askedBytes: 4).map { usage in written { usage.append(into: &$0) } }
    }

    @Test func `a count of nothing, or of what was cut later, is no count of the answer`() throws {
        let count = #"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":0}}"#
        let text = #"{"choices":[{"index":0,"delta":{"content":"twelve bytes"}}]}"#
        let stop = #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#
        let given = #"{"prompt_tokens":9,"completion_tokens":0,"total_tokens":9}"#
        let cut = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"estimated":true}"#
        #expect(try Self.estimated(count, text) == cut)
        #expect(try Self.estimated(count, text, stop) == cut)
        #expect(try Self.estimated(text, count, stop) == given)
        let some = #"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#
        let whole = #"{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}"#
        #expect(try Self.estimated(some, text, stop) == whole)
    }

    @Test func `of a call its name and its arguments are estimated, and not its form`() throws {
        let call =
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a-long-id-of-no-meaning","type":"function","function":{"name":"lamp","arguments":"{\"on\":1}"}}]},"finish_reason":"tool_calls"}]}"#
        let usage = #"{"prompt_tokens":1,"completion_tokens":3,"total_tokens":4,"estimated":true}"#
        #expect(try Self.estimated(call) == usage)
    }

    @Test func `tool calls come as pieces with an index and without nulls`() {
        let reading = readEveryWay(
            .openAI,
            stream(
                #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}}]}"#,
                #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":null,"function":{"name":null,"arguments":"{\"x\":"}}]}}]}"#,
                #"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]},"finish_reason":"tool_calls"}]}"#,
                "[DONE]"
            )
        )
        #expect(
            reading.entries == [
                #"toolCall:{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#,
                #"toolCall:{"index":0,"function":{"arguments":"{\"x\":"}}"#,
                #"toolCall:{"index":0,"function":{"arguments":"1}"}}"#,
            ]
        )
        #expect(reading.ending == .toolCalls)
    }

    @Test func `Gemini's calls get numbers, keep their signature and end as tool calls`() {
        let reading = readEveryWay(
            .openAI,
            stream(
                #"{"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"arguments":"{}","name":"f"},"type":"function","extra_content":{"google":{"thought_signature":"s"}}},{"index":null,"id":"b","function":{"arguments":"{}","name":"g"}}]},"finish_reason":"stop","index":0}]}"#,
                "[DONE]"
            )
        )
        #expect(
            reading.entries == [
                #"toolCall:{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""},"extra_content":{"google":{"thought_signature":"s"}}}"#,
                #"toolCall:{"index":0,"function":{"arguments":"{}"}}"#,
                #"toolCall:{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":""}}"#,
                #"toolCall:{"index":1,"function":{"arguments":"{}"}}"#,
            ]
        )
        #expect(reading.finishReason == "tool_calls")
    }

    @Test func `the old function call is a tool call`() {
        let reading = readEveryWay(
            .openAI,
            stream(
                #"{"choices":[{"delta":{"function_call":{"name":"f","arguments":"{"}}}]}"#,
                #"{"choices":[{"delta":{"function_call":{"arguments":"}"}},"finish_reason":"function_call"}]}"#
            )
        )
        #expect(
            reading.entries == [
                #"toolCall:{"index":0,"id":"call_07d69607b49d290a","type":"function","function":{"name":"f","arguments":"{"}}"#,
                #"toolCall:{"index":0,"function":{"arguments":"}"}}"#,
            ]
        )
    }
}
