import ChatFormats
import Testing

/// Events that look like the one before are compared with it and not parsed again.
///
/// A stream that is fed whole is read that way; fed byte by byte, no event is there in one piece
/// and each is parsed in full. The results must be the same.
@Suite struct EventTemplateTests {
    private static func chunk(_ text: String, _ rest: String = "") -> String {
        #"{"id":"c","choices":[{"index":0,"delta":{"content":"\#(text)"},"finish_reason":null}]\#(rest)}"#
    }

    @Test(arguments: [
        // Plain, with escapes, beyond ASCII, and text that is nothing but an escape.
        ["Hello", " wor\\u006cd", "\\n", "Grüße 🌍", "\\\"}]}", "a"],
        // Text that looks like the end of the event.
        ["x", #"\\\"},\\\"finish_reason\\\":null}]}"#, "y"],
        // Empty text makes no entry, before and after others.
        ["a", "", "b", "", ""],
        ["", "", "a"],
        // A pair of surrogates in escapes.
        ["a", "\\ud83c\\udf0d", "b"],
    ])
    func `tokens in events of one shape come out as if each were read in full`(texts: [String]) {
        let events = texts.map { "data: \(Self.chunk($0))\n\n" }.joined()
        let reading = readEveryWay(.openAI, events + "data: [DONE]\n\n")
        #expect(reading.error == nil)
        #expect(reading.isDone)
        #expect(reading.entries.count == texts.count { !$0.isEmpty })
        #expect(reading.dataEventCount == texts.count + 1)
    }

    @Test(arguments: [
        // Another shape: a reason, usage, a tool call, another choice, reasoning, an error.
        #"{"id":"c","choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"length"}]}"#,
        #"{"id":"c","choices":[{"index":1,"delta":{"content":"b"},"finish_reason":null}]}"#,
        #"{"id":"c","choices":[{"index":0,"delta":{"reasoning":"b"},"finish_reason":null}]}"#,
        #"{"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
        #"{"id":"c","choices":[{"index":0,"delta":{"content":null},"finish_reason":null}]}"#,
        #"{"id":"c","choices":[{"index":0,"delta":{"content":["b"]},"finish_reason":null}]}"#,
        #"{"error":{"message":"b"}}"#,
        // The same shape up to the text's end, and then more of it.
        #"{"id":"c","choices":[{"index":0,"delta":{"content":"b","content":"d"},"finish_reason":null}]}"#,
        #"{"id":"c","choices":[{"index":0,"delta":{"content":"b"},"finish_reason":null}]}}"#,
        #"{"id":"c","choices":[{"index":0,"delta":{"content":"b"},"finish_reason":null}]"#,
        // Text that is not a JSON string.
        #"{"id":"c","choices":[{"index":0,"delta":{"content":"b\q"},"finish_reason":null}]}"#,
        #"{"id":"c","choices":[{"index":0,"delta":{"content":"b},"finish_reason":null}]}"#,
    ])
    func `an event of another shape between them is read for what it says`(other: String) {
        let stream = stream(Self.chunk("a"), Self.chunk("a2"), other, Self.chunk("c"), "[DONE]")
        _ = readEveryWay(.openAI, stream)
    }

    @Test(arguments: [
        "\r\n\r\n", "\n\n\n\n", "\n: comment\n\n", "\nid: 7\n\n", "\nevent: error\n\n",
        "\nretry: 3\n\n", "\ndata: {}\n\n", "\r\r",
    ])
    func `lines and line ends that differ are read for what they say`(ending: String) {
        let events = "data: \(Self.chunk("a"))\n\ndata: \(Self.chunk("b"))\n\n"
        let others = "data: \(Self.chunk("c"))\(ending)data: \(Self.chunk("d"))\n\n"
        _ = readEveryWay(.openAI, events + others + others + "data: [DONE]\n\n")
    }

    @Test func `Anthropic's text deltas are compared too, block by block`() {
        let delta = { (text: String, block: Int) in
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":\(block),"
                + "\"delta\":{\"type\":\"text_delta\",\"text\":\"\(text)\"}}\n\n"
        }
        let events = delta("a", 0) + delta("b", 0) + delta("c", 1) + delta("", 1) + delta("d", 1)
        let stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
        let reading = readEveryWay(.anthropic, events + stop)
        #expect(reading.entries == ["text:a", "text:b", "text:c", "text:d"])
        #expect(reading.isDone)
    }

    @Test func `a whole message that comes again is a repetition, in the same words and in more`() {
        let message = { (text: String) in
            #"{"choices":[{"index":0,"message":{"content":"\#(text)"}}]}"#
        }
        let again = stream(message("Hello"), message("Hello"), message("Hello world"), "[DONE]")
        #expect(readEveryWay(.openAI, again).entries == ["text:Hello"])
    }

    @Test func `a comment that says what the data says is no data`() {
        let event = { (data: String, comment: String) in
            "data: \(Self.chunk(data))\n: \(Self.chunk(comment))\n\n"
        }
        let events = event("a", "a") + event("b", "b") + event("b", "c") + event("d", "d")
        let reading = readEveryWay(.openAI, events + "data: [DONE]\n\n")
        #expect(reading.entries == ["text:a", "text:b", "text:b", "text:d"])
    }

    @Test func `a line over the limit is refused, though it looks like the one before`() {
        let texts = ["a", "b", String(repeating: "c", count: 4096)]
        let events = texts.map { "data: \(Self.chunk($0))\n\n" }.joined()
        var decoder = StreamDecoder(.openAI, maxLineBytes: 1024)
        var log = EntryLog()
        let bytes = Array(events.utf8)
        #expect(throws: StreamError.self) { try decoder.decode(bytes.span, into: &log) }
        #expect(log.count == 2)
    }

    @Test func `the bound on an answer holds for compared events, too`() {
        let events = (0..<100).map { _ in "data: \(Self.chunk("0123456789"))\n\n" }.joined()
        let reading = read(.openAI, pieces: [Array(events.utf8)[...]], maxAnswerBytes: 95)
        #expect(reading.entries.count == 9)
        #expect(reading.error != nil)
    }
}
