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
}
