import ChatFormats
import Testing
import Wire

@testable import Generations
@testable import Relay

/// An attempt that follows a failed one begins from nothing: what the first one said of its end
/// does not count for the second.
@Suite struct SecondAttemptTests {
    private static func finish(_ reason: String) -> String {
        #"{"choices":[{"index":0,"delta":{},"finish_reason":"\#(reason)"}]}"#
    }

    private static let role =
        #"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#
    private static let hello = #"{"choices":[{"index":0,"delta":{"content":"hello"}}]}"#

    /// Names a reason for its end before anything of an answer, and only then says that it failed.
    private static func overloaded(after reason: String) -> ScriptedUpstream.Answer {
        let error = #"{"error":{"type":"overloaded_error","message":"come back later"}}"#
        return ScriptedUpstream.Answer(events: [finish(reason), error])
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            // It has no event, so that only what the first attempt said can be misread.
            ScriptedUpstream.Answer(events: []),
            ScriptedUpstream.Answer(events: [], isBroken: true),
            ScriptedUpstream.Answer(events: [role]),
        ]
    )
    func `a cut second attempt is no success because the first one had named its end`(
        second: ScriptedUpstream.Answer
    ) async throws {
        try await withRelay(asking: [Self.overloaded(after: "stop"), second]) {
            $0.maxRetries = 1
        } _: { relay, upstream in
            let (head, json) = try relay.exchange("POST", "/chat/stream", body: #"{"message":"x"}"#)
            #expect(head.status == 502)
            #expect(head.fields.first("Content-Type") == "application/json")
            #expect(json["error"]?["message"]?.stringValue?.isEmpty == false)
            #expect(upstream.calls == 2)
            let record = try relay.record(head.id)
            let failure = second.isBroken ? "upstream_error" : "truncated"
            #expect(record["status"]?.stringValue == failure)
            #expect(record["finish_reason"] == .null)
            #expect(record["timing"]?["retries"]?.intValue == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `the reason for the end is that of the attempt that answered`() async throws {
        let whole = ScriptedUpstream.Answer(events: [Self.hello, Self.finish("stop"), "[DONE]"])
        try await withRelay(asking: [Self.overloaded(after: "length"), whole]) { relay, upstream in
            let heard = try relay.ask("simulator")
            #expect(spoken(in: heard.events, as: .events) == "hello")
            #expect(heard.last.data == "[DONE]")
            #expect(upstream.calls == 2)
            let record = try relay.record(heard.head.id)
            #expect(record["status"]?.stringValue == "complete")
            #expect(record["finish_reason"]?.stringValue == "stop")
        }
    }
}
