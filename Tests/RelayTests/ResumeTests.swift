import ChatFormats
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay
@testable import Simulator

/// A client that comes back gets the rest: no gap, no repeat, and nothing is paid twice.
@Suite struct ResumeTests {
    private static let text = String(decoding: Answer.text, as: UTF8.self)

    @Test(.timeLimit(.minutes(5)), arguments: Dialect.eventStreams)
    func `the parts before and after a cut make the whole text`(dialect: Dialect) async throws {
        try await withRelay { relay in
            for (index, cut) in [1, 2, 3, 17, 60].enumerated() {
                let model = "simulator?interval_ms=1&http=close&first_ms=\(index)"
                let (client, head) = try relay.begin(model, query: "?format=\(dialect.name)")
                var events: [Event] = []
                for _ in 0..<cut {
                    if let event = try client.readEvent() { events.append(event) }
                }
                client.close()
                // Where the cut went through a frame of several blocks, the last one had no id yet.
                let id = try #require(events.last { !$0.id.isEmpty }?.id)
                let again = try relay.connect()
                again.request(
                    "GET",
                    "/chat/stream?prompt=other&format=\(dialect.name)",
                    ["Last-Event-ID": id]
                )
                let next = try again.readHead()
                #expect(next.status == 200)
                #expect(next.id == head.id)
                events += try again.readEvents()
                #expect(spoken(in: events, as: dialect) == Self.text)
                #expect(events.last?.data == "[DONE]")
                #expect(relay.calls(model).calls == 1)
                #expect(try relay.record(head.id)["status"]?.stringValue == "complete")
            }
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["last_event_id", "lastEventId"])
    func `the position may be in the query, and the field wins`(name: String) async throws {
        try await withRelay { relay in
            let (client, head) = try relay.begin("simulator?tokens=6&interval_ms=50")
            for _ in 0..<3 { _ = try client.readEvent() }
            client.close()
            let query = "&\(name)=\(encoded("\(head.id).2"))"
            let rest = try relay.get("simulator", more: query)
            #expect(rest.events.first?.id == "\(head.id).3")
            let other = try relay.get("simulator", more: query, ["Last-Event-ID": "\(head.id).4"])
            #expect(other.events.first?.id == "\(head.id).5")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an empty id hides no other`() async throws {
        try await withRelay { relay in
            let heard = try relay.ask("simulator?tokens=6&interval_ms=0")
            let id = encoded("\(heard.head.id).2")
            for query in ["&last_event_id=\(id)", "&last_event_id=&lastEventId=\(id)"] {
                let rest = try relay.get("simulator", more: query, ["Last-Event-ID": ""])
                #expect(rest.events.first?.id == "\(heard.head.id).3")
            }
            #expect(relay.calls("simulator").calls == 0)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `the tail is still there for a client whose connection broke after it was sent`()
        async throws
    {
        try await withRelay { relay in
            // The whole answer is in the kernel's hands before the client has read a part of it.
            let (client, head) = try relay.begin("simulator?tokens=8&interval_ms=0")
            #expect(
                waits { relay.calls("simulator?tokens=8&interval_ms=0").calls == 1 }
            )
            _ = try relay.record(head.id)
            let first = try client.readEvent()
            client.close()
            let rest = try relay.get("simulator", ["Last-Event-ID": first?.id ?? ""])
            #expect(rest.events.count { $0.name == "token" } == 8)
            #expect(rest.last.data == "[DONE]")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `after the end nothing follows, and the browser learns not to come back`()
        async throws
    {
        try await withRelay { relay in
            let heard = try relay.ask("simulator?tokens=2&interval_ms=0")
            for target in [
                "/chat/stream?prompt=x", "/api/streaming", "/chat/streams/\(heard.head.id)",
            ] {
                let (head, _) = try relay.exchange("GET", target, ["Last-Event-ID": heard.last.id])
                #expect(head.status == 204)
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a request with an id never starts an answer`() async throws {
        try await withRelay(loops: 2) { relay in
            let unknown = GenerationID.make(loop: 0)
            let ids = [
                "\(unknown).3", "\(GenerationID.make(loop: 1)).0",
                "\(GenerationID.make(loop: 63)).1",
                "7", "not an id", "\(unknown).-1", "\(unknown).99999999999999999999",
                "\(unknown).9223372036854775807", unknown,
            ]
            for id in ids {
                let get = try relay.exchange(
                    "GET",
                    "/chat/stream?prompt=x&model=simulator",
                    ["Last-Event-ID": id]
                )
                #expect(get.head.status == 204, "\(id)")
                let post = try relay.exchange(
                    "POST",
                    "/chat/stream",
                    ["Last-Event-ID": id],
                    body: #"{"message":"x"}"#
                )
                #expect(post.head.status == 404, "\(id)")
                #expect(post.json["error"]?["code"]?.stringValue == "unknown_stream")
            }
            #expect(relay.calls("simulator").calls == 0)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an id from the future waits for what comes next`() async throws {
        try await withRelay { relay in
            let (client, head) = try relay.begin("simulator?tokens=5&interval_ms=100")
            _ = try client.readEvent()
            for sequence in ["1000", "9223372036854775806", "9223372036854775807"] {
                let late = try relay.connect()
                late.request(
                    "GET",
                    "/chat/streams/\(head.id)",
                    ["Last-Event-ID": "\(head.id).\(sequence)"]
                )
                #expect([200, 204, 400].contains(try late.readHead().status))
            }
            #expect(try client.readEvents().last?.data == "[DONE]")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `another client reads along from the start in another dialect`() async throws {
        try await withRelay { relay in
            let (client, head) = try relay.begin("simulator?tokens=20&interval_ms=10")
            for _ in 0..<5 { _ = try client.readEvent() }
            var texts: Set<String> = []
            for dialect in Dialect.eventStreams {
                let other = try relay.connect()
                other.request("GET", "/chat/streams/\(head.id)?format=\(dialect.name)")
                #expect(try other.readHead().id == head.id)
                texts.insert(spoken(in: try other.readEvents(), as: dialect))
            }
            #expect(texts.count == 1)
            #expect(relay.calls("simulator?tokens=20&interval_ms=10").calls == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `every connection finds every stream, whichever loop owns it`() async throws {
        try await withRelay(loops: 2) { relay in
            var owners: Set<Int> = []
            for number in 0..<12 {
                let model = "simulator?tokens=10&interval_ms=5&first_ms=\(number)"
                let (client, head) = try relay.begin(model)
                owners.insert(GenerationID.loop(of: head.id) ?? -1)
                _ = try client.readEvent()
                for _ in 0..<4 {
                    let other = try relay.connect()
                    other.request("GET", "/chat/streams/\(head.id)?format=text")
                    #expect(try other.readHead().id == head.id)
                    #expect(try other.readEvents().last?.data == "[DONE]")
                    // The connection has moved, and goes on serving.
                    other.request("GET", "/healthz")
                    #expect(try other.readHead().status == 200)
                }
                #expect(try client.readEvents().last?.data == "[DONE]")
                #expect(relay.calls(model).calls == 1)
            }
            #expect(owners.isSubset(of: [0, 1]))
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `the field and the path must name one stream`() async throws {
        try await withRelay { relay in
            let (client, head) = try relay.begin("simulator?tokens=3&interval_ms=50")
            let other = "\(GenerationID.make(loop: 0)).1"
            let (refusal, json) = try relay.exchange(
                "GET",
                "/chat/streams/\(head.id)",
                ["Last-Event-ID": other]
            )
            #expect(refusal.status == 400)
            #expect(json["error"]?["code"]?.stringValue == "last_event_id")
            #expect(try client.readEvents().last?.data == "[DONE]")
        }
    }
}
