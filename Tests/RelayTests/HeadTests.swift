import Testing
import Wire

@testable import Generations
@testable import Relay

/// What the head decides is answered before the body is sent, and without a `100 Continue`.
@Suite struct HeadTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        var method = "POST"
        var target = "/chat/stream"
        var fields: HeaderFields = [:]
        var length = 5
        var status: Int
        var testDescription: String { "\(method) \(target) \(status)" }
    }

    private static let table = [
        Refused(fields: ["Origin": "https://evil.example"], status: 403),
        Refused(fields: ["Sec-Fetch-Site": "cross-site"], status: 403),
        Refused(target: "/v1/chat/completions", fields: ["Origin": "null"], status: 403),
        Refused(target: "/v1/embeddings", fields: ["Origin": "null"], status: 403),
        Refused(target: "/v1/completions/", fields: ["Sec-Fetch-Site": "cross-site"], status: 403),
        Refused(fields: ["Host": "evil.example"], status: 421),
        Refused(target: "/v1/embeddings", fields: ["Host": "evil.example"], status: 421),
        Refused(target: "/v1/embeddings", length: 8 * 1024 * 1024 + 1, status: 413),
        Refused(target: "/", fields: ["Host": "evil.example"], status: 421),
        Refused(method: "PUT", status: 405),
        Refused(target: "/v1/models", status: 405),
        Refused(method: "PUT", target: "/index.html", status: 404),
        Refused(method: "BREW", status: 501),
        Refused(length: 8 * 1024 * 1024 + 1, status: 413),
        Refused(target: "/v1/chat/completions", length: 1 << 40, status: 413),
        // Nothing is read from the body of these.
        Refused(method: "DELETE", target: "/chat/streams/x", length: 70_000, status: 413),
        Refused(method: "GET", target: "/healthz", length: 70_000, status: 413),
    ]

    @Test(.timeLimit(.minutes(5)), arguments: table)
    func `what the head decides is answered before the body is sent`(row: Refused) async throws {
        try await withRelay(page: true) { relay in
            for expectation in [[:], ["Expect": "100-continue"]] as [HeaderFields] {
                let client = try relay.connect()
                var fields = row.fields
                fields.append("Content-Length", String(row.length))
                for field in expectation.fields { fields.append(field.name, field.value) }
                // No byte of the body is sent: a server that waited for it would time out.
                client.request(row.method, row.target, fields)
                let head = try client.readHead()
                #expect(head.status == row.status)
                let json = try client.readJSON()
                #expect(json["error"]?["message"]?.stringValue?.isEmpty == false)
                let isShort = row.length <= 64 * 1024
                let goesOn = isShort && expectation.fields.isEmpty
                #expect(head.fields.first("Connection") == (goesOn ? nil : "close"))
                guard goesOn else { continue }
                client.send(String(repeating: "x", count: row.length))
                client.request("GET", "/healthz")
                #expect(try client.readHead().status == 200)
            }
            #expect(relay.calls("simulator").calls == 0)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a page whose origin is listed can read what was refused at the head`() async throws {
        let origin = "https://chat.example.com"
        try await withRelay {
            $0.corsOrigins = [origin]
        } _: { relay in
            let rows = [
                ("POST", "/chat/stream", "Content-Length: 8388609\r\n", 413),
                ("BREW", "/chat/stream", "", 501), ("PUT", "/chat/stream", "", 405),
                ("POST", "/chat/stream", "Transfer-Encoding: chunked\r\n\r\n800001\r\n", 413),
                ("POST", "/chat/stream", "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400),
            ]
            for (method, target, rest, status) in rows {
                let client = try relay.connect()
                client.send(
                    "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nOrigin: \(origin)\r\n\(rest)\r\n"
                )
                let head = try client.readHead()
                #expect(head.status == status)
                #expect(head.fields.all("Access-Control-Allow-Origin") == [origin])
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a client that may ask is sent 100 Continue`() async throws {
        try await withRelay { relay in
            let body = #"{"message":"x","model":"simulator?tokens=1"}"#
            let client = try relay.connect()
            client.request(
                "POST",
                "/chat/stream",
                ["Expect": "100-continue", "Content-Length": String(body.utf8.count)]
            )
            #expect(try client.readHead().status == 100)
            client.send(body)
            #expect(try client.readHead().status == 200)
            #expect(try client.readEvents().last?.name == "done")
        }
    }
}
