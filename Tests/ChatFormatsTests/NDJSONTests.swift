import ChatFormats
import Testing
import Wire

/// Each event of `events` as a line of JSON.
@Suite struct `Lines of JSON` {
    private static let start = #"{"id":"0abc","model":"m","created":7}"#
    private static let context = FrameContext(generation: "0abc", model: "m", created: 7)

    private static func lines(
        of log: borrowing EntryLog,
        _ context: FrameContext = context
    ) -> String {
        written { out in
            for n in log.numbers {
                Dialect.ndjson.appendFrame(n, of: log, context: context, into: &out)
            }
        }
    }

    @Test(arguments: [
        (EntryKind.text, "Hi", #"{"event":"token","id":"0abc.1","data":"Hi"}"#),
        (.text, "a\r\nb\n", #"{"event":"token","id":"0abc.1","data":"a\r\nb\n"}"#),
        (.text, "[DONE] \"", #"{"event":"token","id":"0abc.1","data":"[DONE] \""}"#),
        // What readers of lines besides \n take for a line's end.
        (
            .text, "a\u{85}b\u{2028}c\u{2029}",
            #"{"event":"token","id":"0abc.1","data":"a\u0085b\u2028c\u2029"}"#
        ),
        (
            .toolCall, "{\"a\":\"\u{2028}é…\"}",
            #"{"event":"tool_call","id":"0abc.1","data":{"a":"\u2028é…"}}"#
        ),
        (.reasoning, "hm", #"{"event":"reasoning","id":"0abc.1","data":"hm"}"#),
        (.refusal, "no", #"{"event":"refusal","id":"0abc.1","data":"no"}"#),
        (
            .toolCall, #"{"index":0}"#,
            #"{"event":"tool_call","id":"0abc.1","data":{"index":0}}"#
        ),
        (
            .toolCall, "{\n}", #"{"event":"tool_call","id":"0abc.1","data":"{\n}"}"#
        ),
        (
            .failure, #"{"status":"truncated","type":"t","message":"cut","code":null}"#,
            #"{"event":"error","id":"0abc.1","data":{"error":{"type":"t","message":"cut","code":null},"status":"truncated"}}"#
        ),
    ])
    func `have their exact bytes`(kind: EntryKind, payload: String, line: String) {
        let log = log((.start, Self.start), (kind, payload))
        let start = #"{"event":"start","id":"0abc.0","data":{"id":"0abc","model":"m"}}"#
        #expect(Self.lines(of: log) == "\(start)\n\(line)\n")
    }

    @Test func `end with the line that the events end with`() {
        var log = log((.start, Self.start), (.text, "a"))
        log.appendUsage(Usage(promptTokens: 1, completionTokens: 2))
        log.appendFinish(.length, finishReason: "length")
        let usage = #"{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}"#
        #expect(
            Self.lines(of: log).split(separator: "\n").suffix(2) == [
                #"{"event":"finish","data":{"status":"length","finish_reason":"length","usage":\#(usage)}}"#,
                #"{"event":"done","id":"0abc.3","data":"[DONE]"}"#,
            ]
        )
    }

    @Test(arguments: Ending.allCases)
    func `have the names, the ids and the data of the events`(ending: Ending) throws {
        var log = log(
            (.start, Self.start),
            (.reasoning, "h\"m"),
            (.text, "a\nb"),
            (.members, "{}"),
            (.toolCall, #"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#),
            (.refusal, "😀"),
            (.usage, "{}")
        )
        if ending.isFinish {
            log.appendFinish(ending, finishReason: "w")
        } else {
            log.appendFailure(ending, type: "t", message: "cut", code: "9")
        }
        let lines = Self.lines(of: log).split(separator: "\n").map(String.init)
        let events = written { out in
            for n in log.numbers {
                Dialect.events.appendFrame(n, of: log, context: Self.context, into: &out)
            }
        }
        let blocks = events.split(separator: "\n\n")
        #expect(lines.count == blocks.count)
        for (line, block) in zip(lines, blocks) {
            let line = try json(line)
            func field(_ name: String) -> String? {
                let values = block.split(separator: "\n").filter { $0.hasPrefix(name + ": ") }
                guard !values.isEmpty else { return nil }
                return values.map { $0.dropFirst(name.utf8.count + 2) }.joined(separator: "\n")
            }
            #expect(line["event"]?.stringValue == field("event"))
            #expect(line["id"]?.stringValue == field("id"))
            let data = try #require(field("data"))
            let isDocument = data.hasPrefix("{")
            #expect(line["data"] == (isDocument ? try json(data) : .string(data)))
        }
    }

    @Test func `have ids of records that are no words of ours`() throws {
        let context = FrameContext(generation: "a\"b", model: "m", created: 7, idMark: "r")
        let lines = Self.lines(of: log((.start, Self.start)), context)
        #expect(try json(lines)["id"]?.stringValue == "a\"b.r0")
    }

    @Test func `have the whole text in the place of what a client has`() throws {
        var log = log((.start, Self.start), (.text, "a\"b"))
        log.appendFinish(.complete, finishReason: "stop")
        let line = written {
            Dialect.ndjson.appendRestored(1, of: log, Self.context, into: &$0)
        }
        #expect(line == #"{"event":"restored","id":"0abc.1","data":{"content":"a\"b"}}"# + "\n")
    }

    @Test func `are filled with an empty line`() {
        #expect(written { Dialect.ndjson.media.appendSilence(Self.context, into: &$0) } == "\n")
    }
}
