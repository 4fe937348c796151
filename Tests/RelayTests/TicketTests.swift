import Access
import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// Tickets in the URLs of streams, since `EventSource` sends no key.
@Suite(.timeLimit(.minutes(5))) struct TicketTests {
    private static let model = "simulator?tokens=3&interval_ms=0"
    private static let get =
        "/chat/stream?prompt=hi&model=simulator%3Ftokens%3D3%26interval_ms%3D0"

    private func keyring() throws -> Keyring {
        try Keyring(["ann": .common, "bob": .common, "eve": .read, "log": .metrics])
    }

    /// A ticket for whoever those fields show.
    private func ticket(_ relay: TestRelay, _ fields: HeaderFields) throws -> String {
        let (head, json) = try relay.exchange("POST", "/chat/tickets", fields)
        #expect(head.status == 200)
        #expect(head.fields.first("Cache-Control") == "no-store")
        #expect(json["expires_in"]?.intValue == 60)
        return try #require(json["ticket"]?.stringValue)
    }

    /// Reads a stream to its end, and returns its head and its events.
    private func stream(
        _ relay: TestRelay,
        _ target: String,
        _ fields: HeaderFields = [:]
    ) throws -> (head: Head, events: [Event]) {
        let client = try relay.connect()
        client.request("GET", target, fields)
        let head = try client.readHead()
        guard head.status == 200 else { return (head, []) }
        return (head, try client.readEvents())
    }

    @Test func `a ticket opens each kind of stream, as its owner`() async throws {
        let keyring = try keyring()
        try await withRelay(access: keyring.access) { relay in
            let (ann, bob) = (keyring.fields("ann"), keyring.fields("bob"))
            let ticket = try ticket(relay, ann)
            let (head, events) = try stream(relay, "\(Self.get)&ticket=\(ticket)")
            #expect(head.status == 200 && events.last?.name == "done")
            #expect(try relay.record(head.id)["owner"]?.stringValue == "key/ann")
            let other = try self.ticket(relay, bob)
            for path in ["/chat/streams/\(head.id)?", "/api/streaming?id=\(head.id)&"] {
                let own = try stream(relay, "\(path)format=events&ticket=\(ticket)")
                #expect(own.events == events)
                let foreign = try stream(relay, "\(path)ticket=\(other)")
                #expect(foreign.head.status == 404)
                let nobody = try stream(relay, String(path.dropLast()))
                #expect(nobody.head.status == 401)
            }
        }
    }

    @Test func `a ticket is taken on no other route, nor beside a key or another one`() async throws
    {
        let keyring = try keyring()
        try await withRelay(access: keyring.access) { relay in
            let ann = keyring.fields("ann")
            let ticket = try ticket(relay, ann)
            let routes = [
                ("POST", "/chat/stream"), ("POST", "/api/streaming"), ("POST", "/chat/tickets"),
                ("DELETE", "/chat/streams/x"), ("GET", "/chat/history"), ("GET", "/v1/models"),
                ("GET", "/chat/conversations/x"), ("POST", "/v1/chat/completions"),
            ]
            for (method, path) in routes {
                for fields in [[:], ann] {
                    let target = "\(path)?ticket=\(ticket)"
                    let (head, json) = try relay.exchange(method, target, fields)
                    #expect(head.status == 400, "\(method) \(path)")
                    #expect(json["error"]?["code"]?.stringValue == "ticket")
                    let message = json["error"]?["message"]?.stringValue ?? ""
                    #expect(message.contains("/chat/streams/{id}"))
                    #expect(!message.contains(ticket))
                }
            }
            let target = "\(Self.get)&ticket=\(ticket)"
            let twice = try relay.exchange("GET", "\(target)&ticket=\(ticket)")
            #expect(twice.head.status == 400)
            let both = try relay.exchange("GET", target, ann)
            #expect(both.head.status == 401)
            #expect(both.json["error"]?["code"]?.stringValue == "invalid_credential")
            #expect(relay.calls(Self.model).calls == 0)
        }
    }

    @Test func `a ticket allows what its owner may do, and nobody gets one for nothing`()
        async throws
    {
        let keyring = try keyring()
        try await withRelay(access: keyring.access) { relay in
            let ticket = try ticket(relay, keyring.fields("eve"))
            let (head, json) = try relay.exchange("GET", "\(Self.get)&ticket=\(ticket)")
            #expect(head.status == 403)
            #expect(json["error"]?["code"]?.stringValue == "insufficient_scope")
            let reading = try relay.exchange("GET", "/chat/streams/x?ticket=\(ticket)")
            #expect(reading.head.status == 404)
            for (fields, status) in [(keyring.fields("log"), 403), ([:], 401)] {
                let refused = try relay.exchange("POST", "/chat/tickets", fields)
                #expect(refused.head.status == status)
            }
        }
    }

    @Test func `an expired ticket lets a reader go on for an hour, and begins nothing`()
        async throws
    {
        let keyring = try keyring()
        let clock = ManualClock()
        try await withRelay(clock: clock, access: keyring.access) { relay in
            let ticket = try ticket(relay, keyring.fields("ann"))
            let target = "\(Self.get)&ticket=\(ticket)"
            let (head, events) = try stream(relay, target)
            let path = "/chat/streams/\(head.id)?ticket=\(ticket)"
            let back: HeaderFields = ["Last-Event-ID": events[1].id]
            await clock.advance(by: .seconds(61))
            for target in [target, path, "/api/streaming?format=events&ticket=\(ticket)"] {
                let (again, rest) = try stream(relay, target, back)
                #expect(again.status == 200 && rest == Array(events[2...]), "\(target)")
                let (refused, json) = try relay.exchange("GET", target)
                #expect(refused.status == 401, "\(target)")
                #expect(json["error"]?["code"]?.stringValue == "invalid_ticket")
                // A URL that somebody finds in a log names no event.
                let named = try relay.exchange("GET", "\(target)&last_event_id=\(events[1].id)")
                #expect(named.head.status == 401)
            }
            // What is over is told as to anybody who comes back.
            let last = try #require(events.last?.id)
            let over = try relay.exchange("GET", target, ["Last-Event-ID": last])
            #expect(over.head.status == 204)
            let nobody = try relay.exchange("GET", target, ["Last-Event-ID": "nobody.3"])
            #expect(nobody.head.status == 204)
            #expect(relay.calls(Self.model).calls == 1)
            await clock.advance(by: .seconds(3600))
            #expect(try relay.exchange("GET", target, back).head.status == 401)
        }
    }

    @Test func `a ticket ends with its key, and a new relay with the same secret takes it`()
        async throws
    {
        var keyring = try keyring()
        let callers = KnownCallers(keyring.means)
        try await withRelay(access: AccessState(callers: callers)) { relay in
            let ticket = try ticket(relay, keyring.fields("ann"))
            let target = "/chat/streams/x?ticket=\(ticket)"
            #expect(try relay.exchange("GET", target).head.status == 404)
            try await withRelay(access: keyring.access) { other in
                let (head, _) = try other.exchange("GET", target)
                #expect(head.status == 404)
            }
            keyring.secret.reverse()
            try await withRelay(access: keyring.access) { other in
                let (head, _) = try other.exchange("GET", target)
                #expect(head.status == 401)
            }
            keyring.secret.reverse()
            keyring.change("ann") { $0.scopes = .chat }
            await callers.replace(keyring.means)
            #expect(try relay.exchange("GET", target).head.status == 403)
            keyring.remove("ann")
            await callers.replace(keyring.means)
            #expect(try relay.exchange("GET", target).head.status == 401)
        }
    }

    @Test func `a ticket is in no record and in no journal, and changes no question`() async throws
    {
        let keyring = try keyring()
        let answer = ScriptedUpstream.Answer(
            events: [#"{"choices":[{"delta":{"content":"ok"},"finish_reason":"stop"}]}"#, "[DONE]"]
        )
        let upstream = try ScriptedUpstream([answer])
        do {
            try await withRelay(baseURL: upstream.baseURL, access: keyring.access) { relay in
                let tickets = try (0..<2).map { _ in try ticket(relay, keyring.fields("ann")) }
                let ids = try tickets.map { ticket in
                    let target = "/chat/stream?prompt=hi&stream=mine&ticket=\(ticket)"
                    return try stream(relay, target).head.id
                }
                #expect(ids[0] == ids[1] && upstream.bodies.count == 1)
                _ = try relay.record(ids[0])
                let left = try relay.killed()
                defer { removeTree(left) }
                let names =
                    namesIn(left).filter { $0 != "journal" }
                    + namesIn(left + "/journal").map { "journal/" + $0 }
                #expect(names.count > 2)
                let texts = names.map { String(decoding: readFile("\(left)/\($0)"), as: UTF8.self) }
                for ticket in tickets {
                    let secret = ticket.suffix(20)
                    #expect(!(texts + upstream.bodies).contains { $0.contains(secret) })
                }
            }
        } catch {
            await upstream.stop()
            throw error
        }
        await upstream.stop()
    }

    @Test func `without keys there are no tickets, and one in a URL does no harm`() async throws {
        try await withRelay { relay in
            let (head, json) = try relay.exchange("POST", "/chat/tickets")
            #expect(head.status == 404)
            #expect(json["error"]?["code"]?.stringValue == "no_login")
            #expect(try stream(relay, "\(Self.get)&ticket=old").events.last?.name == "done")
        }
    }
}
