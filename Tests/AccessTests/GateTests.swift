import HTTPServer
import Testing
import Wire

@testable import Access

/// What a request would do decides what it must show.
@Suite struct GateTests {
    private static let gate = Gate(
        hosts: ["chat.example", "port.example:8443"],
        origins: ["https://listed.example"]
    )
    private static let browser: HeaderFields = ["User-Agent": "Mozilla/5.0"]
    private static let foreign: HeaderFields = ["Origin": "https://evil.example"]
    private static let program: HeaderFields = [:]
    private static let listed: HeaderFields = ["Origin": "https://listed.example"]

    private func head(_ host: String, _ fields: HeaderFields) throws -> RequestHead {
        var text = "GET /x HTTP/1.1\r\nHost: \(host)\r\n"
        for field in fields.fields { text += "\(field.name): \(field.value)\r\n" }
        var parser = RequestParser(limits: RequestLimits())
        let bytes = Array((text + "\r\n").utf8)
        let parsed = try parser.parse(bytes.span)
        return try #require(parsed?.head)
    }

    /// The status with which a request is refused; nil if it may be answered.
    private func refusal(
        _ host: String,
        _ fields: HeaderFields,
        _ demand: Gate.Demand
    ) throws -> Status? {
        let head = try head(host, fields)
        var gate = Self.gate
        do throws(Problem) {
            try gate.check(head, host: try gate.checkHost(head), demand)
            return nil
        } catch {
            return error.status
        }
    }

    @Test(arguments: [
        (Gate.Demand.nothing, foreign, nil), (.answers(.read), foreign, Status.forbidden),
        (.generationByGet, foreign, .forbidden), (.answers(.read), listed, nil),
        (.generationByGet, listed, nil), (.nothing, browser, nil), (.answers(.read), browser, nil),
        (.generationByGet, browser, .forbidden), (.generationByGet, program, nil),
    ])
    func `the more a request would do, the more it must show`(
        demand: Gate.Demand,
        fields: HeaderFields,
        status: Status?
    ) throws {
        #expect(try refusal("chat.example", fields, demand) == status)
    }

    @Test(
        arguments: [
            ([:], false), (["Sec-Fetch-Site": "same-origin"], true),
            (["Sec-Fetch-Site": "same-site"], false), (["Sec-Fetch-Site": "cross-site"], false),
            (["Sec-Fetch-Site": "none"], false), (["Referer": "http://chat.example/"], false),
            (["Origin": "http://chat.example"], true), (["Origin": "https://chat.example"], true),
            (["Origin": "https://listed.example"], false), (["Origin": "null"], false),
            (["Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"], false),
            (["Origin": "http://chat.example:8001"], false),
        ] as [(HeaderFields, Bool)]
    )
    func `a session begins and ends where our own page is shown to ask`(
        fields: HeaderFields,
        isOwn: Bool
    ) throws {
        #expect(try refusal("chat.example", fields, .session) == (isOwn ? nil : .forbidden))
    }

    @Test(arguments: [
        (Gate.Demand.nothing, false), (.knowledge, false), (.answers(.read), false),
        (.answers(.chat), true), (.answers(.delete), true), (.answers(.admin), true),
        (.generationByGet, true), (.ticket, true), (.session, true),
    ])
    func `what changes something needs more than a cookie`(
        demand: Gate.Demand,
        changes: Bool
    ) {
        #expect(demand.changes == changes)
    }

    @Test(arguments: [
        Gate.Demand.nothing, .knowledge, .answers(.chat), .generationByGet, .ticket,
    ])
    func `a name that is not ours is refused, whatever is wanted`(demand: Gate.Demand) throws {
        #expect(try refusal("evil.example", [:], demand) == .misdirectedRequest)
        #expect(try refusal("CHAT.example:8000", [:], demand) == nil)
    }

    private func message(_ host: String, _ fields: HeaderFields) throws -> String {
        let head = try head(host, fields)
        var gate = Self.gate
        do throws(Problem) {
            try gate.check(head, host: try gate.checkHost(head), .answers(.read))
            return ""
        } catch {
            return error.message
        }
    }

    @Test(arguments: [
        ("https://chat.example", true), ("http://chat.example", true),
        ("https://CHAT.example:443", true), ("https://port.example:8443", true),
        ("https://chat.example:8443", false), ("https://port.example", false),
        ("https://chat.example.evil", false), ("https://x.chat.example", false),
        ("chrome-extension://chat.example", false), ("https://evil.example", false),
        ("null", false), ("https://chat.example@evil.example", false),
        ("https://evil.example/https://chat.example", false),
    ])
    func `a page of our own name may ask, whatever a proxy makes of the host`(
        origin: String,
        isOurs: Bool
    ) throws {
        for host in ["127.0.0.1:8000", "localhost:8000", "10.0.0.7:8000", "chat.example"] {
            #expect(
                try refusal(host, ["Origin": origin], .answers(.read))
                    == (isOurs ? nil : .forbidden)
            )
        }
        #expect(
            try refusal("evil.example", ["Origin": origin], .answers(.read)) == .misdirectedRequest
        )
    }

    @Test func `a proxy may write the default port`() throws {
        #expect(try refusal("localhost:80", ["Origin": "http://localhost"], .answers(.read)) == nil)
        #expect(
            try refusal("localhost:443", ["Origin": "https://localhost"], .answers(.read)) == nil
        )
        #expect(
            try refusal("localhost:8000", ["Origin": "https://localhost"], .answers(.read))
                == .forbidden
        )
    }

    @Test(arguments: [
        ("127.0.0.1:8000", "https://a.example", nil, true),
        ("10.0.0.7:8000", "https://a.example", "X-Forwarded-For", true),
        ("10.0.0.7:8000", "https://a.example", "Via", true),
        ("chat.example", "https://a.example", "X-Real-IP", true),
        ("chat.example", "https://a.example", "Forwarded", true),
        ("chat.example", "https://a.example", nil, false),
        ("127.0.0.1:8000", "http://localhost:9", nil, false),
        ("127.0.0.1:8000", "null", nil, false),
        ("backend", "https://a.example", "Via", true),
        ("backend", "https://a.example", nil, false),
    ])
    func `a refusal names the line that a proxy lacks`(
        host: String,
        origin: String,
        sign: String?,
        isNamed: Bool
    ) throws {
        var fields: HeaderFields = ["Origin": origin]
        if let sign { fields.append(sign, "x") }
        let message = try message(host, fields)
        #expect(!message.isEmpty)
        #expect(message.contains("proxy_set_header Host $http_host;") == isNamed)
    }

    @Test func `after a proxy a browser's GET shows what it would without one`() throws {
        let fields: HeaderFields = ["User-Agent": "Mozilla/5.0"]
        var proxied = fields
        proxied.append("X-Forwarded-For", "10.0.0.1")
        #expect(try refusal("127.0.0.1", fields, .generationByGet) == nil)
        #expect(try refusal("127.0.0.1", proxied, .generationByGet) == .forbidden)
        proxied.append("Sec-Fetch-Site", "same-origin")
        #expect(try refusal("127.0.0.1", proxied, .generationByGet) == nil)
    }
}
