import Testing
import Wire

@testable import Generations
@testable import Relay

/// Who may ask: no page of a foreign origin, and nobody under a foreign name.
@Suite struct AccessTests {
    private static let body = #"{"message":"x","model":"simulator?tokens=1"}"#

    struct Asker: Sendable, CustomTestStringConvertible {
        var fields: HeaderFields
        var status: Int
        var testDescription: String {
            fields.fields.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            Asker(fields: [:], status: 200),
            Asker(
                fields: ["Origin": "http://localhost:8000", "Host": "localhost:8000"],
                status: 200
            ),
            Asker(fields: ["Origin": "https://localhost", "Host": "localhost"], status: 200),
            Asker(
                fields: ["Origin": "HTTP://LocalHost:8000", "Host": "LOCALHOST:8000"],
                status: 200
            ),
            Asker(fields: ["Origin": "http://[::1]:8000", "Host": "[::1]:8000"], status: 200),
            Asker(fields: ["Sec-Fetch-Site": "same-origin"], status: 200),
            Asker(fields: ["Sec-Fetch-Site": "none"], status: 200),
            Asker(fields: ["Origin": "https://evil.example"], status: 403),
            Asker(
                fields: ["Origin": "http://localhost:8001", "Host": "localhost:8000"],
                status: 403
            ),
            Asker(fields: ["Origin": "http://localhost.evil.example"], status: 403),
            Asker(fields: ["Origin": "null"], status: 403),
            Asker(fields: ["Origin": ""], status: 403),
            Asker(fields: ["Sec-Fetch-Site": "cross-site"], status: 403),
            Asker(fields: ["Sec-Fetch-Site": "same-site"], status: 403),
        ]
    )
    func `only our own pages and programs may ask`(asker: Asker) async throws {
        try await withRelay(page: true) { relay in
            let posts = ["/chat/stream", "/stream-chat", "/chat/completions", "/api/streaming"]
            for target in posts {
                let (head, json) = try relay.exchange("POST", target, asker.fields, body: Self.body)
                let status = asker.status == 200 && target == "/api/streaming" ? 202 : asker.status
                #expect(head.status == status)
                if status == 403 {
                    #expect(json["error"]?["code"]?.stringValue == "foreign_origin")
                    #expect(json["error"]?["type"]?.stringValue == "permission_error")
                }
                #expect(head.fields.first("Access-Control-Allow-Origin") == nil)
            }
            let get = try relay.exchange(
                "GET",
                "/chat/stream?prompt=x&model=simulator%3Ftokens%3D1",
                asker.fields
            )
            #expect(get.head.status == asker.status)
            let stop = try relay.exchange("DELETE", "/chat/streams/x", asker.fields)
            #expect(stop.head.status == (asker.status == 200 ? 404 : 403))
            // The page itself may be linked to from anywhere.
            let page = try relay.exchange("GET", "/", asker.fields)
            #expect(page.head.status == 200)
            if asker.status == 403 { #expect(relay.calls("simulator?tokens=1").calls == 0) }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a listed origin may ask and read`() async throws {
        let origin = "https://chat.example.com"
        try await withRelay {
            $0.corsOrigins = [origin]
        } _: { relay in
            for site in ["cross-site", "same-site"] {
                let fields: HeaderFields = ["Origin": origin, "Sec-Fetch-Site": site]
                let (head, _) = try relay.exchange("POST", "/chat/stream", fields, body: Self.body)
                #expect(head.status == 200)
                #expect(head.fields.all("Access-Control-Allow-Origin") == [origin])
                #expect(head.fields.all("Vary") == ["Origin"])
                #expect(
                    head.fields.tokens("Access-Control-Expose-Headers") == [
                        "x-stream-id", "x-request-id", "retry-after", "retry-after-ms",
                        "x-should-retry",
                    ]
                )
            }
            // Errors must be readable as well.
            let (bad, _) = try relay.exchange("POST", "/chat/stream", ["Origin": origin], body: "{")
            #expect(bad.status == 400)
            #expect(bad.fields.first("Access-Control-Allow-Origin") == origin)
            let (other, _) = try relay.exchange(
                "POST",
                "/chat/stream",
                ["Origin": "https://chat.example.com.evil.example"],
                body: Self.body
            )
            #expect(other.status == 403)
            #expect(other.fields.first("Access-Control-Allow-Origin") == nil)
            // No cache may give the page an answer that was made for somebody else.
            #expect(other.fields.all("Vary") == ["Origin"])
            #expect(try relay.exchange("GET", "/healthz").head.fields.all("Vary") == ["Origin"])
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a preflight is answered for listed origins alone`() async throws {
        let origin = "https://chat.example.com"
        try await withRelay {
            $0.corsOrigins = [origin]
        } _: { relay in
            let asked: HeaderFields = [
                "Origin": origin, "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type",
            ]
            let (head, _) = try relay.exchange("OPTIONS", "/chat/stream", asked)
            #expect(head.status == 204)
            #expect(head.fields.all("Access-Control-Allow-Origin") == [origin])
            #expect(head.fields.first("Access-Control-Allow-Methods") == "GET, POST, OPTIONS")
            #expect(head.fields.first("Access-Control-Allow-Headers") == "content-type")
            let (foreign, _) = try relay.exchange(
                "OPTIONS",
                "/chat/stream",
                ["Origin": "https://evil.example", "Access-Control-Request-Method": "POST"]
            )
            #expect(foreign.fields.first("Access-Control-Allow-Origin") == nil)
            #expect(foreign.fields.first("Access-Control-Allow-Methods") == nil)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a star lets every page ask`() async throws {
        try await withRelay {
            $0.corsOrigins = ["*"]
        } _: { relay in
            let (head, _) = try relay.exchange(
                "POST",
                "/chat/stream",
                ["Origin": "https://any.example"],
                body: Self.body
            )
            #expect(head.status == 200)
            #expect(head.fields.all("Access-Control-Allow-Origin") == ["*"])
            #expect(head.fields.first("Vary") == nil)
            // The answer is the same for all, so that any cache may have it.
            let (other, _) = try relay.exchange("GET", "/healthz")
            #expect(other.fields.all("Access-Control-Allow-Origin") == ["*"])
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            ("localhost", true), ("LOCALHOST:9", true), ("127.0.0.1", true), ("127.0.0.1:80", true),
            ("[::1]", true), ("[::1]:8000", true), ("10.1.2.3", true), ("chat.localhost", true),
            ("known.example", true), ("known.example:443", true), ("Known.Example", true),
            ("evil.example", false), ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false), ("1.2.3", false), ("256.1.1.1", false),
            ("known.example.evil", false), ("xlocalhost", false), ("1.2.3.4.5", false),
        ]
    )
    func `a name that is not ours is misdirected on every path`(
        host: String,
        isOurs: Bool
    ) async throws {
        try await withRelay(page: true) {
            $0.hosts = ["known.example"]
        } _: { relay in
            for target in ["/", "/healthz", "/v1/models"] {
                let (head, json) = try relay.exchange("GET", target, ["Host": host])
                #expect(head.status == (isOurs ? 200 : 421))
                if !isOurs { #expect(json["error"]?["code"]?.stringValue == "unknown_host") }
            }
            let post = try relay.exchange("POST", "/chat/stream", ["Host": host], body: Self.body)
            #expect(post.head.status == (isOurs ? 200 : 421))
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `the page comes with its policy`() async throws {
        try await withRelay(page: true) { relay in
            let (head, _) = try relay.exchange("GET", "/")
            let policy = try #require(head.fields.first("Content-Security-Policy"))
            #expect(policy.hasPrefix("default-src 'none';"))
            #expect(!policy.contains("unsafe"))
            #expect(head.fields.first("X-Content-Type-Options") == "nosniff")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a file of the page says that other sites have no part in it`() async throws {
        try await withRelay(page: true) { relay in
            let client = try relay.connect()
            client.request("GET", "/")
            let head = try client.readHead()
            #expect(head.status == 200)
            let wanted = [
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin", "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
            ]
            for (name, value) in wanted { #expect(head.fields.all(name) == [value], "\(name)") }
            #expect(head.fields.first("Permissions-Policy")?.contains("microphone=()") == true)
            let policy = try #require(head.fields.first("Content-Security-Policy"))
            #expect(policy.hasPrefix("default-src 'none'; script-src 'self';"))
        }
    }
}
