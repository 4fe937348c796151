import Loop
import Storage
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// What was said before, over HTTP.
@Suite(.timeLimit(.minutes(5)))
struct HistoryRouteTests {
    private static let quick = "simulator?echo=1&interval_ms=0"

    private func say(
        _ relay: TestRelay,
        _ text: String,
        _ conversation: String? = nil,
        user: String? = nil
    ) throws -> String {
        let client = try relay.connect()
        var body = "{\"message\":\(quoted(text)),\"model\":\"\(Self.quick)\""
        if let conversation { body += ",\"conversation\":\(quoted(conversation))" }
        if let user { body += ",\"user\":\(quoted(user))" }
        client.request("POST", "/chat/stream", body: body + "}")
        let head = try client.readHead()
        _ = try client.readEvents()
        return head.id
    }

    private func ids(_ json: JSON) -> [String] {
        (json["records"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
    }

    @Test func `the history answers the newest records first, in pages`() async throws {
        try await withRelay(loops: 2) { relay in
            var all: [String] = []
            for number in 0..<7 {
                all.append(try say(relay, "m\(number)", number % 2 == 0 ? "a" : "b", user: "u"))
            }
            let newest = Array(all.reversed())
            let (head, json) = try relay.exchange("GET", "/chat/history")
            #expect(head.status == 200)
            #expect(head.fields.first("Content-Type") == "application/json")
            #expect(ids(json) == newest)
            #expect(json["next"] == .null)
            let first = try relay.exchange("GET", "/chat/history?limit=3").json
            #expect(ids(first) == Array(newest.prefix(3)))
            let next = try #require(first["next"]?.stringValue)
            let second = try relay.exchange("GET", "/chat/history?limit=3&before=\(next)").json
            #expect(ids(second) == Array(newest[3..<6]))
            let some = try relay.exchange("GET", "/chat/history?conversation=a&user=u&limit=2").json
            #expect(ids(some) == [all[6], all[4]])
            #expect(ids(try relay.exchange("GET", "/chat/history?user=nobody").json).isEmpty)
            let record = try #require(json["records"]?.arrayValue?.last)
            #expect(record["content"]?.stringValue == "m0")
        }
    }

    @Test(arguments: ["limit=0", "limit=1001", "limit=x", "before=unknown", "format=xml"])
    func `a wrong question is refused by name`(query: String) async throws {
        try await withRelay { relay in
            let (head, json) = try relay.exchange("GET", "/chat/history?\(query)")
            #expect(head.status == 400)
            let name = query.prefix { $0 != "=" }
            #expect(json["error"]?["code"]?.stringValue == String(name))
        }
    }

    @Test func `conversations have a title and are opened in order`() async throws {
        try await withRelay { relay in
            let long = "  How do I\nread \(String(repeating: "very ", count: 40))long?"
            _ = try say(relay, long, "c/1 ü")
            let second = try say(relay, "And then?", "c/1 ü")
            _ = try say(relay, "hello", "d", user: "me")
            let list = try relay.exchange("GET", "/chat/conversations").json
            let found = try #require(list["conversations"]?.arrayValue)
            #expect(found.map { $0["id"]?.stringValue } == ["d", "c/1 ü"])
            #expect(found.map { $0["count"]?.intValue } == [1, 2])
            let title = found[1]["title"]?.stringValue ?? ""
            #expect(title.hasPrefix("How do I read very very"))
            #expect(title.hasSuffix("…") && title.count == 80)
            #expect(found[1]["updated_at"]?.stringValue?.count == 24)
            let mine = try relay.exchange("GET", "/chat/conversations?user=me").json
            #expect(mine["conversations"]?.arrayValue?.count == 1)
            let path = "/chat/conversations/\(encoded("c/1 ü"))"
            let one = try relay.exchange("GET", path).json
            let messages = try #require(one["messages"]?.arrayValue)
            let roles = messages.map { $0["role"]?.stringValue }
            #expect(roles == ["user", "assistant", "user", "assistant"])
            #expect(messages[2]["content"]?.stringValue == "And then?")
            #expect(messages[3]["id"]?.stringValue == second)
            #expect(messages[3]["status"]?.stringValue == "complete")
            #expect(try relay.exchange("GET", "/chat/conversations/no").head.status == 404)
        }
    }

    @Test func `a deleted conversation is gone at once and from the file`() async throws {
        try await withRelay(loops: 2) { relay in
            let id = try say(relay, "the secret", "c")
            let kept = try say(relay, "the rest", "d")
            for _ in 0..<2 {
                let (head, _) = try relay.exchange("DELETE", "/chat/conversations/c")
                #expect(head.status == 204)
            }
            #expect(try relay.exchange("GET", "/chat/conversations/c").head.status == 404)
            #expect(ids(try relay.exchange("GET", "/chat/history").json) == [kept])
            #expect(try relay.exchange("GET", "/chat/streams/\(id)").head.status == 404)
            #expect(
                waits {
                    let text = String(
                        decoding: readFile(relay.folder + "/history.jsonl"),
                        as: UTF8.self
                    )
                    return !text.contains("the secret") && text.contains("the rest")
                }
            )
            let again = try say(relay, "anew", "c")
            let now = try relay.exchange("GET", "/chat/conversations/c").json
            #expect(now["messages"]?.arrayValue?.last?["id"]?.stringValue == again)
            #expect(now["messages"]?.arrayValue?.count == 2)
        }
    }

    @Test func `a clock that is set back keeps no answer from its deletion`() async throws {
        let clock = ManualClock()
        // The deletion is made by the system's clock, which is behind.
        clock.setWall(aheadBy: 90_000)
        try await withRelay(loops: 2, clock: clock) {
            $0.headHoldSeconds = 0
        } _: { relay in
            let ended = try say(relay, "the secret", "c")
            let (client, head) = try relay.begin(
                "simulator?say=secret&hang=1",
                more: ",\"conversation\":\"c\""
            )
            #expect(
                try relay.exchange("DELETE", "/chat/conversations/c").head.status == 204
            )
            #expect(try client.readEvents().last?.data == "[DONE]")
            clock.setWall(aheadBy: -90_000)
            for id in [ended, head.id] {
                #expect(try relay.exchange("GET", "/chat/streams/\(id)").head.status == 404)
            }
            let anew = try say(relay, "anew", "c")
            #expect(ids(try relay.exchange("GET", "/chat/history").json) == [anew])
            #expect(try relay.exchange("GET", "/chat/streams/\(anew)").head.status == 200)
            #expect(
                waits {
                    let text = readFile(relay.folder + "/history.jsonl")
                    return !String(decoding: text, as: UTF8.self).contains("secret")
                }
            )
            try await withRelay(afterKilling: relay) { next in
                let left = ids(try next.exchange("GET", "/chat/history").json)
                #expect(left == [anew])
            }
        }
    }

    @Test func `deleting a conversation stops what still runs in it`() async throws {
        try await withRelay(loops: 2) {
            $0.headHoldSeconds = 0
        } _: { relay in
            let (client, head) = try relay.begin(
                "simulator?say=secret&hang=1",
                more: ",\"conversation\":\"c\""
            )
            let (answer, _) = try relay.exchange("DELETE", "/chat/conversations/c")
            #expect(answer.status == 204)
            let events = try client.readEvents()
            #expect(events.last?.data == "[DONE]")
            #expect(try relay.exchange("GET", "/chat/streams/\(head.id)").head.status == 404)
            #expect(ids(try relay.exchange("GET", "/chat/history").json).isEmpty)
            #expect(
                waits { readFile(relay.folder + "/history.jsonl").isEmpty }
            )
        }
    }

    @Test func `an export is the file, whole, however slowly it is read`() async throws {
        try await withRelay { relay in
            let text = String(repeating: "a long line of text ", count: 10_000)
            for number in 0..<60 {
                let record =
                    "{\"id\":\"r\(number)\",\"conversation\":\"c\(number % 2)\","
                    + "\"content\":\"\(text)\"}"
                relay.service.stores.history.append(Array(record.utf8))
            }
            let client = try TestClient(port: relay.port, receiveBuffer: 8192)
            client.request("GET", "/chat/history?format=jsonl")
            let head = try client.readHead()
            #expect(head.status == 200)
            #expect(head.fields.first("Content-Type") == "application/jsonl")
            usleepMilliseconds(100)
            let body = try client.readBody()
            #expect(body == readFile(relay.folder + "/history.jsonl"))
            let some = try relay.connect()
            some.request("GET", "/chat/history?format=jsonl&conversation=c1")
            _ = try some.readHead()
            let lines = try some.readBody().split(separator: UInt8(ascii: "\n"))
            #expect(lines.count == 30)
            // A client that leaves in the middle harms nobody.
            let leaving = try TestClient(port: relay.port, receiveBuffer: 8192)
            leaving.request("GET", "/chat/history?format=jsonl")
            _ = try leaving.readHead()
            leaving.close()
            #expect(try relay.exchange("GET", "/healthz").head.status == 200)
        }
    }

    @Test(
        arguments: [
            ("GET", "/chat/history"), ("GET", "/chat/history?format=jsonl"),
            ("GET", "/chat/conversations"), ("GET", "/chat/conversations/c"),
            ("DELETE", "/chat/conversations/c"),
        ]
    )
    func `pages of foreign origins learn and delete nothing`(
        method: String,
        target: String
    ) async throws {
        try await withRelay { relay in
            _ = try say(relay, "mine", "c")
            let foreign: HeaderFields = ["Origin": "https://evil.example"]
            #expect(try relay.exchange(method, target, foreign).head.status == 403)
            let rebound: HeaderFields = ["Host": "evil.example"]
            #expect(try relay.exchange(method, target, rebound).head.status == 421)
            #expect(try relay.exchange("GET", "/chat/conversations/c").head.status == 200)
        }
    }
}
