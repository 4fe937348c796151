import ChatFormats
import Testing
import Wire

/// Exact bytes of every dialect, and what a reader of event streams makes of them.
@Suite struct `Dialects` {
    static let context = context()

    private static func context(
        wantsUsage: Bool = false,
        retryMilliseconds: Int? = nil
    ) -> FrameContext {
        FrameContext(
            generation: "0abc",
            model: "m\"1",
            created: 7,
            wantsUsage: wantsUsage,
            retryMilliseconds: retryMilliseconds
        )
    }

    static let start = #"{"id":"0abc","model":"m\"1","created":7}"#
    static let usage = #"{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}"#
    static let failure =
        #"{"status":"truncated","type":"t","message":"cut \"off\"","code":null}"#
    static let error = #"{"error":{"type":"t","message":"cut \"off\"","code":null}"#

    /// One entry after a start entry, written in a dialect.
    static func frame(
        _ dialect: Dialect,
        _ kind: EntryKind,
        _ payload: String,
        context: FrameContext = context
    ) -> String {
        let log = log((.start, start), (kind, payload))
        return written { dialect.appendFrame(1, of: log, context: context, into: &$0) }
    }

    /// A whole chunk of the openai dialect with the given id line.
    static func chunk(_ id: String, _ delta: String, _ finish: String = "null") -> String {
        id
            + #"data: {"id":"chatcmpl-0abc","object":"chat.completion.chunk","created":7,"model":"m\"1","choices":[{"index":0,"delta":"#
            + delta + #","logprobs":null,"finish_reason":"# + finish + "}]}\n\n"
    }

    @Test(arguments: [
        (Dialect.text, "data: Hi\n\n"),
        (.content, "data: {\"content\":\"Hi\"}\n\n"),
        (.openai, chunk("", #"{"content":"Hi"}"#)),
    ])
    func `without ids a block is its data line alone`(dialect: Dialect, bytes: String) {
        let context = FrameContext(generation: "0abc", model: "m\"1", created: 7, hasIDs: false)
        #expect(Self.frame(dialect, .text, "Hi", context: context) == bytes)
    }

    @Test(arguments: [
        (Dialect.events, EntryKind.text, "Hi", "event: token\nid: 0abc.1\ndata: Hi\n\n"),
        (.events, .text, " a\nb", "event: token\nid: 0abc.1\ndata:  a\ndata: b\n\n"),
        (.events, .text, "\n", "event: token\nid: 0abc.1\ndata: \ndata: \n\n"),
        (.events, .text, "\r", "event: token\nid: 0abc.1\ndata: \ndata: \n\n"),
        (.events, .text, "\r\n", "event: token\nid: 0abc.1\ndata: \ndata: \n\n"),
        (.events, .text, "😀", "event: token\nid: 0abc.1\ndata: 😀\n\n"),
        (
            .events, .text, "[DONE]",
            "event: token\ndata: [\n\nevent: token\nid: 0abc.1\ndata: DONE]\n\n"
        ),
        (.events, .reasoning, "hm", "event: reasoning\nid: 0abc.1\ndata: hm\n\n"),
        (.events, .refusal, "no", "event: refusal\nid: 0abc.1\ndata: no\n\n"),
        (
            .events, .toolCall, #"{"index":0}"#,
            "event: tool_call\nid: 0abc.1\ndata: {\"index\":0}\n\n"
        ),
        (.events, .usage, usage, ""),
        (
            .events, .failure, failure,
            "event: error\nid: 0abc.1\ndata: \(error),\"status\":\"truncated\"}\n\n"
        ),
        (.text, .text, "Hi", "id: 0abc.1\ndata: Hi\n\n"),
        (.text, .text, "a\n[DONE] b", "data: a\ndata: [\n\nid: 0abc.1\ndata: DONE] b\n\n"),
        (.text, .text, " [DONE]", "data:  [\n\nid: 0abc.1\ndata: DONE]\n\n"),
        (.text, .text, "[[DONE]", "id: 0abc.1\ndata: [[DONE]\n\n"),
        (.text, .text, "[DON", "id: 0abc.1\ndata: [DON\n\n"),
        (.text, .refusal, "no", "id: 0abc.1\ndata: no\n\n"),
        (.text, .reasoning, "hm", ""),
        (.text, .toolCall, "{}", ""),
        (.text, .usage, usage, ""),
        (.text, .failure, failure, "event: error\nid: 0abc.1\ndata: \(error)}\n\n"),
        (.tokens, .text, "Hi", "event: newToken\nid: 0abc.1\ndata: Hi\n\n"),
        (.tokens, .reasoning, "hm", ""),
        (
            .tokens, .failure, failure,
            "event: error\nid: 0abc.1\ndata: \(error),\"status\":\"truncated\"}\n\n"
        ),
        (.content, .text, "a\n\"[DONE]", "id: 0abc.1\ndata: {\"content\":\"a\\n\\\"[DONE]\"}\n\n"),
        (.content, .reasoning, "hm", ""),
        (
            .content, .failure, failure,
            "data: {\"error\":\"cut \\\"off\\\"\",\"status\":\"truncated\"}\n\nid: 0abc.1\ndata: [DONE]\n\n"
        ),
        (.openai, .text, "a\n\"", chunk("id: 0abc.1\n", #"{"content":"a\n\""}"#)),
        (.openai, .reasoning, "hm", chunk("id: 0abc.1\n", #"{"reasoning_content":"hm"}"#)),
        (.openai, .refusal, "no", chunk("id: 0abc.1\n", #"{"refusal":"no"}"#)),
        (
            .openai, .toolCall, #"{"index":0}"#,
            chunk("id: 0abc.1\n", #"{"tool_calls":[{"index":0}]}"#)
        ),
        (.openai, .usage, usage, ""),
        (
            .openai, .failure, failure,
            "data: {\"error\":{\"message\":\"cut \\\"off\\\"\",\"type\":\"t\",\"param\":null,\"code\":null}}\n\nid: 0abc.1\ndata: [DONE]\n\n"
        ),
    ])
    func `every entry has its exact bytes`(
        dialect: Dialect,
        kind: EntryKind,
        payload: String,
        bytes: String
    ) {
        #expect(Self.frame(dialect, kind, payload) == bytes)
    }

    @Test(arguments: [
        (
            Dialect.events,
            "event: start\nid: 0abc.0\nretry: 900\ndata: {\"id\":\"0abc\",\"model\":\"m\\\"1\"}\n\n"
        ),
        (.text, ""), (.tokens, ""), (.content, ""),
        (
            .openai,
            chunk("id: 0abc.0\nretry: 900\n", #"{"role":"assistant","content":""}"#)
        ),
    ])
    func `the start has its exact bytes and the retry time`(dialect: Dialect, bytes: String) {
        let context = Self.context(retryMilliseconds: 900)
        let log = log((.start, Self.start))
        let frame = written { dialect.appendFrame(0, of: log, context: context, into: &$0) }
        #expect(frame == bytes)
    }

    @Test func `the retry time is sent once, in the first block of a frame`() {
        let context = Self.context(retryMilliseconds: 5)
        #expect(
            Self.frame(.text, .text, "[DONE]", context: context)
                == "retry: 5\ndata: [\n\nid: 0abc.1\ndata: DONE]\n\n"
        )
        #expect(
            Self.frame(.content, .failure, Self.failure, context: context)
                .hasPrefix("retry: 5\ndata: {")
        )
    }

    @Test(arguments: Ending.allCases)
    func `every ending is written truthfully in every dialect`(ending: Ending) {
        for dialect in Dialect.eventStreams {
            var log = EntryLog()
            log.appendStart(id: "0abc", model: "m\"1", created: 7)
            if ending.isFinish {
                log.appendFinish(ending, finishReason: "w")
            } else {
                log.appendFailure(ending, type: "t", message: "cut", code: "9")
            }
            #expect(log.ending == ending)
            let frame = written {
                dialect.appendFrame(1, of: log, context: Self.context, into: &$0)
            }
            #expect(frame == Self.end(of: ending, in: dialect), "\(dialect)")
        }
    }

    /// The last frame of a stream that ended in this way.
    private static func end(of ending: Ending, in dialect: Dialect) -> String {
        let word = ending.rawValue
        let done = "id: 0abc.1\ndata: [DONE]\n\n"
        let error = #"{"error":{"type":"t","message":"cut","code":"9"}"#
        let finish =
            "event: finish\ndata: {\"status\":\"\(word)\",\"finish_reason\":\"w\",\"usage\":null}\n\n"
        switch (dialect, ending.isFinish) {
        case (.events, true): return finish + "event: done\n\(done)"
        case (.text, true), (.tokens, true), (.content, true), (.openai, true):
            break
        case (.events, false), (.tokens, false):
            return "event: error\nid: 0abc.1\ndata: \(error),\"status\":\"\(word)\"}\n\n"
        case (.text, false): return "event: error\nid: 0abc.1\ndata: \(error)}\n\n"
        case (.content, false):
            return "data: {\"error\":\"cut\",\"status\":\"\(word)\"}\n\n\(done)"
        case (.openai, false):
            return
                "data: {\"error\":{\"message\":\"cut\",\"type\":\"t\",\"param\":null,\"code\":\"9\"}}\n\n\(done)"
        default: return "no event stream"
        }
        let isComplete = ending == .complete
        switch dialect {
        case .tokens: return (isComplete ? "" : finish) + "event: end\n\(done)"
        case .content:
            let status = "data: {\"content\":\"\",\"status\":\"\(word)\"}\n\n"
            return (isComplete ? "" : status) + done
        case .openai:
            let reasons: [Ending: String] = [
                .complete: "stop", .length: "length", .filtered: "content_filter",
                .toolCalls: "tool_calls",
            ]
            if let reason = reasons[ending] { return chunk("", "{}", "\"\(reason)\"") + done }
            return
                "data: {\"error\":{\"message\":\"the answer was stopped before its end\",\"type\":\"stopped\",\"param\":null,\"code\":\"stopped\"}}\n\n\(done)"
        default: return (isComplete ? "" : finish) + done
        }
    }

    @Test func `usage goes into the finish event and into OpenAI's last chunk where it is wanted`()
    {
        var log = log((.start, Self.start), (.text, "a"))
        log.appendUsage(Usage(promptTokens: 1, completionTokens: 2))
        log.appendFinish(.length, finishReason: "length")
        let events = written {
            Dialect.events.appendFrame(3, of: log, context: Self.context, into: &$0)
        }
        #expect(
            events
                == "event: finish\ndata: {\"status\":\"length\",\"finish_reason\":\"length\",\"usage\":\(Self.usage)}\n\nevent: done\nid: 0abc.3\ndata: [DONE]\n\n"
        )
        let context = Self.context(wantsUsage: true)
        let text = written { Dialect.openai.appendFrame(1, of: log, context: context, into: &$0) }
        #expect(text.hasSuffix("\"finish_reason\":null}],\"usage\":null}\n\n"))
        let chunks = written { Dialect.openai.appendFrame(3, of: log, context: context, into: &$0) }
        let blocks = chunks.split(separator: "\n\n")
        #expect(blocks.count == 3)
        #expect(blocks[0].hasSuffix("\"finish_reason\":\"length\"}],\"usage\":null}"))
        #expect(blocks[1].hasSuffix("\"choices\":[],\"usage\":\(Self.usage)}"))
        #expect(blocks[2] == "id: 0abc.3\ndata: [DONE]")
    }

    @Test func `a usage chunk that nobody counted is left out`() {
        let context = Self.context(wantsUsage: true)
        let finish = #"{"status":"complete","finish_reason":"stop"}"#
        let chunks = Self.frame(.openai, .finish, finish, context: context)
        #expect(chunks.split(separator: "\n\n").count == 2)
    }

    static let tokens = [
        "Hello", " ", "\n", "\n\n", "\r", "\r\n", "a\rb\nc\r\nd", "[DONE]", "[DONE] and on",
        " [DONE]", "x\n[DONE]\n[DONE]", "😀", "👩‍👩‍👧", ": comment", "data: x", "id: 7\nevent: y",
        "\u{FEFF}", "\u{0}", "\u{2028}", "tab\there", "\"quoted\\\"", "end\n",
    ]

    @Test(arguments: Dialect.eventStreams)
    func `what a dialect writes is read back as the text`(dialect: Dialect) throws {
        var log = log((.start, Self.start))
        for token in Self.tokens {
            let bytes = Array(token.utf8)
            log.append(.text, bytes.span)
        }
        log.appendFinish(.complete, finishReason: "stop")
        var out: [UInt8] = []
        for n in 0..<log.count {
            dialect.appendFrame(n, of: log, context: Self.context, into: &out)
        }
        let reader = try StreamReader(out)
        var joined = Self.tokens.joined()
        if dialect != .content && dialect != .openai {
            // The format of event streams knows one line end only. A character of Swift may be
            // CR and LF together, so scalars are compared.
            joined = Self.tokens.map(Self.withLineFeeds).joined()
        }
        #expect(Array(reader.text.utf8) == Array(joined.utf8))
        #expect(reader.doneCount == 1)
        #expect(reader.lastID == "0abc.\(log.count - 1)")
    }

    private static func withLineFeeds(_ text: String) -> String {
        var result = ""
        var isAfterCR = false
        for scalar in text.unicodeScalars {
            if !(isAfterCR && scalar == "\n") {
                result.unicodeScalars.append(scalar == "\r" ? "\n" : scalar)
            }
            isAfterCR = scalar == "\r"
        }
        return result
    }
}

/// Reads a dialect's stream as a client does: text from tokens, one `[DONE]` at the end.
private struct StreamReader {
    var text = ""
    var doneCount = 0
    var lastID = ""

    init(_ bytes: [UInt8]) throws {
        var decoder = EventDecoder()
        var offset = 0
        while try decoder.next(bytes.span, from: &offset) {
            let data = String(decoding: decoder.data, as: UTF8.self)
            let name = String(decoding: decoder.name, as: UTF8.self)
            if data.hasPrefix("[DONE]") {
                doneCount += 1
            } else if name == "" && data.hasPrefix("{\"") {
                let value = try json(data)
                let delta = value["choices"]?.arrayValue?.first?["delta"] ?? value
                text += delta["content"]?.stringValue ?? ""
            } else if name == "" || name == "token" || name == "newToken" {
                text += data
            }
        }
        lastID = String(decoding: decoder.lastEventID, as: UTF8.self)
    }
}
