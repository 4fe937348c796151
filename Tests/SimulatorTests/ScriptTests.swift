import Testing
import Wire

@testable import Simulator

struct ScriptTests {
    @Test(
        arguments: [Vendor.openAI, .anthropic],
        [
            "", "&crlf=1", "&cr=1", "&comments=1", "&crlf=1&comments=1", "&chunk_bytes=1",
            "&chunk_bytes=2", "&chunk_bytes=3&crlf=1", "&chunk_bytes=7&cr=1&comments=1",
            "&chunk_bytes=100000", "&split_utf8=1", "&split_utf8=1&chunk_bytes=5&crlf=1",
            "&batch=3", "&batch=10000&comments=1",
        ]
    )
    func `a reader gets the whole text however the bytes are cut`(
        vendor: Vendor,
        options: String
    ) throws {
        let played = try Playback("m?interval_ms=0" + options, vendor)
        #expect(played.text == String(decoding: Answer.text, as: UTF8.self))
        #expect(played.finishReason == (vendor == .openAI ? "stop" : "end_turn"))
        #expect(played.last == .finish)
        #expect(played.hasDone == (vendor == .openAI))
        #expect((played.comments > 0) == options.contains("comments"))
        #expect(played.waits.isEmpty)
        if vendor == .anthropic {
            #expect(played.names.first == "message_start")
            #expect(played.names.last == "message_stop")
            for (name, event) in zip(played.names, played.events) {
                #expect(event["type"]?.stringValue == name)
            }
        } else {
            #expect(Set(played.names) == ["message"] || Set(played.names) == [""])
        }
    }

    @Test(arguments: [Vendor.openAI, .anthropic])
    func `the text, its length and its counts can be set`(vendor: Vendor) throws {
        let said = try Playback("m?say=%5BDONE%5D%0A%22x%22&interval_ms=0", vendor)
        #expect(said.text == "[DONE]\n\"x\"")
        let echoed = try Playback("m?echo=1", vendor)
        #expect(echoed.text == "grüß mich")
        let long = try Playback("m?say=a&tokens=1001&interval_ms=0&batch=7", vendor)
        #expect(long.text == String(repeating: "a\n\n", count: 500) + "a")
        let key = vendor == .openAI ? "completion_tokens" : "output_tokens"
        #expect(long.usage?[key]?.intValue == 1001)
        let uncounted = try Playback("m?say=a&no_usage=1", vendor)
        #expect(uncounted.usage == nil)
        let empty = try Playback("m?say=", vendor)
        #expect(empty.text.isEmpty)
        #expect(empty.finishReason != nil)
    }

    @Test
    func `counts are sent to OpenAI's callers only when asked for`() throws {
        let played = try Playback("m?say=a", .openAI, wantsUsage: false)
        #expect(played.usage == nil)
        #expect(played.events.allSatisfy { $0["usage"] == nil })
    }

    @Test(arguments: [Vendor.openAI, .anthropic])
    func `reasoning comes first and is counted`(vendor: Vendor) throws {
        let played = try Playback("m?say=hi&reasoning=4&interval_ms=0", vendor)
        #expect(played.reasoning == "The user wrote to")
        #expect(played.text == "hi")
        let key = vendor == .openAI ? "completion_tokens" : "output_tokens"
        #expect(played.usage?[key]?.intValue == 5)
    }

    @Test(
        arguments: [Vendor.openAI, .anthropic],
        [
            ("length", "length", "max_tokens"), ("content_filter", "content_filter", "refusal"),
            ("tool_calls", "tool_calls", "tool_use"),
        ]
    )
    func `the reason for the end can be set`(
        vendor: Vendor,
        reason: (asked: String, openAI: String, anthropic: String)
    ) throws {
        let played = try Playback("m?say=x&finish=" + reason.asked, vendor)
        #expect(played.finishReason == (vendor == .openAI ? reason.openAI : reason.anthropic))
        let arguments = Array(played.toolArguments.utf8)
        guard reason.asked == "tool_calls" else {
            #expect(arguments.isEmpty)
            return
        }
        #expect(try JSON.parse(arguments.span)["city"]?.stringValue == "Köln")
    }

    @Test(arguments: [Vendor.openAI, .anthropic], [0, 1, 3, 5])
    func `each misbehaviour strikes after exactly so many tokens`(
        vendor: Vendor,
        count: Int
    ) throws {
        let words = "a b c d e"
        let expected = String(words.prefix(max(0, count * 2 - 1)))
        for (key, step) in [
            ("cut_after", Step.finish), ("reset_after", .reset),
            ("truncate_chunk_after", .cutChunk),
        ] {
            for batch in [1, 2, 100] {
                let model = "m?say=a+b+c+d+e&interval_ms=0&batch=\(batch)&\(key)=\(count)"
                let played = try Playback(model, vendor)
                #expect(played.text == expected, "\(model)")
                #expect(played.last == step)
                #expect(!played.hasDone)
                #expect(played.finishReason == nil)
            }
        }
        let failed = try Playback("m?say=a+b+c+d+e&error_after=\(count)", vendor)
        #expect(failed.text == expected)
        #expect(failed.events.last?["error"]?["message"]?.stringValue != nil)
        #expect(!failed.hasDone)
        #expect(throws: JSONError.self) {
            try Playback("m?say=a+b+c+d+e&bad_json_after=\(count)", vendor)
        }
        let beyond = try Playback("m?say=a+b+c+d+e&cut_after=6", vendor)
        #expect(beyond.finishReason != nil)
    }

    @Test(arguments: [Vendor.openAI, .anthropic])
    func `an end by the last mark alone gives no reason`(vendor: Vendor) throws {
        let played = try Playback("m?say=x&done_only=1", vendor)
        #expect(played.finishReason == nil)
        #expect(played.hasDone == (vendor == .openAI))
        #expect(played.names.last == (vendor == .openAI ? played.names.first : "message_stop"))
    }

    @Test(arguments: [Vendor.openAI, .anthropic])
    func `an end without the last mark gives the reason`(vendor: Vendor) throws {
        let played = try Playback("m?say=x&no_done=1", vendor)
        #expect(played.finishReason == (vendor == .openAI ? "stop" : "end_turn"))
        #expect(!played.hasDone)
        #expect(played.names.last != "message_stop")
    }

    @Test
    func `silences come where they were asked for`() throws {
        let model = "m?say=a+b+c+d&first_ms=500&interval_ms=10&pause_after=2&pause_ms=300"
        let played = try Playback(model, .openAI)
        #expect(played.waits == [500, 10, 10, 300, 10, 10])
        #expect(try Playback("m?say=a", .openAI).waits == [25])
        #expect(try Playback("m?say=a+b+c+d&batch=2", .openAI).waits == [25, 25])
    }

    @Test(arguments: [Vendor.openAI, .anthropic], [500, 65_536, 65_537, 1_000_000])
    func `a long line is exactly as long as asked for`(vendor: Vendor, bytes: Int) throws {
        for options in ["", "&crlf=1&comments=1"] {
            let model = "m?say=+end&interval_ms=0&line_bytes=\(bytes)" + options
            let played = try Playback(model, vendor)
            let stream = Array(played.writes.joined())
            let lines = stream.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            #expect(lines.map(\.count).max() == bytes)
            #expect(played.text.hasSuffix("x end"))
            #expect(played.finishReason != nil)
        }
    }

    @Test
    func `a long answer is made as it is sent`() throws {
        let plan = try AnswerPlan(
            Playback.request("m?tokens=1000000000&interval_ms=0"),
            call: 1
        )
        let facts = AnswerFacts(
            number: 1,
            model: "m",
            created: 1,
            promptTokens: 1,
            hasUsage: true,
            wantsUsage: false
        )
        var script = plan.script(.openAI, facts)
        var bytes: [UInt8] = []
        for _ in 0..<100 { #expect(script.next(into: &bytes) == .send) }
        #expect(bytes.count < 100_000)
    }
}
