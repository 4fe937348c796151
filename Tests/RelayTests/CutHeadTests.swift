import ChatFormats
import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// Upstreams whose connection ends within the head of their answer, or within a refusal.
@Suite struct CutHeadTests {
    private static let halfHeads = [
        "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Le",
        "HTTP/1.1 503 Busy\r\nContent-Type: text/html\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
    ]

    @Test(.timeLimit(.minutes(5)), arguments: halfHeads)
    func `half a head is a broken connection, and asked for again`(head: String) async throws {
        let good = ScriptedUpstream.Answer.body(
            "data: {\"choices\":[{\"delta\":{\"content\":\"well\"},\"finish_reason\":\"stop\"}]}\n\n"
                + "data: [DONE]\n\n"
        )
        try await withRelay(asking: [.raw(head), good]) { relay, upstream in
            let heard = try relay.ask("m")
            #expect(heard.head.status == 200)
            #expect(spoken(in: heard.events, as: .events) == "well")
            #expect(upstream.calls == 2)
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: halfHeads)
    func `half a head of what is passed on is an error, and no answer is taken for another`(
        half: String
    ) async throws {
        let good = ScriptedUpstream.Answer.body("{}", type: "application/json")
        try await withRelay(asking: [.raw(half), good]) { relay, upstream in
            let client = try relay.connect()
            client.request("POST", "/v1/embeddings", body: "{}")
            let head = try client.readHead()
            #expect(head.status == 502)
            #expect(try client.readJSON()["error"]?["code"]?.stringValue == "connection_broken")
            client.request("POST", "/v1/embeddings", body: "{}")
            #expect(try client.readHead().status == 200)
            #expect(try client.readBody() == Array("{}".utf8))
            #expect(upstream.calls == 2)
        }
    }

    private static let refusals = [
        (401, "invalid_api_key"), (413, "too_large"), (400, "bad_tools"), (422, "bad_shape"),
    ]

    @Test(.timeLimit(.minutes(5)), arguments: refusals, ["/v1/chat/completions", "/v1/embeddings"])
    func `a refusal whose body is cut counts, and is not asked for again`(
        refusal: (status: Int, code: String),
        target: String
    ) async throws {
        let error = #"{"error":{"message":"no such thing","code":"\#(refusal.code)"}}"#
        let raw = """
            HTTP/1.1 \(refusal.status) No\r\nContent-Type: application/json\r\n\
            Content-Length: \(error.utf8.count + 100)\r\n\r\n\(error)
            """
        try await withRelay(asking: [.raw(raw)]) { relay, upstream in
            let body = #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#
            let (head, json) = try relay.exchange("POST", target, body: body)
            #expect(head.status == refusal.status)
            #expect(json["error"]?["code"]?.stringValue == refusal.code)
            #expect(json["error"]?["message"]?.stringValue?.contains("no such thing") == true)
            #expect(upstream.calls == 1)
        }
    }
}
