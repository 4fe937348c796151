import ChatFormats
import Testing

/// Recorded forms of Anthropic's message stream.
@Suite struct `Anthropic streams` {
    private static let start = (
        name: "message_start",
        data:
            #"{"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","content":[],"model":"claude-x","stop_reason":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":2,"cache_read_input_tokens":5,"output_tokens":1}}}"#
    )
    private static let stop = (name: "message_stop", data: #"{"type":"message_stop"}"#)

    private static func end(_ reason: String) -> (name: String, data: String) {
        (
            "message_delta",
            #"{"type":"message_delta","delta":{"stop_reason":"\#(reason)","stop_sequence":null},"usage":{"output_tokens":15}}"#
        )
    }

    private static func delta(_ delta: String, of index: Int = 0) -> (name: String, data: String) {
        (
            "content_block_delta",
            #"{"type":"content_block_delta","index":\#(index),"delta":\#(delta)}"#
        )
    }

    private static func block(_ block: String, _ index: Int = 0) -> (name: String, data: String) {
        (
            "content_block_start",
            #"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#
        )
    }

    @Test func `a stream as Anthropic sends it gives its text, its usage and its end`() {
        let reading = readEveryWay(
            .anthropic,
            namedStream(
                Self.start,
                Self.block(#"{"type":"text","text":""}"#),
                ("ping", #"{"type": "ping"}"#),
                Self.delta(#"{"type":"text_delta","text":"Hel"}"#),
                Self.delta(#"{"type":"text_delta","text":"lo\n\u00e9"}"#),
                ("content_block_stop", #"{"type":"content_block_stop","index":0}"#),
                ("news", #"{"type":"news","text":"of tomorrow","delta":{"text":"no"}}"#),
                Self.end("end_turn"),
                Self.stop
            )
        )
        #expect(reading.error == nil)
        #expect(reading.entries == ["text:Hel", "text:lo\né"])
        #expect(reading.finishReason == "stop" && reading.ending == .complete)
        #expect(reading.isDone && reading.isSuccess)
        #expect(reading.model == "claude-x")
        #expect(
            reading.usageText
                == #"{"prompt_tokens":17,"completion_tokens":15,"total_tokens":32,"prompt_tokens_details":{"cached_tokens":5,"cache_write_tokens":2},"cache_creation_input_tokens":2,"cache_read_input_tokens":5}"#
        )
    }

    @Test func `thinking is reasoning, and signatures and citations are kept beside it`() {
        let reading = readEveryWay(
            .anthropic,
            namedStream(
                Self.start,
                Self.block(#"{"type":"thinking","thinking":"w","signature":""}"#),
                Self.delta(#"{"type":"thinking_delta","thinking":"hm"}"#),
                Self.delta(#"{"type":"signature_delta","signature":"s"}"#),
                Self.block(#"{"type":"redacted_thinking","data":"x"}"#, 1),
                Self.block(#"{"type":"text","text":"A"}"#, 2),
                Self.delta(
                    #"{"type":"citations_delta","citation":{"type":"x","text":"c"}}"#,
                    of: 2
                ),
                Self.end("end_turn"),
                Self.stop
            )
        )
        #expect(reading.error == nil)
        #expect(
            reading.entries == [
                "reasoning:w", "reasoning:hm",
                #"members:{"delta":{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"s"}]}}"#,
                #"members:{"delta":{"thinking_blocks":[{"type":"redacted_thinking","data":"x"}]}}"#,
                "text:A", #"members:{"delta":{"citations":[{"type":"x","text":"c"}]}}"#,
            ]
        )
    }

    @Test func `tool use becomes pieces of calls in OpenAI's shape`() {
        let reading = readEveryWay(
            .anthropic,
            namedStream(
                Self.start,
                Self.block(#"{"type":"text","text":""}"#, 0),
                Self.block(#"{"type":"tool_use","id":"t1","name":"f","input":{}}"#, 1),
                Self.delta(#"{"type":"input_json_delta","partial_json":""}"#, of: 1),
                Self.delta(#"{"type":"input_json_delta","partial_json":"{\"x\":"}"#, of: 1),
                Self.delta(#"{"type":"input_json_delta","partial_json":"1}"}"#, of: 1),
                Self.block(#"{"type":"server_tool_use","id":"s","name":"web","input":{}}"#, 2),
                Self.delta(#"{"type":"input_json_delta","partial_json":"{}"}"#, of: 2),
                Self.block(#"{"type":"tool_use","id":"t2","name":"g","input":{"y":"\""}}"#, 3),
                Self.end("tool_use"),
                Self.stop
            )
        )
        #expect(
            reading.entries == [
                #"toolCall:{"index":0,"id":"t1","type":"function","function":{"name":"f","arguments":""}}"#,
                #"toolCall:{"index":0,"function":{"arguments":"{\"x\":"}}"#,
                #"toolCall:{"index":0,"function":{"arguments":"1}"}}"#,
                #"members:{"delta":{"content_blocks":[{"type":"server_tool_use","id":"s","name":"web","input":{}}]}}"#,
                #"toolCall:{"index":1,"id":"t2","type":"function","function":{"name":"g","arguments":"{\"y\":\"\\\"\"}"}}"#,
            ]
        )
        #expect(reading.finishReason == "tool_calls" && reading.ending == .toolCalls)
    }

    @Test(arguments: [
        ("end_turn", "stop", Ending.complete),
        ("stop_sequence", "stop", .complete),
        ("max_tokens", "length", .length),
        ("model_context_window_exceeded", "length", .length),
        ("refusal", "content_filter", .filtered),
        ("tool_use", "tool_calls", .toolCalls),
        ("pause_turn", "pause_turn", .complete),
    ])
    func `every stop reason has its ending`(word: String, reason: String, ending: Ending) {
        let reading = readEveryWay(.anthropic, namedStream(Self.end(word), Self.stop))
        #expect(reading.finishReason == reason)
        #expect(reading.ending == ending)
    }

    @Test(arguments: ["", "data: [DONE]\n\n"])
    func `a stop reason is the vendor's word, whatever comes in place of message_stop`(
        mark: String
    ) {
        let reading = readEveryWay(
            .anthropic,
            namedStream(Self.start, Self.delta(#"{"text":"a"}"#), Self.end("end_turn")) + mark
        )
        #expect(reading.entries == ["text:a"])
        #expect(reading.error == nil)
        #expect(reading.ending == .complete)
        #expect(reading.usage?.completionTokens == 15)
        #expect(reading.isDone == !mark.isEmpty)
    }

    @Test func `a stream that ends without a stop reason is no success`() {
        let events = namedStream(Self.start, Self.delta(#"{"text":"a"}"#))
        let reading = readEveryWay(.anthropic, events)
        #expect(reading.entries == ["text:a"])
        #expect(!reading.isSuccess && reading.ending == nil)
    }

    @Test func `an error event after the text is an error that may pass`() {
        let reading = readEveryWay(
            .anthropic,
            namedStream(
                Self.start,
                Self.delta(#"{"type":"text_delta","text":"a"}"#),
                (
                    "error",
                    #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#
                ),
                Self.stop
            )
        )
        let error = StreamError.vendor(
            type: "overloaded_error",
            message: "Overloaded",
            code: nil,
            overloaded: true
        )
        #expect(reading.error?.withoutDetail == error)
        #expect(reading.entries == ["text:a"])
    }

    @Test(arguments: [
        #"{"type":"error","error":{"type":"invalid_request_error","message":"no"}}"#,
        #"{"error":{"type":"invalid_request_error","message":"no"}}"#,
        #"{"type":"error","message":"no"}"#,
    ])
    func `an error without the event's name is an error too`(data: String) {
        guard case .vendor(_, "no", nil, false, _)? = readEveryWay(.anthropic, stream(data)).error
        else {
            Issue.record("expected the vendor's error")
            return
        }
    }

    @Test(arguments: [
        "{", #"{"type":"content_block_delta","delta":"a"}"#,
        #"{"type":"content_block_delta","delta":{"type":"text_delta","text":7}}"#,
        #"{"type":"content_block_start","content_block":[]}"#,
    ])
    func `an event that can't be read is an error`(data: String) {
        let reading = readEveryWay(.anthropic, stream(data) + namedStream(Self.stop))
        guard case .malformed? = reading.error else {
            Issue.record("expected a malformed stream, found \(reading)")
            return
        }
        #expect(reading.entries == [])
    }
}
