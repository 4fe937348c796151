import Access
import Loop
import Storage
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// Who did what, and who was not let, as the audit log has it.
@Suite(.timeLimit(.minutes(5))) struct AuditTests {
    /// The lines of an audit log, as far as they are written.
    private struct Lines {
        let file: LineFile
        let path: String

        var text: String {
            _ = file.flush(timeoutMilliseconds: 30_000)
            return String(decoding: readFile(path), as: UTF8.self)
        }

        /// The events of a kind.
        func of(_ kind: AuditEvent.Kind) -> [JSON] {
            let lines = text.split(separator: "\n").map { Array($0.utf8) }
            let all = lines.map { (try? JSON.parse($0.span)) ?? .null }
            return all.filter { $0["event"]?.stringValue == kind.rawValue }
        }

        /// The events of a kind, once there are so many: a request's end comes after its answer.
        func wait(_ count: Int, of kind: AuditEvent.Kind) -> [JSON] {
            _ = waits { of(kind).count >= count }
            return of(kind)
        }
    }

    private func withAudit(
        loops: Int = 1,
        clock: ManualClock? = nil,
        _ body: (TestRelay, Keyring, Lines) async throws -> Void
    ) async throws {
        var keyring = try Keyring(
            ["ann": .common, "eve": .common, "reader": .read, "root": .admin, "few": .common]
        )
        var limits = CallerLimits()
        limits.requestsPerMinute = 1
        keyring.limit("few", to: limits)
        let folder = try makeFolder()
        defer { removeTree(folder) }
        let path = folder + "/audit.jsonl"
        let file = try LineFile(path: path) { Issue.record("the audit log reports \($0)") }
        defer { file.close() }
        let access = AccessState(callers: keyring.access.callers, budgets: RateBook())
        try await withRelay(loops: loops, clock: clock, access: access, audit: file) { relay in
            try await body(relay, keyring, Lines(file: file, path: path))
        }
    }

    private func begin(
        _ relay: TestRelay,
        _ fields: HeaderFields,
        _ model: String = "simulator?say=violets&interval_ms=0",
        conversation: String = "c"
    ) throws -> TestClient {
        let client = try relay.connect()
        let body =
            "{\"message\":\"roses\",\"model\":\(quoted(model)),"
            + "\"conversation\":\(quoted(conversation))}"
        client.request("POST", "/chat/stream", fields, body: body)
        return client
    }

    @Test func `who began, stopped, deleted and exported is there, and not what was said`()
        async throws
    {
        try await withAudit(loops: 2) { relay, keyring, lines in
            let ann = keyring.fields("ann")
            let client = try begin(relay, ann)
            let id = try client.readHead().id
            _ = try client.readEvents()
            let began = try #require(lines.of(.began).first)
            #expect(began["owner"]?.stringValue == "key/ann")
            #expect(began["address"]?.stringValue == "127.0.0.1")
            #expect(began["id"]?.stringValue == id)
            #expect(began["path"]?.stringValue == "/chat/stream")
            #expect(began["conversation"]?.stringValue == "c")
            #expect(began["time"]?.stringValue?.utf8.count == 24)
            _ = try relay.record(id)

            let long = try begin(relay, ann, "simulator?tokens=100000&interval_ms=50")
            let longID = try long.readHead().id
            let stop = try relay.exchange("DELETE", "/chat/streams/\(longID)?why=violets", ann)
            #expect(stop.head.status == 204)
            let stopped = try #require(lines.of(.stopped).first)
            #expect(stopped["id"]?.stringValue == longID)
            #expect(stopped["of"]?.stringValue == "key/ann")

            _ = try relay.exchange("GET", "/chat/history?format=jsonl", ann)
            #expect(lines.of(.exported).first?["of"]?.stringValue == "key/ann")
            let gone = try relay.exchange("DELETE", "/chat/conversations/c", ann)
            #expect(gone.head.status == 204)
            let deleted = try #require(lines.wait(1, of: .deleted).first)
            #expect(deleted["conversation"]?.stringValue == "c")
            #expect(deleted["owner"]?.stringValue == "key/ann")

            #expect(lines.of(.read).isEmpty && lines.of(.refused).isEmpty)
            let text = lines.text
            for word in ["roses", "violets"] + keyring.texts.values {
                #expect(!text.contains(word))
            }
        }
    }

    @Test func `what belongs to somebody else is not read in silence`() async throws {
        try await withAudit(loops: 2) { relay, keyring, lines in
            let client = try begin(relay, keyring.fields("ann"))
            let id = try client.readHead().id
            _ = try client.readEvents()
            _ = try relay.record(id)
            let root = keyring.fields("root")
            for target in [
                "/chat/streams/\(id)", "/chat/history", "/chat/conversations",
                "/chat/conversations/c?owner=key/ann",
            ] {
                #expect(try relay.exchange("GET", target, root).head.status == 200, "\(target)")
            }
            let read = lines.wait(4, of: .read)
            #expect(
                read.compactMap { $0["owner"]?.stringValue }
                    == Array(repeating: "key/root", count: 4)
            )
            #expect(
                read.map { $0["of"]?.stringValue } == ["key/ann", "*", "*", "key/ann"]
            )
            #expect(read.first?["id"]?.stringValue == id)
            _ = try relay.exchange("GET", "/chat/streams/\(id)", keyring.fields("ann"))
            #expect(lines.of(.read).count == 4)
        }
    }

    @Test func `who is refused is there, and why`() async throws {
        try await withAudit { relay, keyring, lines in
            let eve = "relay_0000000000_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            var number = 0
            func refused(_ status: Int, _ owner: String?, _ word: String) {
                number += 1
                let event = lines.wait(number, of: .refused).last
                #expect(event?["status"]?.intValue == status, "\(word)")
                #expect(event?["owner"]?.stringValue == owner, "\(word)")
                let reason = event?["reason"]?.stringValue ?? ""
                #expect(reason.contains(word), "\(reason)")
            }
            _ = try relay.exchange("GET", "/v1/models")
            refused(401, nil, "needs a key")
            _ = try relay.exchange("GET", "/v1/models", ["x-api-key": eve])
            refused(401, nil, "unknown key")
            _ = try relay.exchange(
                "DELETE",
                "/chat/conversations/c",
                keyring.fields("reader")
            )
            refused(403, "key/reader", "the scope delete")
            _ = try relay.exchange(
                "GET",
                "/chat/history?owner=key/ann",
                keyring.fields("eve")
            )
            refused(403, "key/eve", "scope admin")
            _ = try relay.exchange("GET", "/healthz", ["Host": "evil.example"])
            refused(421, nil, "evil.example")
            let few = keyring.fields("few")
            _ = try begin(relay, few).readHead()
            #expect(try begin(relay, few).readHead().status == 429)
            refused(429, "key/few", "requests")
            #expect(!lines.text.contains(eve))
        }
    }

    @Test func `a flood of refusals has twenty lines in a second, and the others are counted`()
        async throws
    {
        let clock = ManualClock()
        try await withAudit(clock: clock) { relay, _, lines in
            for _ in 0..<50 {
                #expect(try relay.exchange("GET", "/v1/models").head.status == 401)
            }
            await clock.settle()
            #expect(lines.wait(20, of: .refused).count == 20)
            await clock.advance(by: .seconds(1))
            _ = try relay.exchange("GET", "/v1/models")
            let last = lines.wait(21, of: .refused).last
            #expect(last?["passed_over"]?.intValue == 30)
        }
    }

    @Test func `no name of a client's makes another field or line`() async throws {
        try await withAudit { relay, keyring, lines in
            let name = #"c","event":"deleted","owner":"key/ann"}\#u{2028}\#u{202e}{"#
            let client = try begin(relay, keyring.fields("eve"), conversation: name)
            #expect(try client.readHead().status == 200)
            let began = lines.of(.began)
            #expect(began.count == 1)
            #expect(began.first?["owner"]?.stringValue == "key/eve")
            #expect(began.first?["conversation"]?.stringValue == name)
            #expect(lines.text.unicodeScalars.allSatisfy { $0.isASCII })
        }
    }

    @Test(arguments: [
        "", "plain", #"a"b\c"#, "a\nb\r\tc\u{0}\u{7f}\u{9b}", "\u{202e}evil\u{2066}", "\u{2028}",
        "é漢字😀", "\u{feff}\u{200b}", "\u{e000}\u{10ffff}", "e\u{301}",
    ])
    func `a value is what it was, and all that cannot be seen is escaped`(text: String) throws {
        var bytes: [UInt8] = []
        LoggedText.append(text, to: &bytes)
        let read = try JSON.parse(bytes.span).stringValue
        #expect(Array((read ?? "").utf8) == Array(text.utf8))
        let shown = String(decoding: bytes, as: UTF8.self)
        for scalar in shown.unicodeScalars {
            let category = scalar.properties.generalCategory
            #expect(![.control, .format, .lineSeparator, .privateUse].contains(category))
        }
    }

    @Test func `a line is bounded, whatever is in its values`() throws {
        for long in [
            String(repeating: "a", count: 100_000), String(repeating: "\u{0}", count: 100_000),
            String(repeating: "\u{10ffff}", count: 100_000), String(repeating: "漢", count: 100_000),
        ] {
            var bytes: [UInt8] = []
            LoggedText.append(long, to: &bytes)
            #expect((LoggedText.maxBytes - 16...LoggedText.maxBytes + 5).contains(bytes.count))
            #expect(try JSON.parse(bytes.span).stringValue?.hasSuffix("…") == true)
        }
    }
}
