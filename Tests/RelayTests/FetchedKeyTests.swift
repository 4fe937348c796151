import Access
import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// Tokens whose keys an issuer publishes at an address.
@Suite(.timeLimit(.minutes(5))) struct FetchedKeyTests {
    private static let keyOne =
        #"{"kty":"OKP","crv":"Ed25519","x":"GBXP-2Q43QnCWJgRBFa5Ovz9gsZpYo2RCg_rQzkQfI4","kid":"one"}"#
    private static let keyTwo =
        #"{"kty":"OKP","crv":"Ed25519","x":"V2fvI-rLftrI91X3x3zuCpaBrtg815Nav0ynZ4NFeW0","kid":"two"}"#
    /// Of key one.
    private static let ann =
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSIsImtpZCI6Im9uZSJ9"
        + ".eyJzdWIiOiJhbm4iLCJleHAiOjI1MzQwMjMwMDc5OX0"
        + ".kishUa_Ee76yQoLZLdwCWMePl9JnQSneC8PJuaq1BT9lIGOwoS6g_X35iVkxzEzO4UXK6_i2LqLxqvYkUiJcBQ"
    /// Of key one, too.
    private static let bob =
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSIsImtpZCI6Im9uZSJ9"
        + ".eyJzdWIiOiJib2IiLCJleHAiOjI1MzQwMjMwMDc5OX0"
        + ".rOsNVt0ggJ8o6X6VAG8rntZXiWYaRcQkMwRAvhjt8jO4-L8-zzmAb4ufFNW-6oLnyS7IvAusjEaaJvP49iRwDg"
    /// Of key two.
    private static let annTwo =
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSIsImtpZCI6InR3byJ9"
        + ".eyJzdWIiOiJhbm4iLCJleHAiOjI1MzQwMjMwMDc5OX0"
        + ".NGAzOvsZVhWBpADaQR7D9jUepoWCZV7PUsiCaouUIle0xSmPrTzFSJ9cVtj9iuLxBWsKsGFYtfTsHELHQejLCQ"

    private static func fields(_ token: String) -> HeaderFields {
        ["Authorization": "Bearer \(token)"]
    }

    private static func means(_ url: String) -> KnownCallers.Means {
        .init(tokens: .fetched(FetchedKeys(url: url), JWTRules()))
    }

    /// Runs a test with an issuer and a relay that trusts it; both are stopped in any case.
    private func withIssuer(
        _ answer: KeySetServer.Answer,
        isHeld: Bool = false,
        loops: Int = 1,
        clock: ManualClock? = nil,
        _ body: (TestRelay, KeySetServer, KnownCallers) async throws -> Void
    ) async throws {
        let issuer = try KeySetServer(answer, isHeld: isHeld)
        let callers = KnownCallers(Self.means(issuer.url))
        do {
            let access = AccessState(callers: callers)
            try await withRelay(loops: loops, clock: clock, access: access) { relay in
                try await body(relay, issuer, callers)
            }
        } catch {
            await issuer.stop()
            throw error
        }
        await issuer.stop()
    }

    /// The status and the code of an answer to a token.
    private func ask(_ relay: TestRelay, _ token: String) -> String {
        guard let (head, json) = try? relay.exchange("GET", "/v1/models", Self.fields(token)) else {
            return "no answer"
        }
        return "\(head.status) " + (json["error"]?["code"]?.stringValue ?? "")
    }

    private func send(_ relay: TestRelay, _ token: String) throws -> TestClient {
        let client = try relay.connect()
        client.request("GET", "/v1/models", Self.fields(token))
        return client
    }

    @Test func `the first requests wait for the set, which is fetched once`() async throws {
        try await withIssuer(.keys(Self.keyOne), isHeld: true, loops: 2) { relay, issuer, _ in
            var clients: [TestClient] = []
            for _ in 0..<8 { clients.append(try send(relay, Self.ann)) }
            #expect(waits { issuer.calls == 1 })
            // What is no token waits for nothing.
            #expect(ask(relay, "a.b.c") == "401 invalid_token")
            issuer.hold(false)
            for client in clients { #expect(try client.readHead().status == 200) }
            #expect(issuer.calls == 1)
        }
    }

    @Test func `a relay that ends while requests wait for the set ends`() async throws {
        try await withIssuer(.keys(Self.keyOne), isHeld: true, loops: 2) { relay, issuer, _ in
            _ = try send(relay, Self.ann)
            #expect(waits { issuer.calls == 1 })
        }
    }

    @Test func `a key that the issuer changes is found by its id, and the old one counts no more`()
        async throws
    {
        let clock = ManualClock()
        try await withIssuer(.keys(Self.keyOne), clock: clock) { relay, issuer, _ in
            #expect(ask(relay, Self.ann) == "200 ")
            #expect(issuer.calls == 1)
            issuer.publish(.keys(Self.keyTwo))
            // The set is new enough to refuse at once.
            #expect(ask(relay, Self.annTwo) == "401 invalid_token")
            #expect(issuer.calls == 1)
            await clock.advance(by: .seconds(30))
            #expect(ask(relay, Self.annTwo) == "200 ")
            #expect(issuer.calls == 2)
            // Though the relay remembers the token.
            #expect(ask(relay, Self.ann) == "401 invalid_token")
        }
    }

    @Test func `a set is fetched again after a quarter of an hour`() async throws {
        let clock = ManualClock()
        try await withIssuer(.keys(Self.keyOne), clock: clock) { relay, issuer, _ in
            #expect(ask(relay, Self.ann) == "200 ")
            issuer.publish(.keys(Self.keyTwo))
            try await clock.turn(by: .seconds(60)) { issuer.calls == 2 }
            #expect(waits { ask(relay, Self.ann) == "401 invalid_token" })
        }
    }

    @Test func `a flood of unknown keys makes one fetch in thirty seconds`() async throws {
        let clock = ManualClock()
        try await withIssuer(.keys(Self.keyOne), loops: 2, clock: clock) { relay, issuer, _ in
            #expect(ask(relay, Self.ann) == "200 ")
            for round in 1...3 {
                for _ in 0..<40 { #expect(ask(relay, Self.annTwo) == "401 invalid_token") }
                #expect(issuer.calls == round)
                await clock.advance(by: .seconds(30))
            }
            #expect(ask(relay, Self.ann) == "200 ")
        }
    }

    @Test func `a set goes on to count while the issuer is down, for a day`() async throws {
        let clock = ManualClock()
        try await withIssuer(.keys(Self.keyOne), clock: clock) { relay, issuer, _ in
            #expect(ask(relay, Self.ann) == "200 ")
            issuer.publish(.init(status: 500, body: "down"))
            try await clock.turn(by: .seconds(60)) { issuer.calls == 2 }
            // A token that nobody knows yet, and one that nobody can judge.
            #expect(ask(relay, Self.bob) == "200 ")
            #expect(ask(relay, Self.annTwo) == "503 key_set_unavailable")
            // In small steps, as the pauses between two fetches are.
            for _ in 0..<24 { await clock.advance(by: .seconds(3600)) }
            #expect(waits { ask(relay, Self.ann) == "503 key_set_unavailable" })
            #expect(ask(relay, Self.bob) == "503 key_set_unavailable")
            issuer.publish(.keys(Self.keyOne))
            try await clock.turn(by: .seconds(30)) { ask(relay, Self.ann) == "200 " }
        }
    }

    private static let badAnswers: [String: KeySetServer.Answer] = [
        "an error": .init(status: 500, body: #"{"keys":[\#(keyTwo)]}"#),
        "not there": .init(status: 404, body: "{}"),
        "a redirection": .init(status: 302, fields: ["Location": "/jwks"], body: ""),
        "a page": .init(body: "<!doctype html><title>Sign in</title>"),
        "nothing": .init(body: ""),
        "another object": .init(body: "{}"),
        "no keys": .keys(),
        "no key of use": .keys(#"{"kty":"OKP","crv":"X25519","x":"AA","kid":"one"}"#),
        "a secret": .keys(#"{"kty":"oct","k":"cVY3clQybVhjOUxiVzR6S2Q4SGYzTnNKcDZHeVIxdUE"}"#),
        "a private key": .keys(keyTwo, #"{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}"#),
        "one id twice": .keys(keyOne, keyTwo.replacing("two", with: "one")),
        "too long": .init(body: "{\"keys\":[\(keyTwo)]}" + String(repeating: " ", count: 70_000)),
        "too many": .keys(Array(repeating: keyTwo, count: 65).joined(separator: ",")),
    ]

    @Test(arguments: badAnswers.keys.sorted())
    func `what is no key set is no verdict on a token, and keeps the old set`(
        name: String
    )
        async throws
    {
        let bad = try #require(Self.badAnswers[name])
        let clock = ManualClock()
        try await withIssuer(bad, clock: clock) { relay, issuer, _ in
            let (head, json) = try relay.exchange("GET", "/v1/models", Self.fields(Self.annTwo))
            #expect(head.status == 503)
            #expect(json["error"]?["code"]?.stringValue == "key_set_unavailable")
            #expect(head.fields.first("Retry-After") == "1")
            issuer.publish(.keys(Self.keyOne))
            try await clock.turn(by: .seconds(1)) { ask(relay, Self.ann) == "200 " }
            let calls = issuer.calls
            issuer.publish(bad)
            try await clock.turn(by: .seconds(60)) { issuer.calls > calls }
            #expect(waits { ask(relay, Self.annTwo) == "503 key_set_unavailable" })
            #expect(ask(relay, Self.bob) == "200 ")
        }
    }

    @Test func `an issuer that does not answer is given up after ten seconds`() async throws {
        let clock = ManualClock()
        try await withIssuer(.keys(Self.keyOne), isHeld: true, clock: clock) { relay, issuer, _ in
            let client = try send(relay, Self.ann)
            #expect(waits { issuer.calls == 1 })
            await clock.settle()
            await clock.advance(by: .seconds(10))
            #expect(try client.readHead().status == 503)
            issuer.hold(false)
            try await clock.turn(by: .seconds(1)) { ask(relay, Self.ann) == "200 " }
        }
    }

    @Test func `a reload keeps the set of the same address, and fetches that of another`()
        async throws
    {
        let other = try KeySetServer(.keys(Self.keyTwo))
        try await withIssuer(.keys(Self.keyOne)) { relay, issuer, callers in
            #expect(ask(relay, Self.ann) == "200 ")
            await callers.replace(Self.means(issuer.url))
            #expect(ask(relay, Self.bob) == "200 ")
            #expect(issuer.calls == 1)
            await callers.replace(Self.means(other.url))
            #expect(ask(relay, Self.annTwo) == "200 ")
            #expect(ask(relay, Self.ann) == "401 invalid_token")
            #expect(issuer.calls == 1 && other.calls == 1)
        }
        await other.stop()
    }

    @Test func `a request that waits at a reload is judged by what takes the set's place`()
        async throws
    {
        let other = try KeySetServer(.keys(Self.keyOne))
        try await withIssuer(.keys(Self.keyTwo), isHeld: true) { relay, issuer, callers in
            let client = try send(relay, Self.ann)
            #expect(waits { issuer.calls == 1 })
            await callers.replace(Self.means(other.url))
            #expect(try client.readHead().status == 200)
        }
        await other.stop()
    }
}
