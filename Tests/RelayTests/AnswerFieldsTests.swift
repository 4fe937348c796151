import Testing
import Wire

@testable import Generations
@testable import Relay

/// The fields that every answer has, whatever was asked.
@Suite struct AnswerFieldsTests {
    @Test(.timeLimit(.minutes(5)))
    func `JSON is for this moment, and nothing is guessed about any answer`() async throws {
        try await withRelay(page: true) { relay in
            let model = "simulator?tokens=1"
            let ask =
                "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":\"\(model)\"}"
            let rows: [(String, String, String?, String)] = [
                ("GET", "/healthz", nil, "no-store"), ("GET", "/readyz", nil, "no-store"),
                ("GET", "/v1/models", nil, "no-store"), ("GET", "/chat/history", nil, "no-store"),
                ("GET", "/chat/history?format=jsonl", nil, "no-store"),
                ("GET", "/chat/conversations", nil, "no-store"),
                ("GET", "/nothing", nil, "no-store"), ("POST", "/healthz", "{}", "no-store"),
                ("POST", "/chat/stream", "{", "no-store"), ("GET", "/", nil, "no-cache"),
                ("POST", "/v1/chat/completions", ask, "no-store"),
                ("POST", "/api/streaming", ask, "no-store"),
                ("POST", "/chat/stream", ask, "no-store, no-cache, no-transform"),
            ]
            for (method, target, body, cache) in rows {
                let (head, _) = try relay.exchange(method, target, body: body)
                #expect(head.fields.all("Cache-Control") == [cache], "\(method) \(target)")
                #expect(head.fields.all("X-Content-Type-Options") == ["nosniff"])
                let policies = head.fields.all("Content-Security-Policy")
                #expect(policies.count == 1, "\(method) \(target)")
                #expect(policies.first?.hasPrefix("default-src 'none'") == true)
                #expect(policies.first?.contains("frame-ancestors 'none'") == true)
                #expect(head.fields.all("Referrer-Policy") == ["no-referrer"])
                #expect(head.fields.all("Cross-Origin-Resource-Policy") == ["same-origin"])
            }
        }
    }
}
