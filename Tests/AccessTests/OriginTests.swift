import HTTPServer
import Testing
import Wire

@testable import Access

/// Origins as browsers and the programs around them send them.
@Suite struct OriginTests {
    @Test(arguments: [
        ("https://a.example", "https://a.example"),
        ("HTTPS://A.Example", "https://a.example"),
        ("https://a.example:443", "https://a.example"),
        ("http://a.example:80", "http://a.example"),
        ("https://a.example:", "https://a.example"),
        ("https://a.example:80", "https://a.example:80"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"),
        ("moz-extension://0a-1b", "moz-extension://0a-1b"),
        ("vscode-webview://1abc2", "vscode-webview://1abc2"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("tauri://localhost", "tauri://localhost"), ("ionic://localhost", "ionic://localhost"),
        ("app://.", "app://."), ("app://obsidian.md", "app://obsidian.md"),
        ("ionic://", "ionic://"), ("file://", "file://"), ("null", "null"), ("NULL", "null"),
    ])
    func `an origin is read as what it says`(text: String, read: String) throws {
        #expect(try Origin(text).text == read)
    }

    @Test(arguments: [
        ("a.example", Origin.Fault.noScheme), ("", .noScheme), ("://a", .noScheme),
        ("1x://a", .noScheme), ("https:/a.example", .noScheme), ("https://", .noHost),
        ("https://:443", .noHost), ("https://a.example/", .path), ("https://a.example/x", .path),
        ("https://a.example?x", .path), ("https://a.example#x", .path),
        ("https://*.example", .wildcard), ("*.example", .wildcard), ("https://*", .wildcard),
        ("https://u:p@a.example", .user), ("https://a.example:x", .port),
        ("https://a.example:1234567", .port), ("https://bücher.example", .notASCII),
        ("https://a b", .character), ("https://a,b", .character), ("https://[::1", .character),
    ])
    func `what is no origin has a reason`(text: String, fault: Origin.Fault) {
        #expect(throws: fault) { try Origin(text) }
    }

    private func head(_ fields: HeaderFields) throws -> RequestHead {
        var text = "OPTIONS /x HTTP/1.1\r\nHost: localhost:8000\r\n"
        for field in fields.fields { text += "\(field.name): \(field.value)\r\n" }
        var parser = RequestParser(limits: RequestLimits())
        let bytes = Array((text + "\r\n").utf8)
        let parsed = try parser.parse(bytes.span)
        return try #require(parsed?.head)
    }

    @Test(arguments: [
        ("https://a.example:443", "https://a.example"), ("https://a.example", "HTTPS://A.example"),
        ("https://a.example", "https://a.example:443"), ("null", "null"), ("app://.", "app://."),
        ("chrome-extension://abc", "chrome-extension://abc"), ("*", "https://any.example"),
        ("*", "null"),
    ])
    func `a page of a listed origin may ask and read`(listed: String, sent: String) throws {
        let policy = OriginPolicy(origins: [listed])
        let head = try head([
            "Origin": sent, "Access-Control-Request-Private-Network": "true",
        ])
        try policy.check(head)
        let fields = policy.responseFields(head)
        // As it was sent: browsers compare bytes.
        #expect(fields.first("Access-Control-Allow-Origin") == (listed == "*" ? "*" : sent))
        #expect(fields.first("Vary") == (listed == "*" ? nil : "Origin"))
        let preflight = policy.preflightFields(head, methods: "POST")
        #expect(preflight.first("Access-Control-Allow-Private-Network") == "true")
    }

    @Test func `the private network is not open to others, and not unasked`() throws {
        let policy = OriginPolicy(origins: ["https://a.example"])
        let name = "Access-Control-Allow-Private-Network"
        let asked = "Access-Control-Request-Private-Network"
        for fields: HeaderFields in [
            ["Origin": "https://b.example", asked: "true"], ["Origin": "https://a.example"],
            ["Origin": "null", asked: "true"], [asked: "true"],
        ] {
            #expect(policy.preflightFields(try head(fields), methods: "POST").first(name) == nil)
        }
    }

    @Test func `where https is known, a page of our name by plain http is a foreign one`() throws {
        for hosts in [[], ["chat.example"]] {
            let policy = OriginPolicy(origins: ["http://listed.example"], hosts: hosts)
            for origin in ["http://localhost:8000", "HTTP://localhost:8000", "http://chat.example"]
            {
                let head = try head(["Origin": origin])
                #expect(throws: Problem.self) { try policy.check(head, isSecure: true) }
                // Not known is what it always was.
                if !hosts.isEmpty || origin != "http://chat.example" { try policy.check(head) }
            }
            for origin in ["https://localhost:8000", "http://listed.example"] {
                try policy.check(try head(["Origin": origin]), isSecure: true)
            }
        }
    }
}
