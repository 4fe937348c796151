import ChatFormats
import Testing

/// What an upstream sends beside the text comes before the text that it belongs to, once.
@Suite struct `Members beside the text` {
    private static func chunk(_ text: String, _ choice: String = "", _ chunk: String = "") -> String
    {
        #"{"id":"c","created":1,"object":"o","obfuscation":"x"\#(chunk),"choices":[{"index":0,"delta":{"content":"\#(text)"}\#(choice),"finish_reason":null}]}"#
    }

    @Test func `a member comes before the text of its event, with its place`() {
        let event =
            #"{"system_fingerprint":"fp","choices":[{"index":0,"delta":{"content":"Yes [1].","annotations":[{"type":"url_citation"}]},"logprobs":{"content":[{"token":"Yes"}]},"finish_reason":"stop"}],"citations":["https://one.example/"]}"#
        let reading = readEveryWay(.openAI, stream(event, "[DONE]"))
        #expect(reading.error == nil)
        #expect(
            reading.entries == [
                #"members:{"chunk":{"system_fingerprint":"fp","citations":["https://one.example/"]},"choice":{"logprobs":{"content":[{"token":"Yes"}]}},"delta":{"annotations":[{"type":"url_citation"}]}}"#,
                "text:Yes [1].",
            ]
        )
    }

    @Test func `what each chunk repeats is said once, and again where it changes`() {
        let one = #","system_fingerprint":"fp","service_tier":"default""#
        let two = #","system_fingerprint":"fq","service_tier":"default""#
        let events = [
            Self.chunk("a", "", one), Self.chunk("b", "", one), Self.chunk("c", "", one),
            Self.chunk("d", "", two), Self.chunk("e", "", two), Self.chunk("f", "", one),
        ]
        let reading = readEveryWay(.openAI, events.map { stream($0) }.joined())
        #expect(
            reading.entries == [
                #"members:{"chunk":{"system_fingerprint":"fp","service_tier":"default"}}"#,
                "text:a", "text:b", "text:c", #"members:{"chunk":{"system_fingerprint":"fq"}}"#,
                "text:d", "text:e", #"members:{"chunk":{"system_fingerprint":"fp"}}"#, "text:f",
            ]
        )
    }

    @Test(arguments: [
        (#","logprobs":null"#, ""), (#","logprobs":{"content":[],"refusal":null}"#, ""),
        (#","content_filter_results":{}"#, #","citations":[],"provider":"","service_tier":null"#),
        (#","stop_reason":null"#, #","prompt_filter_results":[{}]"#),
    ])
    func `void members are none`(choice: String, chunk: String) {
        let reading = readEveryWay(.openAI, stream(Self.chunk("a", choice, chunk)))
        #expect(reading.entries == ["text:a"])
    }

    @Test func `what is said before the answer begins waits for it`() {
        let role =
            #"{"system_fingerprint":"fp","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#
        let first = #"{"prompt_filter_results":[{"prompt_index":0}],"choices":[]}"#
        let alone = readEveryWay(.openAI, stream(first, role))
        #expect(alone.entries == [])
        let reading = readEveryWay(.openAI, stream(first, role, Self.chunk("a")))
        let members =
            #"members:{"chunk":{"prompt_filter_results":[{"prompt_index":0}],"system_fingerprint":"fp"}}"#
        #expect(reading.entries == [members, "text:a"])
        let end = #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#
        let empty = readEveryWay(.openAI, stream(first, role, end))
        #expect(empty.entries == [members])
    }

    @Test func `equal pieces that add up count each time, and equal statements once`() {
        let event =
            #"{"choices":[{"index":0,"delta":{"audio":{"data":"AA=="},"steps":3},"logprobs":{"content":[{"token":"a"}]},"content_filter_results":{"hate":{"filtered":false}}}]}"#
        let reading = readEveryWay(.openAI, stream(event, event))
        let piece =
            #"members:{"choice":{"logprobs":{"content":[{"token":"a"}]}},"delta":{"audio":{"data":"AA=="}}}"#
        let first =
            #"members:{"choice":{"logprobs":{"content":[{"token":"a"}]},"content_filter_results":{"hate":{"filtered":false}}},"delta":{"audio":{"data":"AA=="},"steps":3}}"#
        #expect(reading.entries == [first, piece])
    }

    @Test func `further choices are kept as they are`() {
        let both =
            #"{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"},"finish_reason":"stop"}]}"#
        let reading = readEveryWay(.openAI, stream(both, "[DONE]"))
        let other = #"{"index":1,"delta":{"content":"b"},"finish_reason":"stop"}"#
        #expect(reading.entries == [#"members:{"choices":[\#(other)]}"#, "text:a"])
    }

    @Test func `a value over several lines becomes one line`() {
        let text =
            "data: {\"citations\":[\ndata: \"a\",\ndata: \"b\"],\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
        let reading = readEveryWay(.openAI, text)
        #expect(reading.entries == [#"members:{"chunk":{"citations":["a","b"]}}"#, "text:a"])
    }

    @Test(arguments: [
        (
            #"{"reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"s","id":null,"index":0}]}"#,
            [
                "reasoning:hm",
                #"members:{"delta":{"reasoning_details":[{"type":"reasoning.text","text":"","signature":"s","index":0}]}}"#,
            ]
        ),
        (
            #"{"reasoning_details":[{"type":"reasoning.text","signature":"s","index":0}]}"#,
            [
                #"members:{"delta":{"reasoning_details":[{"type":"reasoning.text","signature":"s","index":0,"text":""}]}}"#
            ]
        ),
        (
            #"{"reasoning_content":"hm","thinking_blocks":[{"type":"thinking","thinking":"hm","index":0}],"provider_specific_fields":{"thinking_blocks":[{"type":"thinking","thinking":"hm","index":0}]}}"#,
            ["reasoning:hm"]
        ),
        (
            #"{"thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"}],"provider_specific_fields":{"thinking_blocks":[],"citation":{"url":"u"}}}"#,
            [
                #"members:{"delta":{"provider_specific_fields":{"citation":{"url":"u"}}}}"#,
                "reasoning:hm",
                #"members:{"delta":{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"s"},{"type":"redacted_thinking","data":"d"}]}}"#,
            ]
        ),
        (
            #"{"reasoning_details":[{"type":"reasoning.encrypted","data":"e"}]}"#,
            [
                #"members:{"delta":{"reasoning_details":[{"type":"reasoning.encrypted","data":"e"}]}}"#
            ]
        ),
        (
            #"{"content":[{"type":"text","text":"See "},{"type":"reference","reference_ids":[1]},{"type":"text","text":"."}]}"#,
            [
                #"members:{"delta":{"content_parts":[{"type":"reference","reference_ids":[1]}]}}"#,
                "text:See ", "text:.",
            ]
        ),
        (
            #"{"content":"","images":[{"type":"image_url","image_url":{"url":"data:,x"}}]}"#,
            [
                #"members:{"delta":{"images":[{"type":"image_url","image_url":{"url":"data:,x"}}]}}"#
            ]
        ),
    ])
    func `parts that are no text are kept`(delta: String, entries: [String]) {
        let reading = readEveryWay(.openAI, stream(#"{"choices":[{"delta":\#(delta)}]}"#))
        #expect(reading.error == nil)
        #expect(reading.entries == entries)
    }

    @Test func `logprobs have a bound, and what was left out is counted at the end`() {
        let token = String(repeating: "x", count: 1000)
        let event = Self.chunk("a", #","logprobs":{"content":[{"token":"\#(token)"}]}"#)
        var decoder = StreamDecoder(.openAI)
        var log = EntryLog()
        let bytes = Array(stream(event).utf8)
        for _ in 0..<1100 {
            #expect(throws: Never.self) { try decoder.decode(bytes.span, into: &log) }
        }
        decoder.close(into: &log)
        decoder.close(into: &log)
        let last = lines(of: log).last
        #expect(log.textEntryCount == 1100)
        #expect(log.count(of: .members) < 1050)
        #expect(last?.hasPrefix(#"members:{"chunk":{"relay_left_out":{"members":"#) == true)
        #expect(log.byteCount < 1_100_000)
    }

    @Test func `a picture has the answer's bound and no other`() {
        let picture = String(repeating: "A", count: 3 << 20)
        let event = #"{"choices":[{"delta":{"images":[{"url":"\#(picture)"}]}}]}"#
        let bytes = Array(stream(event).utf8)
        let reading = read(.openAI, pieces: [bytes[...]])
        #expect(reading.entries.first?.utf8.count ?? 0 > 3 << 20)
        #expect(read(.openAI, pieces: [bytes[...]], maxAnswerBytes: 1 << 20).error != nil)
    }

    @Test func `a value that is nested too deep to be read again is counted`() {
        let deep = String(repeating: "[", count: 60) + "1" + String(repeating: "]", count: 60)
        let bytes = Array(stream(Self.chunk("a", "", #","deep":\#(deep)"#)).utf8)
        var decoder = StreamDecoder(.openAI)
        var log = EntryLog()
        #expect(throws: Never.self) { try decoder.decode(bytes.span, into: &log) }
        decoder.close(into: &log)
        #expect(
            lines(of: log) == [
                "text:a",
                #"members:{"chunk":{"relay_left_out":{"members":1,"bytes":\#(deep.utf8.count)}}}"#,
            ]
        )
    }

    @Test(
        arguments: [("asked", nil), ("asked?x=1", nil), ("other", "asked"), (nil, nil)]
            as [(String?, String?)]
    )
    func `another model than the one that was asked is named`(asked: String?, said: String?) {
        var decoder = StreamDecoder(.openAI, model: asked)
        var log = EntryLog()
        let chunk = Self.chunk("a", "", #","model":"asked""#)
        let bytes = Array(stream(chunk, chunk).utf8)
        #expect(throws: Never.self) { try decoder.decode(bytes.span, into: &log) }
        let members = said.map { [#"members:{"chunk":{"model":"\#($0)"}}"#] } ?? []
        #expect(lines(of: log) == members + ["text:a", "text:a"])
    }

    @Test func `usage keeps what the vendor says, wherever it is`() {
        let usage =
            #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"cost":0.25,"cost_details":{"upstream_inference_cost":null,"x":1},"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":2,"audio_tokens":null},"completion_tokens_details":{"reasoning_tokens":1,"accepted_prediction_tokens":7},"num_sources_used":3,"is_byok":false,"empty":null}"#
        let said =
            #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":2},"completion_tokens_details":{"reasoning_tokens":1,"accepted_prediction_tokens":7},"cost":0.25,"cost_details":{"upstream_inference_cost":null,"x":1},"num_sources_used":3,"is_byok":false}"#
        for event in [
            #"{"choices":[],"usage":\#(usage)}"#, #"{"x_groq":{"usage":\#(usage)}}"#,
            #"{"choices":[{"index":0,"delta":{},"usage":\#(usage)}]}"#,
        ] {
            #expect(readEveryWay(.openAI, stream(event, "[DONE]")).usageText == said)
        }
    }
}
