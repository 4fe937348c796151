import Access
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// Callers with tokens of another server, beside those with keys.
@Suite(.timeLimit(.minutes(5))) struct TokenTests {
    private static let secret = "qV7rT2mXc9LbW4zKd8Hf3NsJp6GyR1uA"
    /// `sub` is ann, and the token never expires.
    private static let ann =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
        + ".eyJzdWIiOiJhbm4iLCJleHAiOjI1MzQwMjMwMDc5OX0"
        + ".cyz6x34cV9SRuorQH1UuspAOG1M7e71_1lO0eB9j8ro"
    /// `sub` is eve, and `scope` is `openid relay:read`.
    private static let eve =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
        + ".eyJzdWIiOiJldmUiLCJleHAiOjI1MzQwMjMwMDc5OSwic2NvcGUiOiJvcGVuaWQgcmVsYXk6cmVhZCJ9"
        + ".6L_h-wGHpxAkepssxjg1ivbKfzlBvXuRd3iLCPj6UKU"
    /// A token that has expired.
    private static let old =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
        + ".eyJzdWIiOiJvbGQiLCJleHAiOjEwMDB9"
        + ".Um4uu3z-bDWhB8IveBvIxbdtJbsEgMMGYMdE7GoW8wI"
    /// `sub` is key/ann, as the owner of a key is called.
    private static let pretender =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
        + ".eyJzdWIiOiJrZXkvYW5uIiwiZXhwIjoyNTM0MDIzMDA3OTl9"
        + ".8_xKNmVNkO_uF2FUc27RzYyU002JgfSitjzU3ce4KjA"

    private static func fields(_ token: String) -> HeaderFields {
        ["Authorization": "Bearer \(token)"]
    }

    private func keyring() throws -> Keyring {
        var keyring = try Keyring(["ann": .common, "root": .admin])
        let key = try VerificationKey(secret: Array(Self.secret.utf8))
        keyring.tokens = JWTVerifier(keys: try KeySet([key]))
        return keyring
    }

    private static let body = #"{"message":"hi","model":"simulator?tokens=2&interval_ms=0"}"#

    @Test func `a token's user sees their own answers, and nobody sees another's`() async throws {
        let keyring = try keyring()
        try await withRelay(access: keyring.access) { relay in
            let all = [
                Self.fields(Self.ann), Self.fields(Self.pretender), keyring.fields("ann"),
            ]
            var ids: [String] = []
            for fields in all {
                let client = try relay.connect()
                client.request("POST", "/chat/stream", fields, body: Self.body)
                let head = try client.readHead()
                #expect(head.status == 200)
                _ = try client.readEvents()
                ids.append(head.id)
                _ = try relay.record(head.id)
            }
            for (number, fields) in all.enumerated() {
                for (other, id) in ids.enumerated() {
                    let (head, _) = try relay.exchange("GET", "/chat/streams/\(id)", fields)
                    #expect(head.status == (number == other ? 200 : 404))
                }
                let (_, history) = try relay.exchange("GET", "/chat/history", fields)
                #expect(history["records"]?.arrayValue?.count == 1)
            }
            #expect(try relay.record(ids[0])["owner"]?.stringValue == "user/ann")
            #expect(try relay.record(ids[1])["owner"]?.stringValue == "user/key/ann")
            #expect(try relay.record(ids[2])["owner"]?.stringValue == "key/ann")
        }
    }

    @Test func `of a token's scopes those count that are the relay's`() async throws {
        let keyring = try keyring()
        try await withRelay(access: keyring.access) { relay in
            let eve = Self.fields(Self.eve)
            #expect(try relay.exchange("GET", "/chat/history", eve).head.status == 200)
            let (head, json) = try relay.exchange("POST", "/chat/stream", eve, body: Self.body)
            #expect(head.status == 403)
            #expect(json["error"]?["code"]?.stringValue == "insufficient_scope")
        }
    }

    @Test func `a token that does not count is one word for its client, however often`()
        async throws
    {
        let keyring = try keyring()
        try await withRelay(access: keyring.access) { relay in
            let changed = String(Self.ann.dropLast(3)) + "AAA"
            for token in [Self.old, changed, Self.ann + ".x", "a.b.c", Self.old] {
                let fields = Self.fields(token)
                let (head, json) = try relay.exchange("GET", "/v1/models", fields)
                #expect(head.status == 401)
                let isToken = token.split(separator: ".").count == 3
                let code = isToken ? "invalid_token" : "invalid_api_key"
                #expect(json["error"]?["code"]?.stringValue == code)
            }
            // A token that counted once counts the same again.
            for _ in 0..<3 {
                let (head, _) = try relay.exchange("GET", "/v1/models", Self.fields(Self.ann))
                #expect(head.status == 200)
            }
        }
    }

    @Test func `a reader by any method needs the scope for reading`() async throws {
        let keyring = try Keyring(["ann": .common, "asker": .chat])
        try await withRelay(access: keyring.access) { relay in
            let client = try relay.connect()
            client.request("POST", "/chat/stream", keyring.fields("asker"), body: Self.body)
            let id = try client.readHead().id
            _ = try client.readEvents()
            var fields = keyring.fields("asker")
            fields.append("Last-Event-ID", "\(id).0")
            for target in [
                "/chat/stream", "/v1/chat/completions", "/stream-chat", "/api/streaming",
            ] {
                let (head, _) = try relay.exchange("POST", target, fields, body: Self.body)
                #expect(head.status == 403, "\(target)")
                let query = "\(target)?lastEventId=\(id).0"
                let asker = keyring.fields("asker")
                let (other, _) = try relay.exchange("POST", query, asker, body: Self.body)
                #expect(other.status == 403, "\(query)")
            }
        }
    }
}
