import ChatFormats
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay
@testable import Simulator

/// Upstreams that misbehave: what can be read is read, and a cut stream never looks like success.
@Suite struct WeatherTests {
    private static let text = String(decoding: Answer.text, as: UTF8.self)

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            "crlf=1", "cr=1", "comments=1", "chunk_bytes=1", "split_utf8=1", "batch=50",
            "batch=1000", "chunk_bytes=7&crlf=1&comments=1", "no_usage=1", "http=close",
            "first_ms=200", "pause_after=3&pause_ms=200", "content_type=Text/Event-Stream",
        ],
        ["simulator", "claude-x"]
    )
    func `an unusual stream gives the usual answer`(weather: String, name: String) async throws {
        try await withRelay { relay in
            let heard = try relay.ask("\(name)?interval_ms=0&" + weather)
            #expect(heard.head.status == 200)
            #expect(spoken(in: heard.events, as: .events) == Self.text)
            #expect(heard.last.data == "[DONE]")
            let record = try relay.record(heard.head.id)
            #expect(record["content"]?.stringValue == Self.text)
            #expect(record["status"]?.stringValue == "complete")
            let usage = try #require(record["usage"])
            #expect(usage["completion_tokens"]?.intValue ?? 0 > 0)
            // What the upstream did not count is estimated, and says so.
            let isEstimated = weather == "no_usage=1"
            #expect(usage["estimated"] == (isEstimated ? .bool(true) : nil))
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["simulator", "claude-x"])
    func `an end without a reason is an end`(name: String) async throws {
        try await withRelay { relay in
            let heard = try relay.ask("\(name)?interval_ms=0&tokens=2&done_only=1")
            #expect(heard.last.data == "[DONE]")
            #expect(try relay.record(heard.head.id)["status"]?.stringValue == "complete")
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [1000, 65_536, 1_048_576],
        ["simulator", "claude-x"]
    )
    func `an enormous line comes through whole`(bytes: Int, name: String) async throws {
        try await withRelay { relay in
            let heard = try relay.ask("\(name)?interval_ms=0&tokens=0&line_bytes=\(bytes)")
            #expect(heard.last.data == "[DONE]")
            let text = spoken(in: heard.events, as: .events)
            #expect(text.utf8.count > bytes - 300 && text.utf8.count < bytes)
            #expect(text.utf8.allSatisfy { $0 == UInt8(ascii: "x") })
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an answer beyond the limit is ended with a failure`() async throws {
        try await withRelay {
            $0.maxAnswerBytes = 10_000
        } _: { relay in
            let heard = try relay.ask("simulator?interval_ms=0&tokens=100000")
            #expect(heard.last.name == "error")
            #expect(heard.last.json["error"]?["code"]?.stringValue == "too_long")
            let record = try relay.record(heard.head.id)
            #expect(record["status"]?.stringValue == "upstream_error")
            let kept = record["content"]?.stringValue?.utf8.count ?? 0
            #expect(kept > 9000 && kept <= 10_000)
        }
    }

    struct Break: Sendable, CustomTestStringConvertible {
        let weather: String
        let status: String
        let code: String
        var testDescription: String { weather }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            Break(weather: "cut_after=5", status: "truncated", code: "truncated"),
            Break(weather: "reset_after=5", status: "truncated", code: "truncated"),
            Break(weather: "truncate_chunk_after=5", status: "truncated", code: "truncated"),
            Break(weather: "bad_json_after=5", status: "upstream_error", code: "malformed"),
            Break(weather: "error_after=5", status: "upstream_error", code: "*"),
        ],
        ["simulator", "claude-x"]
    )
    func `a stream that breaks in the middle ends truthfully in every dialect`(
        broken: Break,
        name: String
    ) async throws {
        try await withRelay { relay in
            for dialect in Dialect.eventStreams {
                let model = "\(name)?tokens=20&interval_ms=1&\(broken.weather)"
                let heard = try relay.ask(model, query: "?format=\(dialect.name)")
                #expect(heard.head.status == 200)
                let text = spoken(in: heard.events, as: dialect)
                #expect(text == Self.first(5))
                checkEnd(heard.events, dialect, broken)
                let record = try relay.record(heard.head.id)
                #expect(record["status"]?.stringValue == broken.status)
                #expect(record["content"]?.stringValue == Self.first(5))
                #expect(record["timing"]?["tokens"]?.intValue == 5)
                #expect(record["timing"]?["retries"]?.intValue == 0)
                #expect(record["finish_reason"] == .null)
                if broken.code != "*" {
                    #expect(record["error"]?["code"]?.stringValue == broken.code)
                }
                #expect(
                    relay.calls(model).calls
                        == Dialect.eventStreams.firstIndex(of: dialect).map { $0 + 1 }
                )
            }
        }
    }

    private func checkEnd(_ events: [Event], _ dialect: Dialect, _ broken: Break) {
        let hasDone = events.last?.data == "[DONE]"
        switch dialect {
        case .events, .tokens:
            #expect(!hasDone)
            #expect(events.last?.name == "error")
            #expect(events.last?.json["status"]?.stringValue == broken.status)
        case .text:
            #expect(!hasDone)
            #expect(events.last?.name == "error")
            #expect(events.last?.json["error"]?["message"]?.stringValue?.isEmpty == false)
        case .content:
            #expect(hasDone)
            let error = events.dropLast().last?.json
            #expect(error?["status"]?.stringValue == broken.status)
            #expect(error?["error"]?.stringValue?.isEmpty == false)
        default:
            #expect(hasDone)
            #expect(events.dropLast().last?.json["error"]?["message"]?.stringValue != nil)
            // Nothing says that the answer was whole.
            #expect(!events.contains { $0.data.contains(#""finish_reason":""#) })
        }
    }

    private static func first(_ count: Int) -> String {
        var source = TokenSource(Answer.text, limit: count)
        var bytes: [UInt8] = []
        while let range = source.next() { bytes += Answer.text[range] }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            ("length", "length"), ("content_filter", "filtered"), ("tool_calls", "tool_calls"),
        ],
        ["simulator", "claude-x"]
    )
    func `each way to finish has its status`(
        finish: (reason: String, status: String),
        name: String
    ) async throws {
        try await withRelay { relay in
            let heard = try relay.ask("\(name)?tokens=2&interval_ms=0&finish=\(finish.reason)")
            let said = heard.events.first { $0.name == "finish" }?.json
            #expect(said?["status"]?.stringValue == finish.status)
            #expect(said?["finish_reason"]?.stringValue == finish.reason)
            let record = try relay.record(heard.head.id)
            #expect(record["status"]?.stringValue == finish.status)
            #expect(record["finish_reason"]?.stringValue == finish.reason)
            #expect(
                (record["tool_calls"]?.arrayValue?.count == 1) == (finish.reason == "tool_calls")
            )
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["simulator", "claude-x"])
    func `thoughts are events of their own and no part of the answer`(name: String) async throws {
        try await withRelay { relay in
            let heard = try relay.ask("\(name)?reasoning=4&tokens=2&interval_ms=0")
            #expect(heard.events.count { $0.name == "reasoning" } == 4)
            let record = try relay.record(heard.head.id)
            let thoughts = heard.events.filter { $0.name == "reasoning" }.map(\.data).joined()
            #expect(record["reasoning"]?.stringValue == thoughts)
            #expect(record["content"]?.stringValue == Self.first(2))
            let plain = try relay.ask(
                "\(name)?reasoning=4&tokens=2&interval_ms=0",
                query: "?format=text"
            )
            #expect(spoken(in: plain.events, as: .text) == Self.first(2))
        }
    }
}
