import HTTPServer
import Testing
import Wire

@testable import Generations
@testable import Relay

/// Bodies in the encodings and under the types in which platforms send them.
@Suite struct RequestTextTests {
    private static let said = #"{"message":"größer €","model":"simulator?tokens=1"}"#

    private static func sixteen(_ text: String, isBig: Bool) -> [UInt8] {
        text.utf16.flatMap { unit in
            let (high, low) = (UInt8(unit >> 8), UInt8(unit & 0xFF))
            return isBig ? [high, low] : [low, high]
        }
    }

    private static func windows(_ text: String) -> [UInt8] {
        text.unicodeScalars.map { $0 == "€" ? 0x80 : UInt8($0.value & 0xFF) }
    }

    struct Sent: Sendable, CustomTestStringConvertible {
        var type: String?
        var body: [UInt8]
        var status = 200
        var code: String?
        var message = ""
        var testDescription: String { "\(type ?? "no type") \(body.prefix(8)) \(status)" }
    }

    private static let utf8 = Array(said.utf8)
    private static let json = "application/json"

    private static let table = [
        Sent(body: utf8),
        Sent(type: json, body: [0xEF, 0xBB, 0xBF] + utf8),
        Sent(type: "\(json); charset=utf-8", body: utf8),
        Sent(type: "\(json);CHARSET=\"UTF-8\"", body: utf8),
        Sent(type: "\(json); charset=us-ascii", body: Array(#"{"message":"x"}"#.utf8)),
        Sent(type: "\(json); charset=utf-16", body: sixteen(said, isBig: true)),
        Sent(type: "\(json); charset=utf-16", body: sixteen(said, isBig: false)),
        Sent(type: "\(json); charset=UTF-16LE", body: sixteen(said, isBig: false)),
        Sent(type: "\(json); charset=utf-16be", body: sixteen(said, isBig: true)),
        Sent(type: json, body: [0xFF, 0xFE] + sixteen(said, isBig: false)),
        Sent(type: json, body: [0xFE, 0xFF] + sixteen(said, isBig: true)),
        Sent(type: "\(json); charset=windows-1252", body: windows(said)),
        Sent(type: "\(json); charset=ISO-8859-1", body: windows(said)),
        Sent(
            type: "\(json); charset=utf-32",
            body: utf8,
            status: 415,
            code: "charset",
            message: "the charset utf-32 is not read here; send UTF-8"
        ),
        Sent(
            type: "\(json); charset=shift_jis",
            body: utf8,
            status: 415,
            code: "charset",
            message: "the charset shift_jis is not read here; send UTF-8"
        ),
        Sent(
            type: json,
            body: [0xFF, 0xFE, 0x7B],
            status: 400,
            message: "the request body is not valid UTF-16: the last character is cut, at byte 2"
        ),
        Sent(
            type: json,
            body: [0xFF, 0xFE, 0x7B, 0, 0, 0xD8],
            status: 400,
            message: "the request body is not valid UTF-16: half a surrogate pair, at byte 4"
        ),
        Sent(
            type: json,
            body: windows(said),
            status: 400,
            message: "the request body is not valid JSON: invalid UTF-8 at byte 14"
        ),
        // As `curl -d` sends it.
        Sent(type: "application/x-www-form-urlencoded", body: Array(" ".utf8) + utf8),
        Sent(
            type: "application/x-www-form-urlencoded",
            body: Array("message=hello&model=m".utf8),
            status: 415,
            code: "content_type"
        ),
        Sent(
            type: "multipart/form-data; boundary=x",
            body: Array("--x\r\nContent-Disposition: form-data; name=\"message\"\r\n".utf8),
            status: 415,
            code: "content_type"
        ),
        Sent(type: "text/plain", body: utf8),
        Sent(
            type: json,
            body: Array(#"{"model":"m","input":"hello"}"#.utf8),
            status: 400,
            code: "input"
        ),
    ]

    @Test(.timeLimit(.minutes(5)))
    func `what platforms make of a body is undone, or refused by name`() async throws {
        try await withRelay { relay in
            for sent in Self.table {
                let client = try relay.connect()
                let type = sent.type.map { "Content-Type: \($0)\r\n" } ?? ""
                client.send(
                    "POST /chat/stream HTTP/1.1\r\nHost: localhost\r\n\(type)"
                        + "Content-Length: \(sent.body.count)\r\n\r\n"
                )
                client.send(sent.body)
                let head = try client.readHead()
                #expect(head.status == sent.status, "\(sent.testDescription)")
                guard head.status != 200 else {
                    #expect(try client.readEvents().last?.name == "done")
                    continue
                }
                let error = try client.readJSON()["error"]
                if let code = sent.code { #expect(error?["code"]?.stringValue == code) }
                if !sent.message.isEmpty {
                    #expect(error?["message"]?.stringValue == sent.message)
                }
            }
            let asked = try relay.records().map {
                $0["messages"]?.arrayValue?.last?["content"]?.stringValue
            }
            #expect(asked.count == Self.table.count { $0.status == 200 })
            #expect(Set(asked) == ["größer €", "x"])
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a body of the Responses API is told where it belongs`() async throws {
        try await withRelay { relay in
            for target in ["/v1/chat/completions", "/chat/stream", "/chat/completions"] {
                let body = #"{"model":"m","input":[{"role":"user","content":"x"}]}"#
                let (head, json) = try relay.exchange("POST", target, body: body)
                #expect(head.status == 400)
                let message = json["error"]?["message"]?.stringValue
                #expect(message?.contains("Responses API") == true)
            }
        }
    }
}
