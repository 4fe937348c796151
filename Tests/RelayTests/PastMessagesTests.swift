import ChatFormats
import Testing
import Wire

@testable import Generations
@testable import Relay

@Suite struct PastMessagesTests {
    private static func record(_ question: String, answer: String, at second: Int = 0) -> [UInt8] {
        var line: [UInt8] = []
        JSON.object([
            .init(
                key: "messages",
                value: .array([
                    .object([
                        .init(key: "role", value: .string("user")),
                        .init(key: "content", value: .string(question)),
                    ])
                ])
            ),
            .init(key: "started_at", value: .string("2026-11-28T00:00:0\(second).000Z")),
            .init(key: "content", value: .string(answer)),
        ]).write(into: &line)
        return line
    }

    private static func past(budget: Int = 8000) -> PastMessages {
        PastMessages(ChatRequest(messages: [.init(role: .user, text: "now")]), budget: budget)
    }

    @Test func `questions without an answer are passed over, but not without end`() {
        let silent = Self.record(String(repeating: "q", count: 1000), answer: "")
        var past = Self.past()
        var count = 0
        while past.add(silent), count < 100_000 { count += 1 }
        #expect(count == PastMessages.maxPassedBytes / silent.count)
        #expect(past.requestWithPast().messages.map(\.text) == ["now"])
    }

    @Test func `what cannot be read is passed over as well, but not without end`() {
        var past = Self.past()
        var count = 0
        while past.add(Array("{".utf8) + [UInt8](repeating: 0, count: 9999)), count < 10_000 {
            count += 1
        }
        #expect(count == PastMessages.maxPassedBytes / 10_000)
    }

    @Test func `an answer after questions without one is part of the past`() {
        var past = Self.past()
        var lines = [Self.record("newer", answer: "A2", at: 3)]
        lines += (0..<100).map { _ in Self.record("unanswered", answer: "") }
        lines.append(Self.record("older", answer: "A1", at: 1))
        for line in lines {
            let goesOn = past.add(line)
            #expect(goesOn)
        }
        let texts = past.requestWithPast().messages.map(\.text)
        #expect(texts == ["older", "A1", "newer", "A2", "now"])
    }

    /// A record whose members are given, but for its time.
    private static func record(
        at second: Int,
        _ messages: String,
        _ answer: String
    ) -> [UInt8] {
        Array(
            #"{"messages":[\#(messages)],"started_at":"2026-11-28T00:00:0\#(second).000Z",\#(answer)}"#
                .utf8
        )
    }

    private static func user(_ text: String) -> String {
        #"{"role":"user","content":"\#(text)"}"#
    }

    private static func call(_ id: String) -> String {
        #"{"id":"\#(id)","type":"function","function":{"name":"f","arguments":"{}"}}"#
    }

    private static func result(_ id: String) -> String {
        #"{"role":"tool","tool_call_id":"\#(id)","content":"r"}"#
    }

    private static func request(_ messages: String) throws -> ChatRequest {
        let body = Array(#"{"messages":[\#(messages)],"conversation":"c"}"#.utf8)
        return try ChatRequest(relayBody: body.span)
    }

    /// The messages that go upstream, as they are written, without what is asked last.
    private static func sent(
        _ records: [[UInt8]],
        before asked: String = user("now"),
        to provider: Provider = .openAI,
        readFor first: Provider? = nil
    ) throws -> [String] {
        let request = try request(asked)
        #expect(PastMessages.isWanted(request, budget: 8000))
        var past = PastMessages(request, budget: 8000, for: first ?? provider)
        for record in records.reversed() { _ = past.add(record) }
        var body: [UInt8] = []
        try provider.writeBody(past.requestWithPast(), model: "m", into: &body)
        let messages = try JSON.parse(body.span)["messages"]?.arrayValue ?? []
        return messages.dropLast().map { message in
            var text: [UInt8] = []
            message.write(into: &text)
            return String(decoding: text, as: UTF8.self)
        }
    }

    @Test(arguments: Provider.allCases)
    func `a blank answer does not go up, and neither does its question`(provider: Provider) throws {
        let records = [
            Self.record(at: 1, Self.user("one"), #""content":"A""#),
            Self.record(at: 2, Self.user("two"), ##""content":" \n\u00a0","status":"complete""##),
        ]
        #expect(
            try Self.sent(records, to: provider)
                == [Self.user("one"), #"{"role":"assistant","content":"A"}"#]
        )
    }

    @Test func `calls go up with their results`() throws {
        let records = [
            Self.record(
                at: 1,
                Self.user("one"),
                #""content":"","tool_calls":[\#(Self.call("t"))],"status":"tool_calls""#
            ),
            Self.record(at: 2, Self.result("t"), #""content":"A""#),
        ]
        let calls = #"{"role":"assistant","content":null,"tool_calls":[\#(Self.call("t"))]}"#
        #expect(
            try Self.sent(records)
                == [
                    Self.user("one"), calls, Self.result("t"),
                    #"{"role":"assistant","content":"A"}"#,
                ]
        )
        // The results may be what is asked now.
        #expect(
            try Self.sent(Array(records.prefix(1)), before: Self.result("t"))
                == [Self.user("one"), calls]
        )
    }

    @Test(arguments: [
        // No results: the text of the answer alone, or nothing.
        ("so", user("two"), #"u:one a:so u:two a:A"#), ("", user("two"), #"u:two a:A"#),
        // The results of other calls, and of some of the calls.
        ("so", result("x"), #"u:one a:so"#), ("so", result("t"), #"u:one a:so"#),
    ])
    func `calls without results stay here, and so do results without calls`(
        text: String,
        asked: String,
        sent: String
    ) throws {
        let records = [
            Self.record(
                at: 1,
                Self.user("one"),
                #""content":"\#(text)","tool_calls":[\#(Self.call("t")),\#(Self.call("u"))]"#
            ),
            Self.record(at: 2, asked, #""content":"A""#),
        ]
        let messages = try Self.sent(records).map {
            let message = try JSON.parse(Array($0.utf8).span)
            #expect(message.members?.count == 2)
            return "\(message["role"]?.stringValue?.prefix(1) ?? ""):"
                + (message["content"]?.stringValue ?? "")
        }
        #expect(messages.joined(separator: " ") == sent)
    }

    @Test func `what Claude thought before its calls goes back to Claude alone`() throws {
        let records = [
            Self.record(
                at: 1,
                Self.user("one"),
                #""members":[{"delta":{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"S"}]}}],"reasoning":"T","content":"","tool_calls":[\#(Self.call("t"))]"#
            )
        ]
        let claude = try Self.sent(records, before: Self.result("t"), to: .anthropic)
        #expect(
            claude.last
                == #"{"role":"assistant","content":[{"type":"thinking","thinking":"T","signature":"S"},{"type":"tool_use","id":"t","name":"f","input":{}}]}"#
        )
        // Another may stand in for Claude.
        for first in [Provider.openAI, .anthropic] {
            let others = try Self.sent(
                records,
                before: Self.result("t"),
                to: .openAI,
                readFor: first
            )
            #expect(
                others.last
                    == #"{"role":"assistant","content":null,"tool_calls":[\#(Self.call("t"))]}"#
            )
        }
    }

    @Test(arguments: [
        #"{"type":"image_url","image_url":{"url":"data:image/png;base64,%"}}"#,
        #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"%"}}"#,
        #"{"type":"input_audio","input_audio":{"format":"mp3","data":"%"}}"#,
        #"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,%"}}"#,
    ])
    func `a picture, a sound and a document leave room for earlier turns`(part: String) throws {
        let base64 = String(repeating: "A", count: 60_000)
        let parts = part.split(separator: "%").joined(separator: base64)
        let picture = #"{"role":"user","content":[{"type":"text","text":"see"},\#(parts)]}"#
        let records = [
            Self.record(at: 1, Self.user("one"), #""content":"A""#),
            Self.record(at: 2, picture, #""content":"B""#),
        ]
        let request = try Self.request(picture.split(separator: "see").joined(separator: "look"))
        var past = PastMessages(request, budget: 4000)
        for record in records.reversed() {
            let goesOn = past.add(record)
            #expect(goesOn)
        }
        #expect(
            past.requestWithPast().messages.map(\.text) == ["one", "A", "see", "B", "look"]
        )
    }
}
