import ChatFormats
import Testing

/// Characters that a server cuts into the strings of two events.
@Suite struct `Split characters` {
    private static func delta(_ member: String, _ text: String) -> String {
        #"{"choices":[{"index":0,"delta":{"\#(member)":"\#(text)"},"finish_reason":null}]}"#
    }

    private static func said(_ deltas: [(member: String, text: String)]) -> Reading {
        let events = deltas.map { stream(delta($0.member, $0.text)) }.joined()
        return readEveryWay(.openAI, events + stream("[DONE]"))
    }

    private static func text(_ pieces: [String], _ member: String = "content") -> Reading {
        said(pieces.map { (member, $0) })
    }

    @Test(arguments: [
        [#"tea \ud83c"#, #"\udf75 is hot"#], [#"tea "#, #"\uD83C"#, #"\uDF75 is hot"#],
        [#"tea \ud83c"#, "", #"\udf75 is hot"#],
        ["tea", #" \ud83c"#, #"\udf75"#, " is", " hot"],
    ])
    func `halves of a character in two events belong together`(pieces: [String]) {
        let reading = Self.text(pieces)
        #expect(reading.error == nil)
        let said = reading.entries.map { $0.dropFirst("text:".count) }.joined()
        #expect(said == "tea 🍵 is hot")
        #expect(reading.ending == .complete)
    }

    @Test(arguments: [
        ([#"\ud83c"#], ["\u{FFFD}"]), ([#"a\ud83c"#, "b"], ["a", "\u{FFFD}b"]),
        ([#"a\ud83cb"#], ["a\u{FFFD}b"]), ([#"\udf75a"#, "b"], ["\u{FFFD}a", "b"]),
        ([#"a\ud83c"#, #"\ud83c\udf75"#], ["a", "\u{FFFD}🍵"]),
        ([#"a\\ud83c"#, "b"], [#"a\ud83c"#, "b"]),
        ([#"a\ud83c"#, #"\n"#], ["a", "\u{FFFD}\n"]),
        (["a", #"b\ud83c"#], ["a", "b", "\u{FFFD}"]),
    ])
    func `a half without the other is U+FFFD`(pieces: [String], texts: [String]) {
        let reading = Self.text(pieces)
        #expect(reading.error == nil)
        #expect(reading.entries == texts.map { "text:" + $0 })
    }

    @Test(arguments: ["reasoning", "reasoning_content", "refusal"])
    func `reasoning and refusals are joined like text`(member: String) {
        let reading = Self.text([#"\ud83c"#, #"\udf75"#], member)
        #expect(reading.entries.count == 1)
        #expect(reading.entries.first?.hasSuffix(":🍵") == true)
    }

    @Test func `halves of two kinds do not belong together`() {
        let reading = Self.said([("reasoning", #"a\ud83c"#), ("content", #"\udf75b"#)])
        #expect(
            reading.entries == ["reasoning:a", "reasoning:\u{FFFD}", "text:\u{FFFD}b"]
        )
    }

    @Test func `what comes between two halves does not part them`() {
        let events = stream(
            Self.delta("content", #"\ud83c"#),
            "heartbeat",
            #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
            Self.delta("content", #"\udf75"#),
            "[DONE]"
        )
        #expect(readEveryWay(.openAI, events).entries == ["text:🍵"])
    }

    @Test func `arguments of tools are joined`() {
        let call = { (arguments: String) in
            #"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\#(arguments)"}}]}}]}"#
        }
        let reading = readEveryWay(
            .openAI,
            stream(
                #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"k","function":{"name":"f"}}]}}]}"#,
                call(#"{\"a\":\"\ud83c"#),
                call(#"\udf75\"}"#),
                "[DONE]"
            )
        )
        #expect(
            reading.entries.dropFirst() == [
                #"toolCall:{"index":0,"function":{"arguments":"{\"a\":\""}}"#,
                #"toolCall:{"index":0,"function":{"arguments":"🍵\"}"}}"#,
            ]
        )
    }

    @Test func `arguments of several calls are joined each with its own`() {
        let call = { (number: Int, rest: String) in
            #"{"function":{\#(rest)},"index":\#(number)}"#
        }
        let event = { (calls: String) in #"{"choices":[{"delta":{"tool_calls":[\#(calls)]}}]}"# }
        let first = [
            call(0, #""name":"f","arguments":"{\"a\":\"\ud83c"# + "\""),
            call(1, #""name":"g","arguments":"{\"b\":\"\ud83d"# + "\""),
        ]
        let second = [
            call(0, #""arguments":"\udf75\"}""#), call(1, #""arguments":"\ude00\"}""#),
        ]
        let together = [first.joined(separator: ","), second.joined(separator: ",")]
        for calls in [together, first + second, first + second.reversed()] {
            let events = calls.map { stream(event($0)) }.joined() + stream("[DONE]")
            let reading = readEveryWay(.openAI, events)
            let said = reading.entries.joined()
            #expect(said.contains(#""index":0,"function":{"arguments":"🍵\"}"}"#))
            #expect(said.contains(#""index":1,"function":{"arguments":"😀\"}"}"#))
        }
    }

    @Test func `texts of several choices are joined each with its own`() {
        let event = { (number: Int, text: String) in
            stream(#"{"choices":[{"index":\#(number),"delta":{"content":"\#(text)"}}]}"#)
        }
        let events = [
            event(0, #"a\ud83c"#), event(1, #"b\ud83d"#), event(0, #"\udf75"#),
            event(1, #"\ude00"#), event(0, "."), event(1, #"\ud83d"#), event(0, "!"),
        ]
        let reading = readEveryWay(.openAI, events.joined() + stream("[DONE]"))
        #expect(
            reading.entries.filter { $0.hasPrefix("text:") }.joined() == "text:atext:🍵text:.text:!"
        )
        #expect(
            reading.entries.contains(
                #"members:{"choices":[{"index":1,"delta":{"content":"\ud83d\ude00"}}]}"#
            )
        )
    }

    @Test func `a half in a member that is no text changes nothing else`() {
        let event =
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"id":"k","function":{"name":"f"}}],"content":"a"},"logprobs":{"content":[{"token":"\ud83c"}]}}]}"#
        let reading = readEveryWay(.openAI, stream(event, event, "[DONE]"))
        #expect(reading.error == nil)
        let likelihood =
            #"members:{"choice":{"logprobs":{"content":[{"token":"\#u{FFFD}"}]}}}"#
        #expect(
            reading.entries == [
                likelihood, "text:a",
                #"toolCall:{"index":0,"id":"k","type":"function","function":{"name":"f","arguments":""}}"#,
                likelihood, "text:a", #"toolCall:{"index":0,"function":{"arguments":"{}"}}"#,
            ]
        )
    }

    @Test func `Anthropic's deltas are joined`() {
        let delta = { (text: String) in
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\#(text)"}}"#
        }
        let reading = readEveryWay(
            .anthropic,
            stream(delta(#"a\ud83c"#), delta(#"\udf75b"#), #"{"type":"message_stop"}"#)
        )
        #expect(reading.entries == ["text:a", "text:🍵b"])
    }

    @Test(arguments: 1..<4)
    func `bytes of one character in two events belong together`(cut: Int) {
        let cup = Array("🍵".utf8)
        let event = { (text: [UInt8]) in
            Array("data: {\"choices\":[{\"delta\":{\"content\":\"".utf8) + text
                + Array("\"}}]}\n\n".utf8)
        }
        let bytes = event([0x61] + cup[..<cut]) + event(Array(cup[cut...]) + [0x62])
        let reading = readEveryWay(.openAI, bytes + Array(stream("[DONE]").utf8))
        #expect(reading.error == nil)
        #expect(reading.entries == ["text:a", "text:🍵b"])
    }

    /// How two chunks, the second of which ends the answer, are wrapped.
    enum Wrapping: CaseIterable {
        case lines, array, arrayInEvent

        func body(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
            let (start, between, end) =
                switch self {
                case .lines: ("data: ", "\ndata: ", "\n")
                case .array: ("[", ",\n", "]")
                case .arrayInEvent: ("data: [", ",", "]\n\n")
                }
            return Array(start.utf8) + first + Array(between.utf8) + second + Array(end.utf8)
        }
    }

    @Test(arguments: Wrapping.allCases)
    func `halves belong together without the framing of events`(wrapping: Wrapping) {
        let cup = Array("🍵".utf8)
        let escaped = (Array(#"\ud83c"#.utf8), Array(#"\udf75"#.utf8))
        for (lead, trail) in [escaped, (Array(cup[..<2]), Array(cup[2...]))] {
            let start = Array(#"{"choices":[{"index":0,"delta":{"content":""#.utf8)
            let first = start + [0x61] + lead + Array(#""}}]}"#.utf8)
            let second = start + trail + Array(#""},"finish_reason":"stop"}]}"#.utf8)
            let reading = readEveryWay(.openAI, wrapping.body(first, second), ends: true)
            #expect(reading.entries == ["text:a", "text:🍵"])
            #expect(reading.ending == .complete && reading.error == nil)
        }
    }

    @Test(arguments: Wrapping.allCases)
    func `half a character of a chunk without framing is U+FFFD`(wrapping: Wrapping) {
        let chunk = Array(
            #"{"choices":[{"index":0,"delta":{"content":"\udf75a"},"finish_reason":"stop"}]}"#.utf8
        )
        let empty = Array(#"{"choices":[]}"#.utf8)
        let reading = readEveryWay(.openAI, wrapping.body(chunk, empty), ends: true)
        #expect(reading.entries == ["text:\u{FFFD}a"])
        #expect(reading.ending == .complete && reading.error == nil)
    }

    @Test func `bytes that are no character are U+FFFD`() {
        let bytes =
            Array("data: {\"choices\":[{\"delta\":{\"content\":\"a".utf8) + [0xC3, 0x28, 0xFF]
            + Array("\"}}]}\n\n".utf8)
        let reading = readEveryWay(.openAI, bytes + Array(stream("[DONE]").utf8))
        #expect(reading.entries == ["text:a\u{FFFD}(\u{FFFD}"])
    }

    @Test func `a whole answer with half a character is taken`() {
        let body =
            #"{"choices":[{"index":0,"message":{"content":"a\ud83c","tool_calls":[]},"logprobs":{"content":[{"token":"\ud83c"}]},"finish_reason":"length"}]}"#
        let reading = readEveryWay(.openAI, body, ends: true)
        #expect(
            reading.entries == [
                #"members:{"choice":{"logprobs":{"content":[{"token":"\#u{FFFD}"}]}}}"#, "text:a",
                "text:\u{FFFD}",
            ]
        )
        #expect(reading.ending == .length)
    }
}
