import ChatFormats
import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay
@testable import Simulator

/// A question that is asked twice under one key is answered once.
@Suite struct KeyTests {
    /// A chat request under a key, read to its end.
    private func ask(
        _ relay: TestRelay,
        _ key: String?,
        _ route: String = "/chat/stream",
        message: String = "hi",
        model: String = "simulator?tokens=5&interval_ms=2",
        more: String = ""
    ) throws -> (head: Head, text: String) {
        let client = try relay.connect()
        var fields: HeaderFields = [:]
        if let key { fields.append("Idempotency-Key", key) }
        let words =
            route.hasPrefix("/v1/")
            ? "\"messages\":[{\"role\":\"user\",\"content\":\(quoted(message))}]"
            : "\"message\":\(quoted(message))"
        client.request(
            "POST",
            route,
            fields,
            body: "{\(words),\"model\":\(quoted(model))\(more)}"
        )
        let head = try client.readHead()
        return (head, String(decoding: try client.readBody(), as: UTF8.self))
    }

    @Test(.timeLimit(.minutes(5)))
    func `every chat route attaches to what the key began, live or ended`() async throws {
        try await withRelay(loops: 2) { relay in
            let model = "simulator?tokens=20&interval_ms=10"
            let (client, first) = try relay.begin(model, more: #","id":"k-1""#)
            _ = try client.readEvent()
            for _ in 0..<2 {
                for (route, more, last) in [
                    ("/chat/stream", "", "[DONE]\n\n"), ("/stream-chat", "", "[DONE]\n\n"),
                    ("/chat/completions", "", "[DONE]\n\n"),
                    ("/v1/chat/completions", #","stream":true"#, "[DONE]\n\n"),
                    ("/v1/chat/completions", "", "}"), ("/api/streaming", "", "}\n"),
                ] {
                    let (head, text) = try ask(relay, "k-1", route, model: model, more: more)
                    #expect(head.status == (route == "/api/streaming" ? 202 : 200), "\(route)")
                    #expect(head.id == first.id, "\(route)")
                    #expect(text.hasSuffix(last), "\(route): \(text)")
                }
                let heard = try relay.get(model, more: "&stream=k-1")
                #expect(heard.head.id == first.id)
                #expect(heard.events.first?.id == "\(first.id).0")
                #expect(heard.events.count { $0.name == "token" } == 20)
            }
            #expect(try client.readEvents().last?.data == "[DONE]")
            #expect(relay.calls(model).calls == 1)
            #expect(try relay.records().count == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an announced question that is announced again has the same id`() async throws {
        try await withRelay(loops: 2) { relay in
            let first = try ask(relay, "two steps", "/api/streaming")
            #expect(first.head.status == 400)
            let ids = try (0..<4).map { _ in
                try ask(relay, "two-steps", "/api/streaming").head.id
            }
            #expect(Set(ids).count == 1)
            let read = try relay.connect()
            read.request("GET", "/api/streaming?id=\(ids[0])")
            _ = try read.readHead()
            #expect(try read.readEvents().count { $0.name == "newToken" } == 5)
            #expect(relay.simulator.calls[prompt: "hi"] == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `another question under the same key is refused and shown nothing`() async throws {
        try await withRelay(loops: 2) { relay in
            let first = try ask(relay, "k")
            #expect(first.head.status == 200)
            let others = [
                try ask(relay, "k", message: "another"),
                try ask(relay, "k", model: "simulator?tokens=6"),
                try ask(relay, "k", more: #","system":"be brief""#),
                try ask(relay, "k", more: #","temperature":0.5"#),
                try ask(relay, "k", more: #","user":"somebody""#),
                try ask(relay, "k", more: #","conversation":"c""#),
                try ask(relay, "k", more: #","extra":{"seed":1}"#),
                try ask(relay, "k", "/v1/chat/completions", message: "another"),
                try ask(relay, "k", "/api/streaming", message: "another"),
            ]
            for (head, text) in others {
                #expect(head.status == 409)
                #expect(text.contains(#""code":"idempotency_key_in_use""#))
                #expect(!text.contains(first.head.id))
                #expect(head.fields.first("X-Stream-Id") == nil)
                #expect(head.fields.first("x-should-retry") == "false")
            }
            // How the answer is delivered is not part of the question.
            for more in [#","on_disconnect":"finish""#, #","format":"text""#] {
                #expect(try ask(relay, "k", more: more).head.id == first.head.id)
            }
            #expect(try ask(relay, nil).head.id != first.head.id)
            #expect(relay.simulator.calls[prompt: "hi"] == 2)
            #expect(relay.simulator.calls[prompt: "another"] == 0)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `what is no key is refused by name, and asks nobody`() async throws {
        try await withRelay { relay in
            let long = String(repeating: "k", count: 256)
            for (key, more, code, words) in [
                (long, "", "idempotency_key", "1 to 255 bytes, found 256"),
                ("", "", "idempotency_key", "1 to 255 bytes, found 0"),
                ("a b", "", "idempotency_key", "visible ASCII, found byte 32"),
                ("schlüssel", "", "idempotency_key", "visible ASCII, found byte 195"),
                ("a", #","id":"b""#, "id", "the key that Idempotency-Key names"),
                (nil, #","id":"a b""#, "id", "visible ASCII"),
            ] as [(String?, String, String, String)] {
                let (head, text) = try ask(relay, key, more: more)
                #expect(head.status == 400, "\(words)")
                #expect(text.contains("\"code\":\"\(code)\""), "\(text)")
                #expect(text.contains(words), "\(text)")
            }
            let target = "/chat/stream?prompt=hi&stream=a+b"
            let (head, json) = try relay.exchange("GET", target)
            #expect(head.status == 400)
            #expect(json["error"]?["code"]?.stringValue == "stream")
            let (twice, _) = try relay.exchange(
                "POST",
                "/chat/stream",
                ["Idempotency-Key": "a", "Idempotency-Key": "b"],
                body: #"{"message":"hi"}"#
            )
            #expect(twice.status == 400)
            #expect(relay.simulator.calls[prompt: "hi"] == 0)
            let longest = String(long.dropLast())
            let ids = try (0..<2).map { _ in try ask(relay, longest).head.id }
            #expect(ids[0] == ids[1])
            #expect(relay.service.stores.keys.count == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a query that only says that it streams has no key`() async throws {
        try await withRelay { relay in
            for value in ["true", "1", ""] {
                for _ in 0..<2 {
                    let heard = try relay.get("simulator?tokens=1", more: "&stream=\(value)")
                    #expect(heard.last.data == "[DONE]")
                }
            }
            #expect(relay.simulator.calls[prompt: "hi"] == 6)
            #expect(relay.service.stores.keys.count == 0)
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["/chat/stream", "/v1/chat/completions"])
    func `a refusal before any answer frees the key`(route: String) async throws {
        try await withRelay(loops: 2) {
            $0.maxRetries = 0
        } _: { relay in
            let model = "simulator?status=429&times=2&tokens=3&interval_ms=0"
            for status in [429, 429, 200, 200] {
                let answer = try ask(relay, "again", route, model: model)
                #expect(answer.head.status == status)
            }
            #expect(relay.calls(model).calls == 3)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an answer that was cut is served again as it was, and not paid again`() async throws {
        try await withRelay {
            $0.maxRetries = 0
        } _: { relay in
            let model = "simulator?cut_after=3&interval_ms=0"
            let texts = try (0..<3).map { _ in try ask(relay, "cut", model: model).text }
            #expect(Set(texts).count == 1)
            #expect(texts[0].contains("truncated"))
            #expect(relay.calls(model).calls == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a stopped answer stays stopped under its key`() async throws {
        try await withRelay(loops: 2) { relay in
            let model = "simulator?hang=1"
            let client = try relay.connect()
            let target = "/chat/stream?prompt=x&stream=s&model=\(encoded(model))"
            client.request("GET", target)
            let head = try client.readHead()
            #expect(waits { relay.calls(model).calls == 1 })
            #expect(try relay.exchange("DELETE", "/chat/streams/\(head.id)").head.status == 204)
            let again = try relay.connect()
            again.request("GET", target)
            #expect(try again.readHead().id == head.id)
            #expect(try again.readEvents().last?.data == "[DONE]")
            #expect(relay.calls(model).calls == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a key is free when its answer is kept no longer`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock) {
            $0.resumeSeconds = 1
        } _: { relay in
            let first = try ask(relay, "k").head.id
            await clock.settle()
            try await clock.pass(.seconds(1)) { #expect(relay.service.stores.keys.count == 1) }
            #expect(relay.service.stores.keys.count == 0)
            #expect(try ask(relay, "k", message: "another").head.status == 200)
            #expect(try ask(relay, "k", message: "another").head.id != first)
        }
    }

    /// Asks under some keys until the first one's answer is no longer in memory.
    private func crowdOut(_ relay: TestRelay, _ first: String, more: String = "") async throws {
        let id = try ask(relay, first, more: more).head.id
        var number = 0
        while await relay.held(id) != nil {
            number += 1
            let model = "simulator?tokens=1&interval_ms=0"
            #expect(try ask(relay, "other-\(number)", model: model).head.status == 200)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a key outlives its answer in memory and leads to the record`() async throws {
        try await withRelay(loops: 2) {
            $0.keptBytes = 1
        } _: { relay in
            let model = "simulator?tokens=5&interval_ms=2"
            try await crowdOut(relay, "k")
            let record = try #require(try relay.records().first)
            let text = try #require(record["content"]?.stringValue)
            for (route, more, last) in [
                ("/chat/stream", "", "[DONE]\n\n"), ("/stream-chat", "", "[DONE]\n\n"),
                ("/chat/completions", "", "[DONE]\n\n"),
                ("/v1/chat/completions", #","stream":true"#, "[DONE]\n\n"),
                ("/v1/chat/completions", "", "}"), ("/api/streaming", "", "}\n"),
            ] {
                let (head, answer) = try ask(relay, "k", route, more: more)
                #expect(head.status == (route == "/api/streaming" ? 202 : 200), "\(route)")
                #expect(answer.hasSuffix(last), "\(route): \(answer)")
                if route == "/api/streaming" {
                    let id = head.id
                    let second = try relay.connect()
                    second.request("GET", "/api/streaming?id=\(id)")
                    #expect(try second.readHead().status == 200)
                    #expect(try second.readEvents().contains { $0.data.contains(text) })
                } else {
                    #expect(answer.contains(text), "\(route): \(answer)")
                }
            }
            #expect(try ask(relay, "k", message: "another").head.status == 409)
            #expect(relay.calls(model).calls == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a key whose record was deleted no longer leads to anything`() async throws {
        try await withRelay {
            $0.keptBytes = 1
        } _: { relay in
            let conversation = #","conversation":"c""#
            try await crowdOut(relay, "k", more: conversation)
            let deleted = try relay.exchange("DELETE", "/chat/conversations/c")
            #expect(deleted.head.status == 204)
            #expect(try ask(relay, "k", more: conversation).head.status == 200)
            #expect(relay.calls("simulator?tokens=5&interval_ms=2").calls == 2)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `answers of a killed process that memory cannot hold are not paid again`() async throws {
        try await withRelay {
            $0.onDisconnect = .finish
        } _: { relay in
            let model = "simulator?tokens=100000&interval_ms=20"
            for key in ["a", "b", "c"] {
                let (client, _) = try relay.begin(model, more: #","id":"\#(key)""#)
                _ = try client.readEvent()
            }
            try await withRelay(left: relay.killed()) {
                $0.keptBytes = 1
            } _: { next in
                for key in ["a", "b", "c"] {
                    let (client, _) = try next.begin(model, more: #","id":"\#(key)""#)
                    let last = try #require(try client.readEvents().last)
                    #expect(last.json["status"]?.stringValue == "interrupted")
                }
                #expect(next.calls(model).calls == 0)
            }
        }
    }

    @Test
    func `a forgotten answer's key is free when its time is over or another needs the place`() {
        let table = KeyTable(maxCount: 2)
        let keys = ["a", "b", "c"].map { RequestKey(text: $0, fingerprint: .init(hash: 1)) }
        #expect(table.claim(keys[0], for: "one", at: 0) == .claimed)
        table.forget(keys[0], of: "another", until: 10)
        #expect(table.claim(keys[0], for: "two", at: 0) == .taken(generation: "one"))
        table.forget(keys[0], of: "one", until: 10)
        #expect(table.claim(keys[0], for: "two", at: 9) == .recorded(generation: "one"))
        #expect(table.claim(keys[0], for: "two", at: 10) == .claimed)
        #expect(table.claim(keys[1], for: "three", at: 10) == .claimed)
        #expect(table.claim(keys[2], for: "four", at: 10) == .full)
        table.forget(keys[1], of: "three", until: 1000)
        #expect(table.claim(keys[2], for: "four", at: 10) == .claimed)
        #expect(table.claim(keys[1], for: "five", at: 10) == .full)
    }

    @Test(.timeLimit(.minutes(5)))
    func `beyond the bound a key is refused, and what has none is answered`() async throws {
        try await withRelay {
            $0.maxKeys = 2
        } _: { relay in
            for key in ["a", "b", "a"] { #expect(try ask(relay, key).head.status == 200) }
            let (head, text) = try ask(relay, "c")
            #expect(head.status == 503)
            #expect(head.fields.first("Retry-After") == "10")
            #expect(text.contains(#""code":"too_many_keys""#))
            #expect(try ask(relay, nil).head.status == 200)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a request that cannot be asked holds no key`() async throws {
        try await withRelay { relay in
            let (head, _) = try ask(
                relay,
                "k",
                more: #","extra":{"temperature":1},"temperature":1"#
            )
            #expect(head.status == 400)
            #expect(relay.service.stores.keys.count == 0)
            #expect(try ask(relay, "k").head.status == 200)
        }
    }

    @Test
    func `the fingerprint is the same in every process and for every order of members`() throws {
        let one = try ChatRequest(relayBody: Array(#"{"message":"hi","model":"m"}"#.utf8).span)
        let query = try #require(QueryItems("model=m&format=text&prompt=hi&id=x"))
        let two = try ChatRequest(query: query)
        #expect(RequestFingerprint.of(one) == RequestFingerprint.of(two))
        // As an earlier process may have written it to a file.
        #expect(RequestFingerprint.of(one).hash == 10_433_771_780_032_564_944)
        let bodies = [
            #"{"messages":[{"role":"user","content":"a"}],"seed":1,"top_k":2}"#,
            #"{"top_k":2,"seed":1,"stream":true,"messages":[{"content":"a","role":"user"}]}"#,
        ]
        let prints = try bodies.map {
            RequestFingerprint.of(try ChatRequest(openAIBody: Array($0.utf8).span))
        }
        #expect(prints[0] == prints[1])
    }

    @Test
    func `the first claim wins, and only its own answer gives it back`() {
        let table = KeyTable(maxCount: 1)
        let key = RequestKey(text: "k", fingerprint: .init(hash: 1))
        let further = RequestKey(text: "l", fingerprint: .init(hash: 1))
        #expect(table.claim(key, for: "one", at: 0) == .claimed)
        #expect(table.claim(key, for: "two", at: 0) == .taken(generation: "one"))
        table.free(key, of: "two")
        #expect(table.claim(key, for: "two", at: 0) == .taken(generation: "one"))
        #expect(
            table.claim(RequestKey(text: "k", fingerprint: .init(hash: 2)), for: "two", at: 0)
                == .otherRequest
        )
        #expect(table.claim(further, for: "two", at: 0) == .full)
        table.free(key, of: "one")
        #expect(table.claim(further, for: "two", at: 0) == .claimed)
    }
}
