import Access
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// Sessions of browsers: how they begin and end, and what they may do.
@Suite(.timeLimit(.minutes(5))) struct LoginTests {
    private static let own: HeaderFields = ["Origin": "http://localhost"]
    private static let body = #"{"message":"hi","model":"simulator?tokens=2&interval_ms=0"}"#
    private static let get =
        "/chat/stream?prompt=hi&model=simulator%3Ftokens%3D2%26interval_ms%3D0"

    private func keyring() throws -> Keyring { try Keyring(["ann": .common, "bob": .common]) }

    /// Logs in, and returns the field with the browser's cookies.
    private func logIn(
        _ relay: TestRelay,
        _ key: String,
        _ fields: HeaderFields = own
    ) throws -> String {
        let (head, _) = try relay.exchange("POST", "/login", fields, body: "{\"key\":\"\(key)\"}")
        #expect(head.status == 204)
        let cookies = head.fields.all("Set-Cookie").map { $0.prefix { $0 != ";" } }
        return cookies.joined(separator: "; ")
    }

    @Test func `whoever has logged in asks, reads and deletes from our own page`() async throws {
        let keyring = try keyring()
        try await withRelay(page: true, access: keyring.access) { relay in
            let cookie = try logIn(relay, keyring.texts["ann"] ?? "")
            #expect(cookie.hasPrefix("relay_session=v1.") && cookie.contains("; relay_user="))
            let ann: HeaderFields = ["Cookie": cookie, "Origin": "http://localhost"]
            let client = try relay.connect()
            client.request("POST", "/chat/stream", ann, body: Self.body)
            let head = try client.readHead()
            #expect(head.status == 200)
            #expect(try client.readEvents().last?.name == "done")
            #expect(try relay.record(head.id)["owner"]?.stringValue == "key/ann")
            // To read it, nothing but the cookie is needed.
            let reading: HeaderFields = ["Cookie": cookie]
            let path = "/chat/streams/\(head.id)"
            #expect(try relay.exchange("GET", path, reading).head.status == 200)
            #expect(try relay.exchange("GET", "/v1/models", reading).head.status == 200)
            let other = try logIn(relay, keyring.texts["bob"] ?? "")
            let foreign = try relay.exchange("GET", path, ["Cookie": other])
            #expect(foreign.head.status == 404)
            #expect(try relay.exchange("GET", path).head.status == 401)
            let tickets = try relay.exchange("POST", "/chat/tickets", ann)
            #expect(tickets.json["ticket"]?.stringValue?.hasPrefix("v1.") == true)
        }
    }

    @Test(
        arguments: [
            [:], ["Origin": "https://evil.example"], ["Origin": "null"],
            ["Origin": "https://listed.example"], ["Origin": "http://localhost:1"],
            ["Sec-Fetch-Site": "same-site"], ["Sec-Fetch-Site": "cross-site"],
            ["Sec-Fetch-Site": "none"], ["User-Agent": "Mozilla/5.0"],
        ] as [HeaderFields]
    )
    func `a cookie changes nothing where no page of ours is shown to ask`(
        fields: HeaderFields
    ) async throws {
        let keyring = try keyring()
        try await withRelay(page: true, access: keyring.access) {
            $0.corsOrigins = ["https://listed.example"]
        } _: { relay in
            let key = keyring.texts["ann"] ?? ""
            let cookie = try logIn(relay, key)
            var fields = fields
            fields.append("Cookie", "\(cookie); relay_page=1")
            let requests = [
                ("POST", "/chat/stream", Self.body), ("POST", "/api/streaming", Self.body),
                ("POST", "/v1/chat/completions", Self.body), ("GET", Self.get, nil),
                ("POST", "/v1/embeddings", "{}"), ("DELETE", "/chat/streams/x", nil),
                ("DELETE", "/chat/conversations/x", nil), ("POST", "/chat/tickets", nil),
                ("POST", "/logout", nil), ("POST", "/login", "{\"key\":\"\(key)\"}"),
            ]
            for (method, target, body) in requests {
                let (head, json) = try relay.exchange(method, target, fields, body: body)
                #expect(head.status == 403, "\(method) \(target)")
                let code = json["error"]?["code"]?.stringValue
                #expect(code == "foreign_page" || code == "foreign_origin")
                #expect(head.fields.first("Set-Cookie") == nil)
            }
            #expect(relay.calls("simulator?tokens=2&interval_ms=0").calls == 0)
        }
    }

    @Test func `a page of ours may ask by GET, where the browser says so`() async throws {
        let keyring = try keyring()
        try await withRelay(page: true, access: keyring.access) { relay in
            let cookie = try logIn(relay, keyring.texts["ann"] ?? "")
            for proof in [Self.own, ["Sec-Fetch-Site": "same-origin"]] {
                var fields = proof
                fields.append("Cookie", cookie)
                let client = try relay.connect()
                client.request("GET", Self.get, fields)
                #expect(try client.readHead().status == 200)
                #expect(try client.readEvents().last?.name == "done")
            }
        }
    }

    @Test func `a wrong login is a wrong key`() async throws {
        let keyring = try keyring()
        try await withRelay(page: true, access: keyring.access) { relay in
            let bodies = [
                (#"{"key":"relay_0123456789_0123456789012345678901234567890123456789012"}"#, 401),
                (#"{"key":"a.b.c"}"#, 401), (#"{"key":"x"}"#, 401), (#"{"key":""}"#, 400),
                (#"{"key":7}"#, 400), ("{}", 400), ("", 400), ("key=x", 400),
                ("{\"key\":\"\(String(repeating: "x", count: 9000))\"}", 400),
                ("{\"key\":\"\(String(repeating: "x", count: 40_000))\"}", 413),
            ]
            for (body, status) in bodies {
                let (head, json) = try relay.exchange("POST", "/login", Self.own, body: body)
                #expect(head.status == status, "\(body.prefix(40))")
                #expect(json["error"]?["message"]?.stringValue?.contains("xxx") != true)
                #expect(head.fields.first("Set-Cookie") == nil)
            }
        }
    }

    @Test func `a form logs in as well, and a pasted key may have blanks around it`() async throws {
        let keyring = try keyring()
        try await withRelay(page: true, access: keyring.access) { relay in
            let key = keyring.texts["ann"] ?? ""
            _ = try logIn(relay, " \(key)\\n")
            var fields = Self.own
            fields.append("Content-Type", "application/x-www-form-urlencoded")
            let (head, _) = try relay.exchange("POST", "/login", fields, body: "key=\(key)%0D%0A")
            #expect(head.status == 303 && head.fields.first("Location") == "/")
            #expect(head.fields.all("Set-Cookie").count == 2)
        }
    }

    @Test func `over TLS the cookie is of that kind, and logging out forgets every kind`()
        async throws
    {
        let keyring = try keyring()
        try await withRelay(page: true, access: keyring.access) { relay in
            let secure: HeaderFields = ["Origin": "https://localhost"]
            let cookie = try logIn(relay, keyring.texts["ann"] ?? "", secure)
            #expect(cookie.hasPrefix("__Host-relay_session=v1."))
            let listed = try relay.exchange("GET", "/v1/models", ["Cookie": cookie])
            #expect(listed.head.status == 200)
            for (fields, count) in [(secure, 3), (Self.own, 2)] {
                let (head, _) = try relay.exchange("POST", "/logout", fields)
                #expect(head.status == 204)
                let cookies = head.fields.all("Set-Cookie")
                #expect(cookies.count == count && cookies.allSatisfy { $0.contains("Max-Age=0") })
            }
        }
    }

    @Test func `a session ends with its key, and outlives the process`() async throws {
        var keyring = try keyring()
        let callers = KnownCallers(keyring.means)
        try await withRelay(page: true, access: AccessState(callers: callers)) { relay in
            let cookie: HeaderFields = ["Cookie": try logIn(relay, keyring.texts["ann"] ?? "")]
            try await withRelay(access: keyring.access) { other in
                let (head, _) = try other.exchange("GET", "/v1/models", cookie)
                #expect(head.status == 200)
            }
            #expect(try relay.exchange("GET", "/v1/models", cookie).head.status == 200)
            keyring.remove("ann")
            await callers.replace(keyring.means)
            let (head, json) = try relay.exchange("GET", "/v1/models", cookie)
            #expect(head.status == 401)
            #expect(json["error"]?["code"]?.stringValue == "invalid_session")
        }
    }

    @Test func `the page for it is there for whoever has to log in`() async throws {
        let keyring = try keyring()
        try await withRelay(page: true, access: keyring.access) { relay in
            let client = try relay.connect()
            client.request("GET", "/login?next=%2F")
            let head = try client.readHead()
            #expect(head.status == 200)
            #expect(head.fields.first("Content-Type")?.hasPrefix("text/html") == true)
            #expect(head.fields.first("Content-Security-Policy")?.contains("'none'") == true)
            _ = try client.readBody()
        }
        try await withRelay(page: true) { relay in
            let (head, _) = try relay.exchange("GET", "/login")
            #expect(head.status == 303 && head.fields.first("Location") == "/")
            let (refused, json) = try relay.exchange(
                "POST",
                "/login",
                Self.own,
                body: #"{"key":"x"}"#
            )
            #expect(refused.status == 404)
            #expect(json["error"]?["code"]?.stringValue == "no_login")
        }
        try await withRelay(access: keyring.access) { relay in
            let (head, _) = try relay.exchange("GET", "/login")
            #expect(head.status == 404)
        }
    }
}
