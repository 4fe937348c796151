import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// `GET /v1/models`: what clients can ask for, from the configuration and from the upstreams.
@Suite struct ModelRouteTests {
    private func ids(_ json: JSON) -> [String]? {
        json["data"]?.arrayValue?.compactMap { $0["id"]?.stringValue }
    }

    private static let list = #"""
        {"object":"list","data":[{"id":"org/large","created":7,"owned_by":"org","meta":{"n":1}},
         {"id":"small"},{"id":""},{"name":"none"},{"id":"claude-of-another"}]}
        """#

    @Test(.timeLimit(.minutes(5)))
    func `the upstream's models follow the default, once, where it would be asked for them`()
        async throws
    {
        let answer = RefusingUpstream.Answer(status: 200, body: Self.list)
        try await withRelay(refusedBy: answer) { relay, _ in
            let (head, json) = try relay.exchange("GET", "/v1/models")
            #expect(head.status == 200)
            #expect(ids(json) == ["simulator", "claude-simulator", "org/large", "small"])
            let large = json["data"]?.arrayValue?.first { $0["id"]?.stringValue == "org/large" }
            #expect(large?.members?.map(\.key) == ["id", "object", "created", "owned_by"])
            #expect(large?["object"]?.stringValue == "model")
            #expect(large?["created"]?.intValue == 7)
            #expect(large?["owned_by"]?.stringValue == "org")
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            "/v1/models/org/large", "/v1/models/org%2Flarge", "/v1/models/org/large/",
            "//v1//models/org/large",
        ]
    )
    func `a model is found by its id, and another one is 404`(target: String) async throws {
        let answer = RefusingUpstream.Answer(status: 200, body: Self.list)
        try await withRelay(refusedBy: answer) { relay, _ in
            let (head, json) = try relay.exchange("GET", target)
            #expect(head.status == 200)
            #expect(json["id"]?.stringValue == "org/large")
            #expect(json["object"]?.stringValue == "model")
            let (other, error) = try relay.exchange("GET", "/v1/models/org")
            #expect(other.status == 404)
            #expect(error["error"]?["code"]?.stringValue == "model_not_found")
            #expect(error["error"]?["param"]?.stringValue == "model")
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [1, 4])
    func `clients that ask at once share one request, on all loops`(loops: Int) async throws {
        let upstream = try ScriptedUpstream([.body(Self.list, type: "application/json")])
        do {
            try await withRelay(loops: loops, baseURL: upstream.baseURL) { relay in
                let clients = try (0..<12).map { _ in try relay.connect() }
                for client in clients { client.request("GET", "/v1/models") }
                for client in clients {
                    #expect(try client.readHead().status == 200)
                    #expect(ids(try client.readJSON())?.contains("small") == true)
                }
                #expect(upstream.calls == 1)
                let head = try #require(upstream.heads.first)
                #expect(head.method == .get)
                #expect(head.target == "/v1/models")
                #expect(
                    head.fields.first("Authorization") == "Bearer sk-test-0123456789abcdef"
                )
            }
        } catch {
            await upstream.stop()
            throw error
        }
        await upstream.stop()
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            RefusingUpstream.Answer(status: 404, body: "{}"),
            RefusingUpstream.Answer(status: 200, body: "<html>"),
            RefusingUpstream.Answer(status: 200, body: #"{"data":{}}"#),
        ]
    )
    func `where an upstream has no list, what is configured is listed`(
        answer: RefusingUpstream.Answer
    ) async throws {
        try await withRelay(refusedBy: answer) { relay, _ in
            for _ in 0..<2 {
                let (head, json) = try relay.exchange("GET", "/v1/models")
                #expect(head.status == 200)
                #expect(ids(json) == ["simulator", "claude-simulator"])
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an upstream that cannot be reached is waited for by nobody`() async throws {
        try await withRelay(baseURL: "http://127.0.0.1:1/v1") { relay in
            let (head, json) = try relay.exchange("GET", "/v1/models")
            #expect(head.status == 200)
            #expect(ids(json) == ["simulator", "claude-simulator"])
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a list that is asked for between two requests changes neither`() async throws {
        try await withRelay(asking: [.body(Self.list, type: "application/json")]) {
            relay,
            upstream in
            let body = #"{"model":"small","input":"x"}"#
            for _ in 0..<2 {
                let (answer, _) = try relay.exchange("POST", "/v1/embeddings", body: body)
                let (models, _) = try relay.exchange("GET", "/v1/models")
                #expect([answer.status, models.status] == [200, 200])
            }
            #expect(upstream.heads.map(\.method) == [.post, .get, .post])
            #expect(upstream.bodies == [body, "", body])
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `Anthropic's list is asked for in its own way`() async throws {
        let list = #"{"data":[{"type":"model","id":"claude-y-1"}],"has_more":false}"#
        let upstream = try ScriptedUpstream([.body(list, type: "application/json")])
        do {
            try await withRelay {
                $0.upstreams[1].baseURL = String(upstream.baseURL.dropLast("/v1".count))
                $0.upstreams[1].key = "sk-ant-0123456789"
            } _: { relay in
                let (_, json) = try relay.exchange("GET", "/v1/models")
                #expect(ids(json) == ["simulator", "claude-simulator", "claude-y-1"])
                let head = try #require(upstream.heads.first)
                #expect(head.target == "/v1/models?limit=1000")
                #expect(head.fields.first("x-api-key") == "sk-ant-0123456789")
                #expect(head.fields.first("anthropic-version") == "2023-06-01")
            }
        } catch {
            await upstream.stop()
            throw error
        }
        await upstream.stop()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a client whose base URL lacks v1 finds the models, too`() async throws {
        try await withRelay(page: true) { relay in
            let library: HeaderFields = ["User-Agent": "OpenAI/Python 2.8.0"]
            let (head, json) = try relay.exchange("GET", "/models", library)
            #expect(head.status == 200)
            #expect(ids(json)?.first == "simulator")
            #expect(try relay.exchange("GET", "/models").head.status == 404)
        }
    }
}
