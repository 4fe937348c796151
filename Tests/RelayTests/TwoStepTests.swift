import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// `POST /api/streaming` announces, `GET /api/streaming` reads.
@Suite struct TwoStepTests {
    private func announce(_ relay: TestRelay, _ more: String = "") throws -> Head {
        let body = "{\"message\":\"hi\",\"model\":\"simulator?tokens=5&interval_ms=20\"\(more)}"
        let (head, json) = try relay.exchange("POST", "/api/streaming", body: body)
        #expect(head.status == 202)
        #expect(json["id"]?.stringValue == head.id)
        return head
    }

    @Test(.timeLimit(.minutes(5)))
    func `the second step finds the stream by its id and by the cookie`() async throws {
        try await withRelay(loops: 2) { relay in
            for _ in 0..<4 {
                let head = try announce(relay)
                let cookie = try #require(head.fields.first("Set-Cookie"))
                #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
                let value = cookie.prefix { $0 != ";" }
                #expect(head.fields.first("Location") == "/api/streaming?id=\(head.id)")
                try read(relay, "/api/streaming?id=\(head.id)", [:], head.id)
                try read(relay, "/api/streaming", ["Cookie": "a=b; \(value)"], head.id)
                try read(relay, "/api/streaming?stream=\(head.id)", [:], head.id)
            }
            #expect(relay.calls("simulator?tokens=5&interval_ms=20").calls == 4)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a first step that carries an id starts nothing`() async throws {
        try await withRelay(loops: 2) { relay in
            let id = try announce(relay).id
            let body = #"{"message":"hi","model":"simulator?tokens=5&interval_ms=20"}"#
            for fields: HeaderFields in [["Last-Event-ID": "\(id).2"], ["Last-Event-ID": id]] {
                let again = try relay.exchange("POST", "/api/streaming", fields, body: body)
                #expect(again.head.status == 202)
                #expect(again.json["id"]?.stringValue == id)
            }
            let unknown = ["Last-Event-ID": "nobody.3"] as HeaderFields
            let refused = try relay.exchange("POST", "/api/streaming", unknown, body: body)
            #expect(refused.head.status == 404)
            // The first step is answered before its upstream is asked.
            let model = "simulator?tokens=5&interval_ms=20"
            #expect(waits { relay.calls(model).calls > 0 })
            #expect(relay.calls(model).calls == 1)
        }
    }

    private func read(
        _ relay: TestRelay,
        _ target: String,
        _ fields: HeaderFields,
        _ id: String
    ) throws {
        let client = try relay.connect()
        client.request("GET", target, fields)
        let head = try client.readHead()
        #expect(head.status == 200)
        #expect(head.id == id)
        let events = try client.readEvents()
        #expect(events.map(\.name) == Array(repeating: "newToken", count: 5) + ["end"])
    }

    @Test(.timeLimit(.minutes(5)))
    func `a stream that is not there is 404, and none at all is 400`() async throws {
        try await withRelay { relay in
            for id in ["x", GenerationID.make(loop: 0), GenerationID.make(loop: 5)] {
                let (head, json) = try relay.exchange("GET", "/api/streaming?id=\(id)")
                #expect(head.status == 404)
                #expect(json["error"]?["code"]?.stringValue == "unknown_stream")
            }
            let (head, json) = try relay.exchange("GET", "/api/streaming", ["Cookie": "a=b"])
            #expect(head.status == 400)
            #expect(json["error"]?["code"]?.stringValue == "id")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an announced answer that is to be finished needs nobody to read it`() async throws {
        try await withRelay { relay in
            let head = try announce(relay, #","on_disconnect":"finish""#)
            let record = try relay.record(head.id)
            #expect(record["status"]?.stringValue == "complete")
            #expect(record["timing"]?["tokens"]?.intValue == 5)
        }
    }
}
