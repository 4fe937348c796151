import ChatFormats
import Testing
import Wire

@testable import Generations
@testable import Relay

/// An answer that is paid for is taken, whatever wraps it; what is no answer is an error in the
/// upstream's words; neither is asked for again.
@Suite(.timeLimit(.minutes(5))) struct WrappingTests {
    private typealias Answer = ScriptedUpstream.Answer

    private static let text = #"{"choices":[{"index":0,"delta":{"content":"Good"}}]}"#
    private static let last =
        #"{"choices":[{"index":0,"delta":{"content":" night"},"finish_reason":"stop"}]}"#
    private static let whole =
        #"{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Good night"},"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":3,"total_tokens":5}}"#

    /// The same text as an answer, each time wrapped otherwise.
    private static let answers: [Answer] = [
        .body("data: \(text)\n\ndata: \(last)\n"), .body("data: \(text)\n\ndata: \(last)"),
        .body("\(text)\n\(last)\n", type: "application/x-ndjson"),
        .body(whole, type: "application/json"), .body(whole), .body("data: \(whole)\n\n"),
        .body("data: \(text)\n\ndata: \(last)\n\n", type: "text/plain"),
        .body("data: \(text)\n\ndata: \(last)\n\n", type: nil),
        .body("data: \(text)\n\ndata: \(last)\n\n", type: "application/octet-stream"),
        Answer(events: [text, "heartbeat", last, "[DONE]"]),
    ]

    @Test(arguments: answers.indices)
    func `an answer is complete and recorded, whatever wraps it`(index: Int) async throws {
        try await withRelay(asking: [Self.answers[index]]) { relay, upstream in
            let heard = try relay.ask("simulator")
            #expect(spoken(in: heard.events, as: .events) == "Good night")
            #expect(heard.last.data == "[DONE]")
            let record = try relay.record(heard.head.id)
            #expect(record["status"]?.stringValue == "complete")
            #expect(record["content"]?.stringValue == "Good night")
            let isCounted = String(decoding: Self.answers[index].body, as: UTF8.self).contains(
                "usage"
            )
            let usage = record["usage"]
            #expect(usage?["estimated"]?.boolValue == (isCounted ? nil : true))
            if isCounted { #expect(usage?["total_tokens"]?.intValue == 5) }
            #expect(upstream.calls == 1)
            #expect(upstream.codings == ["identity"])
        }
    }

    @Test(
        arguments: [
            #"{"response":"Good"}"#, #"{"message":{"content":"Good"},"done":false}"#,
        ]
    )
    func `a stream of another protocol is shown by how it begins`(event: String) async throws {
        try await withRelay(asking: [Answer(events: [event, "[DONE]"])]) { relay, upstream in
            let body = #"{"message":"hi","model":"simulator"}"#
            let (head, json) = try relay.exchange("POST", "/chat/stream", body: body)
            #expect(head.status == 502)
            let message = try #require(json["error"]?["message"]?.stringValue)
            #expect(message.hasSuffix("no part of its protocol, and begins: \(event)"))
            #expect(upstream.calls == 1)
        }
    }

    @Test func `a body that nobody asked to compress is read`() async throws {
        var answer = Answer(events: [], body: Self.squeezed)
        answer.fields.append("Content-Encoding", "gzip")
        try await withRelay(asking: [answer]) { relay, upstream in
            let heard = try relay.ask("simulator")
            #expect(spoken(in: heard.events, as: .events) == "squeezed")
            #expect(heard.last.data == "[DONE]")
            #expect(upstream.calls == 1)
        }
    }

    private static let refusals: [Answer] = [
        .body(#"error: {"message":"no credit left","code":400}"# + "\n\ndata: [DONE]\n\n"),
        .body(#"{"error":{"message":"no credit left","type":"billing"}}"#),
        .body(#"{"error":{"message":"no credit left"}}"#, type: "application/json"),
        .body(#"{"detail":"no credit left"}"#, type: "application/json"),
        Answer(events: [#"[{"error":{"code":400,"message":"no credit left"}}]"#]),
    ]

    @Test(arguments: refusals.indices)
    func `an error with status 200 is passed on in its words, after one call`(
        index: Int
    ) async throws {
        try await withRelay(asking: [Self.refusals[index]]) { relay, upstream in
            let body = #"{"message":"x"}"#
            let (head, json) = try relay.exchange("POST", "/chat/stream", body: body)
            // The error's own code is a status.
            #expect(head.status == (json["error"]?["code"]?.intValue ?? 502))
            let message = json["error"]?["message"]?.stringValue ?? ""
            #expect(message.contains("no credit left"))
            #expect(try relay.record(head.id)["status"]?.stringValue == "upstream_error")
            #expect(upstream.calls == 1)
        }
    }

    @Test(arguments: [
        ("<!doctype html><title>Log in</title>", "text/html"),
        ("\n<html></html>", "text/event-stream"), ("Service is asleep.", "text/plain"),
    ])
    func `a page or a sentence is no stream, and its type is named`(
        body: String,
        type: String
    ) async throws {
        try await withRelay(asking: [.body(body, type: type)]) { relay, upstream in
            let body = #"{"message":"x"}"#
            let (head, json) = try relay.exchange("POST", "/chat/stream", body: body)
            #expect(head.status == 502)
            #expect(json["error"]?["code"]?.stringValue == "not_a_stream")
            #expect(json["error"]?["message"]?.stringValue?.contains(type) == true)
            #expect(upstream.calls == 1)
        }
    }

    private static let nothings: [Answer] = [
        Answer(events: []), Answer(events: ["[DONE]"]), .body(""),
        Answer(events: [#"{"choices":[{"index":0,"delta":{"role":"assistant"}}]}"#, "[DONE]"]),
        .body(#"{"choices":[{"index":0,"message":{"#, type: "application/json"),
    ]

    @Test(arguments: nothings.indices)
    func `nothing, and no word why, is no success, and is not asked for again`(
        index: Int
    ) async throws {
        try await withRelay(asking: [Self.nothings[index]]) { relay, upstream in
            let body = #"{"message":"x"}"#
            let (head, json) = try relay.exchange("POST", "/chat/stream", body: body)
            #expect(head.status == 502)
            #expect(json["error"]?["code"]?.stringValue == "truncated")
            #expect(try relay.record(head.id)["status"]?.stringValue == "truncated")
            #expect(upstream.calls == 1)
        }
    }

    @Test func `a connection that breaks before the answer is tried again`() async throws {
        let broken = Answer(events: [], isBroken: true)
        try await withRelay(asking: [broken, .body(Self.whole)]) { relay, upstream in
            let heard = try relay.ask("simulator")
            #expect(spoken(in: heard.events, as: .events) == "Good night")
            #expect(upstream.calls == 2)
        }
    }

    @Test func `the vendor's own word for the end is passed on and kept`() async throws {
        let last =
            #"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"MAX_TOKENS"}]}"#
        try await withRelay(asking: [Answer(events: [last, "[DONE]"])]) { relay, _ in
            let heard = try relay.ask("simulator")
            let finish = heard.events.first { $0.name == "finish" }?.json
            #expect(finish?["status"]?.stringValue == "length")
            #expect(finish?["finish_reason"]?.stringValue == "length")
            #expect(finish?["native_finish_reason"]?.stringValue == "MAX_TOKENS")
            let record = try relay.record(heard.head.id)
            #expect(record["finish_reason"]?.stringValue == "length")
            #expect(record["native_finish_reason"]?.stringValue == "MAX_TOKENS")
            let body = #"{"model":"simulator","messages":[{"role":"user","content":"x"}]}"#
            let whole = try relay.exchange("POST", "/v1/chat/completions", body: body).json
            let choice = whole["choices"]?.arrayValue?.first
            #expect(choice?["finish_reason"]?.stringValue == "length")
            #expect(choice?["native_finish_reason"]?.stringValue == "MAX_TOKENS")
            let streamed = try relay.ask("simulator", query: "?format=openai")
            let reasons = streamed.events.compactMap {
                $0.json["choices"]?.arrayValue?.first?["native_finish_reason"]?.stringValue
            }
            #expect(reasons == ["MAX_TOKENS"])
        }
    }

    /// `squeezed`, and its end, as gzip.
    private static let squeezed: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x1d, 0xcc, 0xb1, 0x0a, 0x83,
        0x30, 0x10, 0x06, 0xe0, 0x3d, 0x4f, 0x51, 0xfe, 0x39, 0x43, 0xe7, 0x9b, 0xed, 0xaa, 0x0f,
        0x20, 0x41, 0x82, 0x77, 0x62, 0x40, 0x2e, 0x6d, 0x73, 0x82, 0x18, 0xf2, 0xee, 0xd5, 0xce,
        0x1f, 0x7c, 0x1c, 0x2d, 0xd2, 0xa3, 0x62, 0x5e, 0x73, 0x9a, 0xa5, 0x80, 0xc6, 0x8a, 0xa4,
        0x2c, 0x07, 0xe8, 0xe9, 0xc1, 0xb2, 0x59, 0x04, 0x5d, 0x9c, 0xd5, 0x44, 0x0d, 0x84, 0xf2,
        0xd9, 0x45, 0x4e, 0x61, 0x34, 0x8f, 0x25, 0x69, 0x2a, 0xeb, 0xf4, 0x95, 0x58, 0xb2, 0xde,
        0x66, 0xf9, 0x8d, 0x16, 0x9a, 0x73, 0xfc, 0x6f, 0xc7, 0x6e, 0xe8, 0x5f, 0xc1, 0xb9, 0x1f,
        0xcd, 0x5f, 0xe1, 0x5a, 0x65, 0x00, 0x00, 0x00,
    ]
}
