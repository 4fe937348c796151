import ChatFormats
import Testing

/// What Anthropic sends beside text, thinking and calls.
@Suite struct `Anthropic streams beside the text` {
    private static func start(_ block: String, _ index: Int = 0) -> (name: String, data: String) {
        (
            "content_block_start",
            #"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#
        )
    }

    private static func delta(_ delta: String, _ index: Int = 0) -> (name: String, data: String) {
        (
            "content_block_delta",
            #"{"type":"content_block_delta","index":\#(index),"delta":\#(delta)}"#
        )
    }

    private static func text(_ text: String, _ index: Int = 0) -> (name: String, data: String) {
        delta(#"{"type":"text_delta","text":"\#(text)"}"#, index)
    }

    private static func stop(_ index: Int = 0) -> (name: String, data: String) {
        ("content_block_stop", #"{"type":"content_block_stop","index":\#(index)}"#)
    }

    private static let empty = #"{"type":"text","text":""}"#

    @Test func `a search has its query, its results and its sources, and parts the text`() {
        let reading = readEveryWay(
            .anthropic,
            namedStream(
                Self.start(Self.empty),
                Self.text("I'll search."),
                Self.stop(),
                Self.start(
                    #"{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"#,
                    1
                ),
                Self.delta(#"{"type":"input_json_delta","partial_json":"{\"query\":"}"#, 1),
                Self.delta(#"{"type":"input_json_delta","partial_json":"\"x\"}"}"#, 1),
                Self.stop(1),
                Self.start(
                    #"{"type":"web_search_tool_result","tool_use_id":"s","content":[{"url":"u"}]}"#,
                    2
                ),
                Self.stop(2),
                Self.start(#"{"citations":[],"type":"text","text":""}"#, 3),
                Self.delta(
                    #"{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"u","title":"t","cited_text":"c"}}"#,
                    3
                ),
                Self.text("It is so", 3),
                Self.stop(3),
                Self.start(Self.empty, 4),
                Self.text(".", 4),
                Self.stop(4)
            )
        )
        #expect(reading.error == nil)
        #expect(
            reading.entries == [
                "text:I'll search.",
                #"members:{"delta":{"content_blocks":[{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"x"}}]}}"#,
                #"members:{"delta":{"content_blocks":[{"type":"web_search_tool_result","tool_use_id":"s","content":[{"url":"u"}]}]}}"#,
                #"members:{"delta":{"citations":[{"type":"web_search_result_location","url":"u","title":"t","cited_text":"c"}],"annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","content":"c"}}]}}"#,
                "text:\n\n", "text:It is so", "text:.",
            ]
        )
    }

    @Test(arguments: [
        (
            #"{"type":"thinking","thinking":"hm"}"#,
            ["text:a", "reasoning:hm", "text:\n\n", "text:b"]
        ),
        (Self.empty, ["text:a", "text:\n\n", "text:b"]),
        (#"{"type":"text","text":"","citations":[]}"#, ["text:a", "text:b"]),
    ])
    func `a blank line parts the texts of two blocks, unless they are cited`(
        between: String,
        entries: [String]
    ) {
        let reading = readEveryWay(
            .anthropic,
            namedStream(
                Self.start(Self.empty),
                Self.text("a"),
                Self.start(between, 1),
                Self.start(Self.empty, 2),
                Self.text("", 2),
                Self.text("b", 2)
            )
        )
        #expect(reading.entries == entries)
    }

    @Test func `no blank line comes first, or after the end of a line`() {
        let thinking = Self.start(#"{"type":"thinking","thinking":"hm"}"#, 1)
        let first = readEveryWay(
            .anthropic,
            namedStream(thinking, Self.start(Self.empty, 2), Self.text("b", 2))
        )
        #expect(first.entries == ["reasoning:hm", "text:b"])
        let after = readEveryWay(
            .anthropic,
            namedStream(
                Self.start(Self.empty),
                Self.text("a\\n"),
                thinking,
                Self.start(Self.empty, 2),
                Self.text("b", 2)
            )
        )
        #expect(after.entries == ["text:a\n", "reasoning:hm", "text:b"])
    }

    @Test func `a signature in pieces is one, at the end of its block`() {
        let reading = readEveryWay(
            .anthropic,
            namedStream(
                Self.start(#"{"type":"thinking","thinking":"","signature":""}"#),
                Self.delta(#"{"type":"thinking_delta","thinking":"hm"}"#),
                Self.delta(#"{"type":"signature_delta","signature":"s1"}"#),
                Self.delta(#"{"type":"signature_delta","signature":"s2"}"#),
                Self.stop()
            )
        )
        #expect(
            reading.entries == [
                "reasoning:hm",
                #"members:{"delta":{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"s1s2"}]}}"#,
            ]
        )
    }

    @Test func `the message's last event has its container, and usage all that was counted`() {
        let reading = readEveryWay(
            .anthropic,
            namedStream(
                (
                    "message_start",
                    #"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"model":"c","stop_reason":null,"usage":{"input_tokens":1,"cache_creation_input_tokens":20,"cache_creation":{"ephemeral_5m_input_tokens":20},"output_tokens":1,"service_tier":"standard"}}}"#
                ),
                Self.start(Self.empty),
                Self.text("a"),
                (
                    "message_delta",
                    #"{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"X","container":{"id":"k"}},"usage":{"output_tokens":7,"server_tool_use":{"web_search_requests":1}},"context_management":{"applied_edits":[{"type":"e"}]}}"#
                ),
                ("message_stop", #"{"type":"message_stop"}"#)
            )
        )
        #expect(
            reading.entries == [
                "text:a",
                #"members:{"chunk":{"stop_sequence":"X","container":{"id":"k"},"context_management":{"applied_edits":[{"type":"e"}]}}}"#,
            ]
        )
        #expect(
            reading.usageText
                == #"{"prompt_tokens":21,"completion_tokens":7,"total_tokens":28,"prompt_tokens_details":{"cache_write_tokens":20},"cache_creation_input_tokens":20,"cache_creation":{"ephemeral_5m_input_tokens":20},"service_tier":"standard","server_tool_use":{"web_search_requests":1}}"#
        )
    }

    @Test func `counts of an answer that was cut are an estimate of at least what came`() {
        let start =
            #"{"type":"message_start","message":{"usage":{"input_tokens":10,"output_tokens":1}}}"#
        let bytes = Array(
            namedStream(("message_start", start), Self.text(String(repeating: "x", count: 41))).utf8
        )
        var decoder = StreamDecoder(.anthropic)
        var log = EntryLog()
        #expect(throws: Never.self) { try decoder.decode(bytes.span, into: &log) }
        let usage = decoder.usage(askedBytes: 400)
        #expect(usage?.promptTokens == 10 && usage?.completionTokens == 11)
        #expect(usage?.totalTokens == 21 && usage?.isEstimated == true)
        var other = StreamDecoder(.openAI)
        #expect(other.usage(askedBytes: 400) == nil)
        let chunk = Array(stream(#"{"choices":[{"delta":{"content":"12345678"}}]}"#).utf8)
        var answer = EntryLog()
        #expect(throws: Never.self) { try other.decode(chunk.span, into: &answer) }
        let text = written { other.usage(askedBytes: 400)?.append(into: &$0) }
        #expect(
            text
                == #"{"prompt_tokens":100,"completion_tokens":2,"total_tokens":102,"estimated":true}"#
        )
    }
}
