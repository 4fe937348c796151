import Access
import HTTPServer
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// Callers with keys: who is let in, and what each of them sees.
@Suite(.timeLimit(.minutes(5))) struct OwnerTests {
    private static let model = "simulator?tokens=3&interval_ms=0"

    private func keyring() throws -> Keyring {
        try Keyring(["ann": .common, "bob": .common, "eve": .read, "root": .admin])
    }

    private func question(_ more: String = "", _ model: String = model) -> String {
        "{\"message\":\"hi\",\"model\":\(quoted(model))\(more)}"
    }

    /// Asks in a conversation, and returns the answer's id once it has ended.
    private func ask(
        _ relay: TestRelay,
        _ fields: HeaderFields,
        _ message: String,
        in conversation: String = "c1"
    ) throws -> String {
        let client = try relay.connect()
        client.request(
            "POST",
            "/chat/stream",
            fields,
            body: "{\"message\":\"\(message)\",\"model\":\"\(Self.model)\","
                + "\"conversation\":\"\(conversation)\"}"
        )
        let head = try client.readHead()
        #expect(head.status == 200)
        _ = try client.readEvents()
        _ = try relay.record(head.id)
        return head.id
    }

    // MARK: Who is let in

    /// Every route, with an id where it takes one.
    private static var routes: [(method: String, path: String, route: Route)] {
        let named: [(String, [(Wire.Method, Route)])] = [
            ("/chat/streams/x", [(.get, .stream(id: "x")), (.delete, .stop(id: "x"))]),
            (
                "/chat/conversations/x",
                [(.get, .conversation(id: "x")), (.delete, .deleteConversation(id: "x"))]
            ),
            ("/v1/models/x", [(.get, .model(id: "x"))]),
        ]
        return (Route.table.map { ($0.path, $0.methods) } + named).flatMap { path, methods in
            methods.map { ($0.0.name, path, $0.1) }
        }
    }

    private static let open: [Route] = [.file, .health, .readiness, .loginPage]
    /// What asks for no credential, and for a sign that it comes from our own page.
    private static let ofOwnPage: [Route] = [.logIn, .logOut]

    @Test func `every route but those for anybody needs a key`() async throws {
        let keyring = try keyring()
        try await withRelay(page: true, access: keyring.access) { relay in
            #expect(Self.routes.count > 20)
            for (method, path, route) in Self.routes {
                let body = method == "POST" ? question() : nil
                let target = path == "/chat/stream" && method == "GET" ? path + "?prompt=x" : path
                let (head, json) = try relay.exchange(method, target, body: body)
                guard !Self.open.contains(route) else {
                    #expect(head.status == 200, "\(method) \(path)")
                    continue
                }
                guard !Self.ofOwnPage.contains(route) else {
                    #expect(head.status == 403, "\(method) \(path)")
                    continue
                }
                #expect(head.status == 401, "\(method) \(path)")
                #expect(json["error"]?["code"]?.stringValue == "missing_api_key")
                #expect(head.fields.first("WWW-Authenticate")?.hasPrefix("Bearer") == true)
                #expect(try relay.exchange("OPTIONS", path).head.status == 204)
            }
            #expect(relay.calls(Self.model).calls == 0)
        }
    }

    @Test(
        arguments: [
            (["Authorization": "Bearer sk-a-vendors-key"], "invalid_api_key"),
            (["Authorization": "Basic YTpi"], "invalid_credential"),
            (["Authorization": "Bearer "], "invalid_credential"),
            (["X-API-Key": "relay_0123456789_0123456789012345678901234567890123456789012"], nil),
            (["Authorization": "Bearer a", "X-API-Key": "b"], "invalid_credential"),
        ] as [(HeaderFields, String?)]
    )
    func `a credential that is not ours is refused`(
        fields: HeaderFields,
        code: String?
    ) async throws {
        let keyring = try keyring()
        try await withRelay(access: keyring.access) { relay in
            for target in ["/chat/stream", "/v1/chat/completions"] {
                let (head, json) = try relay.exchange("POST", target, fields, body: question())
                #expect(head.status == 401)
                let found = json["error"]?["code"]?.stringValue
                #expect(found == code ?? "invalid_api_key")
                #expect(json["error"]?["type"]?.stringValue == "authentication_error")
            }
        }
    }

    @Test func `a key is taken in each field that clients use`() async throws {
        let keyring = try keyring()
        let text = try #require(keyring.texts["ann"])
        try await withRelay(access: keyring.access) { relay in
            let all: [HeaderFields] = [
                ["Authorization": "Bearer \(text)"], ["authorization": "bearer \(text)"],
                ["x-api-key": text], ["api-key": text],
                ["x-api-key": text, "Authorization": "Bearer \(text)"],
            ]
            for fields in all {
                let (head, _) = try relay.exchange("GET", "/v1/models", fields)
                #expect(head.status == 200)
                let changed = String(text.dropLast()) + (text.last == "A" ? "E" : "A")
                let (refused, _) = try relay.exchange("GET", "/v1/models", ["x-api-key": changed])
                #expect(refused.status == 401)
            }
        }
    }

    @Test func `a scope that is missing is named`() async throws {
        let keyring = try keyring()
        try await withRelay(access: keyring.access) { relay in
            let eve = keyring.fields("eve")
            for (method, path, route) in Self.routes
            where !(Self.open + Self.ofOwnPage).contains(route) {
                let body = method == "POST" ? question() : nil
                let target = path == "/chat/stream" && method == "GET" ? path + "?prompt=x" : path
                let (head, json) = try relay.exchange(method, target, eve, body: body)
                switch route {
                case .chat, .announce, .passed, .stop, .deleteConversation:
                    let scope = route == .deleteConversation(id: "x") ? "delete" : "chat"
                    #expect(head.status == 403, "\(method) \(path)")
                    #expect(json["error"]?["code"]?.stringValue == "insufficient_scope")
                    #expect(head.fields.first("WWW-Authenticate")?.contains(scope) == true)
                default: #expect(![401, 403].contains(head.status), "\(method) \(path)")
                }
            }
            #expect(relay.calls(Self.model).calls == 0)
        }
    }

    // MARK: What each of them sees

    @Test func `a running answer is its owner's alone`() async throws {
        let keyring = try keyring()
        let (ann, bob) = (keyring.fields("ann"), keyring.fields("bob"))
        try await withRelay(loops: 2, access: keyring.access) { relay in
            let model = "simulator?tokens=1000&interval_ms=20"
            for _ in 0..<4 {
                let client = try relay.connect()
                let body = question(#","conversation":"c1""#, model)
                client.request("POST", "/chat/stream", ann, body: body)
                let id = try client.readHead().id
                let unknown = String(id.dropLast(3)) + "xyz"
                for target in ["/chat/streams/", "/api/streaming?id="] {
                    let (head, json) = try relay.exchange("GET", target + id, bob)
                    let nothing = try relay.exchange("GET", target + unknown, bob)
                    #expect(head.status == 404 && nothing.head.status == 404)
                    #expect(json == nothing.json)
                }
                #expect(try relay.exchange("DELETE", "/chat/streams/" + id, bob).head.status == 404)
                let back: HeaderFields = ["Last-Event-ID": "\(id).1"]
                for other in [unknown, id] {
                    var fields = bob
                    fields.append("Last-Event-ID", "\(other).1")
                    let (head, _) = try relay.exchange("GET", "/chat/stream", fields)
                    #expect(head.status == 204)
                }
                #expect(try relay.exchange("GET", "/chat/stream", back).head.status == 401)
                let (_, list) = try relay.exchange("GET", "/chat/conversations", bob)
                #expect(list["conversations"] == .array([]))
                let (page, _) = try relay.exchange("GET", "/chat/conversations/c1", bob)
                #expect(page.status == 404)
                #expect(
                    try relay.exchange("DELETE", "/chat/conversations/c1", bob).head.status == 204
                )
                // All that was tried has not touched it.
                #expect(try client.readEvent() != nil)
                let stop = try relay.exchange("DELETE", "/chat/streams/" + id, ann)
                #expect(stop.head.status == 204)
            }
        }
    }

    @Test func `the history of each is their own, though they use the same words`() async throws {
        let keyring = try keyring()
        let (ann, bob) = (keyring.fields("ann"), keyring.fields("bob"))
        try await withRelay(access: keyring.access) { relay in
            let first = try ask(relay, ann, "from-ann")
            let second = try ask(relay, bob, "from-bob")
            for (fields, own, other) in [(ann, first, second), (bob, second, first)] {
                let (_, all) = try relay.exchange("GET", "/chat/history", fields)
                #expect(all["records"]?.arrayValue?.map { $0["id"]?.stringValue } == [own])
                let (_, some) = try relay.exchange("GET", "/chat/history?conversation=c1", fields)
                #expect(some["records"]?.arrayValue?.map { $0["id"]?.stringValue } == [own])
                let (page, text) = try relay.exchange("GET", "/chat/conversations/c1", fields)
                #expect(page.status == 200)
                var bytes: [UInt8] = []
                text.write(into: &bytes)
                let word = own == first ? "from-bob" : "from-ann"
                #expect(!String(decoding: bytes, as: UTF8.self).contains(word))
                let (_, list) = try relay.exchange("GET", "/chat/conversations", fields)
                #expect(list["conversations"]?.arrayValue?.count == 1)
                #expect(list["conversations"]?.arrayValue?.first?["count"]?.intValue == 1)
                let (head, _) = try relay.exchange("GET", "/chat/streams/\(other)", fields)
                #expect(head.status == 404)
                let before = try relay.exchange("GET", "/chat/history?before=\(other)", fields)
                let client = try relay.connect()
                client.request("GET", "/chat/history?format=jsonl", fields)
                _ = try client.readHead()
                let lines = String(decoding: try client.readBody(), as: UTF8.self)
                #expect(lines.contains(own) && !lines.contains(other))
                let nothing = try relay.exchange("GET", "/chat/history?before=none", fields)
                #expect(before.head.status == 400 && before.json == nothing.json)
                let named = try relay.exchange("GET", "/chat/history?owner=key/zoe", fields)
                #expect(named.head.status == 403)
            }
            // What the one deletes is not the other's.
            #expect(try relay.exchange("DELETE", "/chat/conversations/c1", bob).head.status == 204)
            #expect(try relay.exchange("GET", "/chat/conversations/c1", bob).head.status == 404)
            #expect(try relay.exchange("GET", "/chat/conversations/c1", ann).head.status == 200)
            let third = try ask(relay, bob, "again")
            let (_, mine) = try relay.exchange("GET", "/chat/history", bob)
            #expect(mine["records"]?.arrayValue?.map { $0["id"]?.stringValue } == [third])
        }
    }

    @Test func `the past of one caller is not sent with the question of another`() async throws {
        let keyring = try keyring()
        let answer = ScriptedUpstream.Answer(
            events: [#"{"choices":[{"delta":{"content":"ok"},"finish_reason":"stop"}]}"#, "[DONE]"]
        )
        let upstream = try ScriptedUpstream([answer])
        do {
            try await withRelay(baseURL: upstream.baseURL, access: keyring.access) { relay in
                _ = try ask(relay, keyring.fields("ann"), "from-ann")
                _ = try ask(relay, keyring.fields("bob"), "from-bob")
                _ = try ask(relay, keyring.fields("ann"), "more")
                #expect(!upstream.bodies[1].contains("from-ann"))
                #expect(upstream.bodies[2].contains("from-ann"))
                #expect(!upstream.bodies[2].contains("from-bob"))
            }
        } catch {
            await upstream.stop()
            throw error
        }
        await upstream.stop()
    }

    @Test func `a key for requests is its caller's own`() async throws {
        let keyring = try keyring()
        try await withRelay(access: keyring.access) { relay in
            var ids: [String] = []
            for name in ["ann", "bob", "ann"] {
                var fields = keyring.fields(name)
                fields.append("Idempotency-Key", "same")
                let client = try relay.connect()
                client.request("POST", "/chat/stream", fields, body: question())
                let head = try client.readHead()
                #expect(head.status == 200)
                ids.append(head.id)
                _ = try client.readEvents()
            }
            #expect(ids[0] == ids[2] && ids[0] != ids[1])
            #expect(relay.calls(Self.model).calls == 2)
        }
    }

    @Test func `an admin sees what is everybody's, and whose it is`() async throws {
        let keyring = try keyring()
        let root = keyring.fields("root")
        try await withRelay(access: keyring.access) { relay in
            let first = try ask(relay, keyring.fields("ann"), "one")
            let second = try ask(relay, keyring.fields("bob"), "two")
            let (_, all) = try relay.exchange("GET", "/chat/history", root)
            #expect(all["records"]?.arrayValue?.map { $0["id"]?.stringValue } == [second, first])
            let (_, list) = try relay.exchange("GET", "/chat/conversations?limit=1", root)
            let page = try #require(list["conversations"]?.arrayValue)
            #expect(page.map { $0["owner"]?.stringValue } == ["key/bob"])
            let next = encoded(try #require(list["next"]?.stringValue))
            let (_, rest) = try relay.exchange("GET", "/chat/conversations?before=\(next)", root)
            #expect(
                rest["conversations"]?.arrayValue?.map { $0["owner"]?.stringValue } == ["key/ann"]
            )
            let target = "/chat/conversations/c1"
            #expect(try relay.exchange("GET", target, root).head.status == 404)
            let (head, _) = try relay.exchange("GET", target + "?owner=key/ann", root)
            #expect(head.status == 200)
            #expect(try relay.exchange("GET", "/chat/streams/\(first)", root).head.status == 200)
            let gone = try relay.exchange("DELETE", target + "?owner=key/ann", root)
            #expect(gone.head.status == 204)
            let (_, left) = try relay.exchange("GET", "/chat/history", root)
            #expect(left["records"]?.arrayValue?.map { $0["id"]?.stringValue } == [second])
        }
    }

    @Test func `what was asked before there were keys is for an admin alone`() async throws {
        let keyring = try keyring()
        let old = try await TestRelay()
        let id = try old.ask(Self.model, more: #","conversation":"c1""#).head.id
        _ = try old.record(id)
        let left = try old.killed()
        await old.stop()
        let relay = try await TestRelay(left: left, access: keyring.access)
        let ann = keyring.fields("ann")
        let root = keyring.fields("root")
        for (fields, status) in [(ann, 404), (root, 200)] {
            for target in ["/chat/streams/\(id)", "/chat/conversations/c1"] {
                #expect(try relay.exchange("GET", target, fields).head.status == status)
            }
            let (_, all) = try relay.exchange("GET", "/chat/history", fields)
            #expect(all["records"]?.arrayValue?.count == (status == 200 ? 1 : 0))
        }
        await relay.stop()
    }
}
