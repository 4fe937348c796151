import HTTPServer
import Testing
import Wire

@testable import Access

/// A foreign page cannot spend the key by GET, neither under any host nor by a prefetch.
@Suite struct GetPolicyTests {
    @Test(arguments: [
        ("localhost", HostKind.loopback), ("chat.localhost", .loopback), ("127.0.0.1", .loopback),
        ("127.255.0.9", .loopback), ("::1", .loopback), ("0:0:0:0:0:0:0:1", .loopback),
        ("::ffff:127.0.0.1", .address), ("::ffff:7f00:1", .address),
        ("0.0.0.0", .unspecified), ("0", .unspecified), ("0.0", .unspecified),
        ("0.0.0", .unspecified), ("00.0.00.0", .unspecified), ("0x0", .unspecified),
        ("0x", .unspecified), ("0x00.0", .unspecified), ("0.0.0.0.", .unspecified),
        ("0.", .unspecified), ("::", .unspecified), ("0:0:0:0:0:0:0:0", .unspecified),
        ("0::", .unspecified), ("::0", .unspecified), ("::0.0.0.0", .unspecified),
        ("::ffff:0.0.0.0", .unspecified), ("::ffff:0:0", .unspecified),
        ("0:0:0:0:0:ffff:0:0", .unspecified),
        ("10.0.0.1", .address), ("192.168.1.20", .address), ("0.0.0.1", .address),
        ("fe80::1", .address), ("::2", .address), ("::ffff:10.0.0.1", .address),
        ("::ffff:0:1", .address), ("2001:db8::", .address),
        ("example.com", .name), ("localhost.example.com", .name), ("xlocalhost", .name),
        ("127.1", .name), ("1.2.3", .name), ("256.1.1.1", .name), ("0.0.0.0.0", .name),
        ("0.0.0.0.example.com", .name), ("0x0g", .name), ("0..0", .name), (".", .name),
        (":::", .name), ("1:2", .name), ("00000::", .name),
    ])
    func `a host's kind is known by its text`(host: String, kind: HostKind) {
        #expect(HostKind(host[...]) == kind)
    }

    struct Asker: Sendable, CustomTestStringConvertible {
        var fields: HeaderFields
        var host = HostKind.address
        var code: String?
        var testDescription: String {
            fields.fields.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
        }
    }

    private static let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"
    private static let refused = "foreign_page"

    private static let askers = [
        Asker(fields: [:]), Asker(fields: ["User-Agent": "curl/8.0", "Accept": "*/*"]),
        Asker(fields: ["Cookie": "a=b"]),
        Asker(fields: ["User-Agent": firefox], code: refused),
        Asker(fields: ["Accept-Language": "de"], code: refused),
        Asker(fields: ["Referer": "http://evil.example/"], code: refused),
        Asker(fields: ["Sec-CH-UA": "x"], code: refused),
        Asker(fields: ["sec-gpc": "1"], code: refused),
        Asker(fields: ["Sec-Fetch-Site": "none"], code: refused),
        Asker(fields: ["User-Agent": firefox], host: .name, code: refused),
        Asker(fields: ["User-Agent": firefox], host: .loopback),
        Asker(fields: ["User-Agent": firefox, "Sec-Fetch-Site": "same-origin"]),
        Asker(fields: ["User-Agent": firefox, "Origin": "https://listed.example"]),
        Asker(fields: ["User-Agent": firefox, "Cookie": "a=b; relay_page=1"]),
        Asker(fields: ["User-Agent": firefox, "Cookie": "relay_page=0"], code: refused),
        Asker(fields: ["User-Agent": firefox, "Cookie": "xrelay_page=1"], code: refused),
        Asker(fields: ["Sec-Purpose": "prefetch"], code: "prefetch"),
        Asker(fields: ["Sec-Purpose": "prefetch;prerender"], code: "prefetch"),
        Asker(fields: ["Sec-Purpose": "Prefetch; anonymous-client-ip"], code: "prefetch"),
        Asker(fields: ["Sec-Purpose": "prerender"], code: "prefetch"),
        Asker(fields: ["Purpose": "prefetch"], code: "prefetch"),
        Asker(fields: ["X-Moz": "prefetch"], code: "prefetch"),
        Asker(
            fields: ["Sec-Purpose": "prefetch", "Sec-Fetch-Site": "same-origin"],
            host: .loopback,
            code: "prefetch"
        ),
        Asker(fields: ["Purpose": "chat", "X-Moz": "microsummary"]),
    ]

    @Test(arguments: askers)
    func `a browser begins an answer by GET only for our own page`(asker: Asker) throws {
        var text = "GET /chat/stream?prompt=x HTTP/1.1\r\nHost: x.example\r\n"
        for field in asker.fields.fields { text += "\(field.name): \(field.value)\r\n" }
        var parser = RequestParser(limits: RequestLimits())
        let bytes = Array((text + "\r\n").utf8)
        let parsed = try parser.parse(bytes.span)
        let head = try #require(parsed?.head)
        do throws(Problem) {
            try GetPolicy.check(head, host: asker.host)
            #expect(asker.code == nil)
        } catch {
            #expect(error.code == asker.code)
            #expect(error.status == (asker.code == "prefetch" ? .serviceUnavailable : .forbidden))
        }
    }
}
