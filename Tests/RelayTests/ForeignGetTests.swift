import HTTPServer
import Testing
import Wire

@testable import Generations
@testable import Relay

/// A foreign page cannot spend by GET; the whole relay is asked.
@Suite struct ForeignGetTests {
    private static let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"
    private static let model = "simulator?tokens=1"
    private static let get = "/chat/stream?prompt=x&model=simulator%3Ftokens%3D1"

    @Test(.timeLimit(.minutes(5)), arguments: ["10.1.2.3:8000", "known.example", "[fe80::1]"])
    func `a foreign page's image begins nothing, and all others may ask`(
        host: String
    ) async throws {
        try await withRelay(page: true) {
            $0.hosts = ["known.example"]
        } _: { relay in
            let browser: HeaderFields = ["Host": host, "User-Agent": Self.firefox]
            let (image, json) = try relay.exchange("GET", Self.get, browser)
            #expect(image.status == 403)
            #expect(json["error"]?["code"]?.stringValue == "foreign_page")
            #expect(json["error"]?["message"]?.stringValue?.contains("http://\(host)/") == true)
            #expect(try relay.exchange("HEAD", Self.get, browser).head.status == 405)
            #expect(relay.calls(Self.model).calls == 0)
            // It does not help to come back for an answer.
            var back = browser
            back.append("Last-Event-ID", "nobody.3")
            #expect(try relay.exchange("GET", Self.get, back).head.status == 204)
            #expect(relay.calls(Self.model).calls == 0)

            let page = try relay.exchange("GET", "/", browser).head
            let cookie = try #require(page.fields.first("Set-Cookie"))
            #expect(cookie.contains("; HttpOnly; SameSite=Strict"))
            var ours = browser
            ours.append("Cookie", String(cookie.prefix { $0 != ";" }))
            #expect(try relay.exchange("GET", Self.get, ours).head.status == 200)
            let program: HeaderFields = ["Host": host, "User-Agent": "curl/8.0"]
            #expect(try relay.exchange("GET", Self.get, program).head.status == 200)
            let body = #"{"message":"x","model":"\#(Self.model)"}"#
            let post = try relay.exchange("POST", "/chat/stream", browser, body: body)
            #expect(post.head.status == 200)
            #expect(relay.calls(Self.model).calls == 3)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `the cookie of one process is good for the next`() async throws {
        for _ in 0..<2 {
            try await withRelay { relay in
                let fields: HeaderFields = [
                    "Host": "10.1.2.3", "User-Agent": Self.firefox, "Cookie": "relay_page=1",
                ]
                let (head, _) = try relay.exchange("GET", Self.get, fields)
                #expect(head.status == 200)
            }
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            "0.0.0.0", "0.0.0.0:8000", "0", "0x0:8000", "0.0", "[::]", "[::]:8000",
            "[::ffff:0.0.0.0]", "[0:0:0:0:0:0:0:0]:80",
        ]
    )
    func `no address is no host of ours, whatever RELAY_HOSTS says`(host: String) async throws {
        try await withRelay(page: true) {
            $0.hosts = ["0.0.0.0", "0", "::"]
        } _: { relay in
            for target in ["/", "/healthz", Self.get] {
                let (head, json) = try relay.exchange("GET", target, ["Host": host])
                #expect(head.status == 421)
                #expect(json["error"]?["code"]?.stringValue == "unknown_host")
            }
            #expect(relay.calls(Self.model).calls == 0)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a prefetch begins nothing, on the loopback neither`() async throws {
        try await withRelay { relay in
            for fields in [
                ["Sec-Purpose": "prefetch;prerender", "Sec-Fetch-Site": "same-origin"],
                ["Purpose": "prefetch"], ["X-Moz": "prefetch"],
            ] as [HeaderFields] {
                let (head, json) = try relay.exchange("GET", Self.get, fields)
                #expect(head.status == 503)
                #expect(json["error"]?["code"]?.stringValue == "prefetch")
                #expect(head.fields.first("Cache-Control") == "no-store")
            }
            #expect(relay.calls(Self.model).calls == 0)
        }
    }
}
