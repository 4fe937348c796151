import ChatFormats
import Testing
import Wire

/// What came beside the text, as each dialect says it.
@Suite struct `Members in every dialect` {
    private static let picture = #"{"delta":{"images":[{"url":"data:,x"}]}}"#

    private static func log(_ entries: (EntryKind, String)...) -> EntryLog {
        var log = ChatFormatsTests.log((.start, "{}"))
        for (kind, text) in entries {
            let bytes = Array(text.utf8)
            log.append(kind, bytes.span)
        }
        return log
    }

    private static func written(
        _ dialect: Dialect,
        _ log: borrowing EntryLog,
        from start: Int = 1,
        hasIDs: Bool = true,
        repeatsContent: Bool = false
    ) -> String {
        let context = FrameContext(
            generation: "0abc",
            model: "m",
            created: 7,
            hasIDs: hasIDs,
            repeatsContent: repeatsContent
        )
        var writer = dialect.makeWriter(context)
        return ChatFormatsTests.written {
            _ = writer.write(start..<log.count, of: log, context, upTo: .max, into: &$0)
        }
    }

    private static func chunks(_ text: String) throws -> [JSON] {
        try text.split(separator: "\n").filter { $0.hasPrefix("data: {") }.map {
            try json(String($0.dropFirst(6)))
        }
    }

    @Test func `openai puts every member back in its place, and further choices beside the first`()
        throws
    {
        let log = Self.log(
            (
                .members,
                #"{"chunk":{"citations":["u"],"id":"no"},"choice":{"logprobs":{"content":[]}},"delta":{"annotations":[1]},"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":"stop"}]}"#
            ),
            (.text, "a")
        )
        let chunks = try Self.chunks(Self.written(.openai, log))
        let choices = try #require(chunks[0]["choices"]?.arrayValue)
        #expect(chunks[0]["citations"] == .array([.string("u")]))
        #expect(chunks[0]["id"] == .string("chatcmpl-0abc"))
        #expect(
            choices[0]
                == (try json(
                    #"{"index":0,"delta":{"annotations":[1]},"logprobs":{"content":[]},"finish_reason":null}"#
                ))
        )
        #expect(
            choices[1]
                == (try json(#"{"index":1,"delta":{"content":"b"},"finish_reason":"stop"}"#))
        )
        #expect(chunks[1]["choices"]?.arrayValue?.first?["delta"]?["content"] == .string("a"))
    }

    @Test func `a chunk says which model answers from the entry on that names it`() throws {
        let log = Self.log(
            (.text, "a"),
            (.members, #"{"chunk":{"model":"m-2"}}"#),
            (.text, "b")
        )
        for start in 1...3 {
            let models = try Self.chunks(Self.written(.openai, log, from: start)).map {
                $0["model"]?.stringValue
            }
            #expect(models == Array(["m", "m-2", "m-2"][(start - 1)...]))
        }
        #expect(log.answeringModel == "m-2")
    }

    @Test func `events and ndjson have it as an event of its own`() {
        let log = Self.log((.members, Self.picture), (.members, ""), (.members, #"{"x":1}"#))
        #expect(
            Self.written(.events, log)
                == "event: extra\nid: 0abc.1\ndata: \(Self.picture)\n\n"
        )
        #expect(
            Self.written(.ndjson, log)
                == "{\"event\":\"extra\",\"id\":\"0abc.1\",\"data\":\(Self.picture)}\n"
        )
    }

    @Test(arguments: [EntryKind.finish, .failure])
    func `other dialects say what they cannot show, once, before the end`(last: EntryKind) {
        var log = Self.log(
            (.members, Self.picture),
            (.members, Self.picture),
            (.members, #"{"delta":{"audio":{"data":"x"}},"choices":[{"index":1}]}"#)
        )
        if last == .finish {
            log.appendFinish(.complete, finishReason: "stop")
        } else {
            log.appendFailure(.truncated, type: "t", message: "m")
        }
        let names = #"["images","audio","choices"]"#
        let event = "event: extra\ndata: {\"left_out\":\(names)}\n\n"
        #expect(Self.written(.text, log).hasPrefix(event))
        #expect(Self.written(.tokens, log).hasPrefix(event))
        #expect(
            Self.written(.content, log).hasPrefix(
                "data: {\"content\":\"\",\"left_out\":\(names)}\n\n"
            )
        )
        #expect(!Self.written(.text, log, hasIDs: false).contains("left_out"))
        #expect(Self.written(.plain, log) == "")
        for dialect in [Dialect.events, .ndjson, .openai] {
            #expect(!Self.written(dialect, log).contains("left_out"))
        }
    }

    @Test(arguments: [
        (Dialect.events, false), (.text, false), (.tokens, false), (.content, false),
        (.openai, false), (.openai, true), (.ndjson, false),
    ])
    func `no line of a text is longer than 64 KiB, and nothing of it is lost`(
        dialect: Dialect,
        repeatsContent: Bool
    ) throws {
        let texts = [
            String(repeating: "x", count: 200_000), String(repeating: "é€😀", count: 40_000),
            String(repeating: "\u{1}\"\\\u{2028}", count: 30_000),
            String(repeating: "[DONE]", count: 30_000),
            "x" + String(repeating: "\n[DONE]", count: 20_000),
        ]
        for text in texts {
            let log = Self.log((.text, text))
            let stream = Self.written(dialect, log, repeatsContent: repeatsContent)
            var said = ""
            var ids = 0
            for block in stream.split(separator: dialect == .ndjson ? "\n" : "\n\n") {
                let lines = block.split(separator: "\n")
                #expect(lines.allSatisfy { $0.utf8.count <= 64 * 1024 })
                let data = lines.filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
                if lines.contains(where: { $0.hasPrefix("id: ") }) { ids += 1 }
                switch dialect {
                case .content: said += try json(data[0])["content"]?.stringValue ?? "?"
                case .openai:
                    let delta = try json(data[0])["choices"]?.arrayValue?.first?["delta"]
                    said += delta?["content"]?.stringValue ?? "?"
                case .ndjson:
                    let line = try json(String(block))
                    if line["id"] != nil { ids += 1 }
                    said += line["data"]?.stringValue ?? "?"
                default:
                    #expect(!data.contains { $0.hasPrefix("[DONE]") })
                    said += data.joined(separator: "\n")
                }
            }
            #expect(Array(said.utf8) == Array(text.utf8), "\(dialect)")
            #expect(ids == 1)
        }
    }

    @Test func `a short text stays one event`() {
        let text = String(repeating: "x", count: 60_000)
        for dialect in Dialect.all where dialect != .plain {
            let stream = Self.written(dialect, Self.log((.text, text)))
            #expect(stream.contains(text), "\(dialect)")
        }
    }

    @Test func `a restored text has all that came beside it`() {
        var log = Self.log((.members, Self.picture), (.members, "{}"), (.text, "a"))
        log.appendFinish(.complete, finishReason: "stop")
        let context = FrameContext(generation: "0abc", model: "m", created: 7)
        let event = ChatFormatsTests.written {
            Dialect.events.appendRestored(3, of: log, context, into: &$0)
        }
        #expect(event.hasSuffix("data: {\"content\":\"a\",\"extra\":[\(Self.picture)]}\n\n"))
    }
}
