import ChatFormats
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// What a model sends beside its text reaches clients, the journal and the history, and comes back
/// from there.
@Suite struct BesideTests {
    private static let first =
        #"{"model":"m-2026","system_fingerprint":"fp","citations":["https://one.example/"],"choices":[{"index":0,"delta":{"content":"Yes [1].","annotations":[{"type":"url_citation","url_citation":{"url":"https://one.example/"}}]},"logprobs":{"content":[{"token":"Yes","logprob":-0.5}]}},{"index":1,"delta":{"content":"No."},"finish_reason":"stop"}]}"#
    private static let end =
        #"{"model":"m-2026","system_fingerprint":"fp","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#
    private static let usage =
        #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"cost":0.5}}"#
    private static let answer = ScriptedUpstream.Answer(events: [first, end, usage, "[DONE]"])
    private static let body =
        #"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#

    private static func check(_ whole: JSON) throws {
        #expect(whole["model"] == .string("m-2026"))
        #expect(whole["system_fingerprint"] == .string("fp"))
        #expect(whole["citations"] == .array([.string("https://one.example/")]))
        #expect(whole["usage"]?["cost"]?.doubleValue == 0.5)
        let choices = try #require(whole["choices"]?.arrayValue)
        let message = choices[0]["message"]
        #expect(message?["content"] == .string("Yes [1]."))
        #expect(message?["annotations"]?.arrayValue?.count == 1)
        #expect(choices[0]["logprobs"]?["content"]?.arrayValue?.count == 1)
        #expect(choices[1]["message"]?["content"] == .string("No."))
        #expect(choices[1]["finish_reason"] == .string("stop"))
    }

    @Test(.timeLimit(.minutes(5)))
    func `an answer in one piece has all of it, at once and from its record`() async throws {
        try await withRelay(asking: [Self.answer]) { relay, _ in
            let target = "/v1/chat/completions"
            let (head, json) = try relay.exchange("POST", target, body: Self.body)
            try Self.check(json)
            let record = try relay.record(head.id)
            #expect(record["requested_model"] == .string("m"))
            #expect(record["model"] == .string("m-2026"))
            #expect(record["members"]?.arrayValue?.count == 1)
            #expect(record["usage"]?["cost"]?.doubleValue == 0.5)
            var line: [UInt8] = []
            record.write(into: &line)
            let recorded = try #require(RecordedAnswer(line))
            var again: [UInt8] = []
            let context = FrameContext(generation: head.id, model: recorded.model, created: 0)
            OpenAICompletion.append(log: recorded.part.log, context: context, into: &again)
            try Self.check(try JSON.parse(again.span))
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a stream has it before the text, and its record after a kill has it, too`() async throws {
        let cut = ScriptedUpstream.Answer(events: [Self.first], isBroken: true)
        try await withRelay(asking: [Self.answer, cut]) { relay, _ in
            let heard = try relay.ask("m")
            #expect(heard.events.map(\.name) == ["start", "extra", "token", "finish", "done"])
            let extra = try #require(heard.events.first { $0.name == "extra" }?.json)
            #expect(extra["delta"]?["annotations"]?.arrayValue?.count == 1)
            let lost = try relay.ask("m")
            #expect(lost.events.map(\.name) == ["start", "extra", "token", "error"])
            // What was not counted is estimated, and says so.
            let record = try relay.record(lost.head.id)
            #expect(record["usage"]?["estimated"] == .bool(true))
            #expect(record["usage"]?["completion_tokens"]?.intValue == 2)
            try await withRelay(afterKilling: relay) { next in
                let again = try next.resume(heard.head.id, after: "\(heard.head.id).0")
                #expect(again.events.map(\.name).prefix(2) == ["extra", "token"])
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an attempt that has said its fingerprint and no text is made again`() async throws {
        let role =
            #"{"system_fingerprint":"fp","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#
        let broken = ScriptedUpstream.Answer(events: [role], isBroken: true)
        try await withRelay(asking: [broken, Self.answer]) {
            $0.maxRetries = 1
        } _: { relay, upstream in
            let heard = try relay.ask("m")
            #expect(heard.last.data == "[DONE]")
            #expect(upstream.calls == 2)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `reasoning in a record is cut again where a signature follows it`() throws {
        let line =
            #"{"id":"x","model":"m","members":[{"chunk":{"a":1}},{"delta":{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"s"}]},"reasoning_bytes":4},{"delta":{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"t"}]},"reasoning_bytes":7},{"chunk":{"b":1}}],"reasoning":"one two","content":"yes","status":"complete","finish_reason":"stop"}"#
        let answer = try #require(RecordedAnswer(Array(line.utf8)))
        let kinds = answer.part.log.numbers.map { answer.part.log.kind($0) }
        #expect(
            kinds == [
                .start, .members, .reasoning, .members, .reasoning, .members, .members, .text,
                .finish,
            ]
        )
        var body: [UInt8] = []
        let context = FrameContext(generation: "x", model: "m", created: 0)
        OpenAICompletion.append(log: answer.part.log, context: context, into: &body)
        let message = try JSON.parse(body.span)["choices"]?.arrayValue?.first?["message"]
        let blocks = message?["thinking_blocks"]?.arrayValue ?? []
        #expect(blocks.map { $0["thinking"]?.stringValue } == ["one ", "two"])
    }
}
