import ChatFormats
import Storage
import Testing
import Wire

@testable import Generations
@testable import Relay

/// Formats that last: the journal's head, the record, and the part of a record that others may see.
@Suite struct FormatTests {
    private static let heads = [
        JournalHead(
            id: "A1",
            source: .init(upstream: "u", model: "m"),
            startedAt: 1_795_881_375_615,
            includesUsage: true,
            record: Array("{\"id\":\"A1\"".utf8)
        ),
        JournalHead(
            id: "A1",
            source: .init(upstream: "ü", model: ""),
            startedAt: 1,
            includesUsage: false,
            usesFunctions: true,
            owner: "somebody",
            key: RequestKey(
                owner: "somebody",
                text: "k",
                fingerprint: .init(version: 7, hash: .max)
            ),
            after: "A0",
            record: Array("{\"id\":\"A1\"".utf8)
        ),
    ]

    @Test func `a journal's head is read as it was written, and nothing shorter is`() {
        for head in Self.heads {
            var bytes: [UInt8] = []
            head.append(to: &bytes)
            #expect(bytes.first == 2)
            #expect(JournalHead(bytes.span) == head)
            for end in 0..<(bytes.count - head.record.count) {
                #expect(JournalHead(bytes.span.extracting(0..<end)) == nil, "\(end)")
            }
        }
        #expect(JournalHead([3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].span) == nil)
    }

    @Test func `the beginning of a record says what was asked, and under which key`() throws {
        var request = ChatRequest(messages: [.init(role: .user, text: "hi")])
        let key = RequestKey(text: "k", fingerprint: .init(hash: 0xAB))
        let plain = Self.beginning(request, key: nil)
        #expect(plain["requested_model"] == .null)
        #expect(plain["key"] == .null && plain["fingerprint"] == .null)
        request.model = "fast"
        let keyed = Self.beginning(request, key: key)
        #expect(keyed["requested_model"]?.stringValue == "fast")
        #expect(keyed["key"]?.stringValue == "k")
        #expect(keyed["fingerprint"]?.stringValue == "1-00000000000000ab")
        for name in ["owner", "after"] { #expect(keyed[name] == .null) }
    }

    private static func beginning(_ request: ChatRequest, key: RequestKey?) -> JSON {
        var head: [UInt8] = []
        GenerationRecord.appendHead(
            id: "A1",
            request,
            owner: nil,
            key: key,
            startedAt: 0,
            into: &head
        )
        head.append(UInt8(ascii: "}"))
        return (try? JSON.parse(head.span)) ?? .null
    }

    @Test func `fingerprints of two versions count as equal`() {
        let first = RequestFingerprint(version: 1, hash: 1)
        #expect(first.agrees(with: first))
        #expect(!first.agrees(with: RequestFingerprint(version: 1, hash: 2)))
        #expect(first.agrees(with: RequestFingerprint(version: 2, hash: 2)))
    }

    @Test func `two owners' keys of one name are two keys`() {
        let table = KeyTable(maxCount: 2)
        let print = RequestFingerprint(hash: 1)
        let names = ["a", nil].map { RequestKey(owner: $0, text: "k", fingerprint: print) }
        #expect(table.claim(names[0], for: "one", at: 0) == .claimed)
        #expect(table.claim(names[1], for: "two", at: 0) == .claimed)
    }

    // MARK: A later version's journal

    /// What a later version may have written: kinds that no dialect here writes, and an unknown
    /// one.
    private func left(_ entries: [(UInt8, String)]) -> JournaledGeneration {
        JournaledGeneration(draft(entries))
    }

    private func draft(_ entries: [(UInt8, String)]) -> JournaledDraft {
        let draft = JournaledDraft(Self.heads[0])
        for (place, (kind, payload)) in entries.enumerated() {
            draft.add(place, kind, Array(payload.utf8).span, at: 1_795_881_375_700)
        }
        return draft
    }

    @Test func `kinds that are reserved, and unknown ones, cost nothing of the rest`() throws {
        let left = left([
            (0, #"{"id":"A1","model":"m","created":1}"#), (1, "void"), (8, #"{"a":"void"}"#),
            (9, ""), (1, "what "), (8, #"{"a":",\"ended_at\":\"","ended_at":"x"}"#), (200, "\u{1}"),
            (8, "no JSON"), (8, "[1,\n2]"), (1, "counts"), (6, #"{"status":"complete"}"#),
        ])
        #expect(left.isEnded)
        let record = try JSON.parse(left.record.span)
        #expect(record["content"]?.stringValue == "what counts")
        #expect(record["status"]?.stringValue == "complete")
        #expect(record["members"]?.arrayValue?.count == 2)
        #expect(record["members"]?.arrayValue?.last?.arrayValue?.count == 2)
        let bytes = left.record
        #expect(!bytes.contains(UInt8(ascii: "\n")))
        let ended = RecordGlance.endedAt(bytes.span).map { String(decoding: $0, as: UTF8.self) }
        #expect(ended == record["ended_at"]?.stringValue)
        #expect(record["upstream"]?.stringValue == "u")
    }

    @Test(arguments: [1, 2, 5, 100])
    func `a record made of parts is the one made of the whole`(size: Int) throws {
        let log = left([
            (0, #"{"id":"A1","model":"m","created":1}"#), (1, "void"), (2, "void"), (8, "1"),
            (9, ""), (1, "what \"\n"), (2, "why"), (8, #"{"a":"x"}"#), (1, "counts "),
            (1, String(repeating: "and is long ", count: 10_000)), (5, #"{"total_tokens":3}"#),
            (6, #"{"status":"complete","finish_reason":"stop"}"#),
        ]).answer.log.copy()
        let timing = GenerationRecord.Timing(startedAt: 1, totalMilliseconds: 2, retries: 0)
        let head = Self.heads[0].record
        let whole = GenerationRecord.make(head, Self.heads[0].source, log, timing)
        var most = 0
        let made = try GenerationRecord.make(
            head,
            Self.heads[0].source,
            tokens: log.textEntryCount,
            timing
        ) { use throws(StorageError) in
            for start in stride(from: 0, to: log.count, by: size) {
                var part = EntryLog(first: start)
                for n in start..<min(start + size, log.count) {
                    part.append(log.kind(n), log.bytes.span.extracting(log.range(n)))
                }
                most = max(most, part.numbers.count)
                use(part)
            }
        }
        #expect(made == whole)
        #expect(most <= size)
        #expect(made.capacity < made.count + made.count / 4)
        let record = try JSON.parse(made.span)
        #expect(record["content"]?.stringValue?.hasPrefix("what \"\ncounts and") == true)
        #expect(record["reasoning"]?.stringValue == "why")
        #expect(record["timing"]?["tokens"]?.intValue == 4)
        #expect(record["members"]?.arrayValue?.count == 1)
    }

    @Test(arguments: Dialect.eventStreams)
    func `no dialect has words for reserved kinds`(dialect: Dialect) {
        let log = left([(0, "{}"), (8, #"{"a":1}"#), (9, ""), (200, "x")]).answer.log.copy()
        let context = FrameContext(generation: "A1", model: "m", created: 1)
        for number in 1...3 {
            var out: [UInt8] = []
            dialect.appendFrame(number, of: log, context: context, into: &out)
            #expect(out.isEmpty)
        }
    }

    @Test func `the record names who is asked now`() throws {
        let draft = draft([(0, "{}")])
        var later = Self.heads[0]
        later.source = .init(upstream: "second", model: "other")
        draft.beganAgain(later)
        let record = try JSON.parse(JournaledGeneration(draft).record.span)
        #expect(record["upstream"]?.stringValue == "second")
        #expect(record["model"]?.stringValue == "other")
    }

    // MARK: What others may see

    @Test(arguments: [
        (#"{"id":"x","key":"k","fingerprint":"1-0","messages":[]}"#, #"{"id":"x","messages":[]}"#),
        (#"{"key":"k","fingerprint":null,"id":"x"}"#, #"{"id":"x"}"#),
        (#"{"key":"k" , "fingerprint":null , "id":"x"}"#, #"{ "id":"x"}"#),
        (#"{"id":"x", "fingerprint" : "1-0" , "key":"k"}"#, #"{"id":"x"}"#),
        (#"{"key":1,"a":2,"key":3,"fingerprint":4}"#, #"{"a":2}"#),
        (#"{"key":"only"}"#, "{}"),
        (#"{"id":"x","key":{"key":["fingerprint"]},"z":1}"#, #"{"id":"x","z":1}"#),
        (
            #"{"m":{"key":1},"content":",\"key\":\"x\",\"fingerprint\":1","keys":1,"key ":2}"#,
            #"{"m":{"key":1},"content":",\"key\":\"x\",\"fingerprint\":1","keys":1,"key ":2}"#
        ),
        (#"{"id":"x","key":"k","#, #"{"id":"x","#), ("no JSON \"key\":1", "no JSON \"key\":1"),
        ("", ""), ("{}", "{}"), (#"["key",{"key":1}]"#, #"["key",{"key":1}]"#),
    ])
    func `a record is shown without its key, and otherwise unchanged`(
        line: String,
        shown: String
    ) {
        var out: [UInt8] = []
        PublicRecord.append(Array(line.utf8).span, into: &out)
        #expect(String(decoding: out, as: UTF8.self) == shown)
        var lines: [UInt8] = []
        PublicRecord.append(lines: Array("\(line)\n\(line)\n".utf8), into: &lines)
        #expect(String(decoding: lines, as: UTF8.self) == "\(shown)\n\(shown)\n")
    }

    @Test(.timeLimit(.minutes(5)))
    func `no route shows the key under which an answer was asked for`() async throws {
        try await withRelay { relay in
            let more = #","conversation":"c","id":"secret-key""#
            let heard = try relay.ask("simulator?say=Hello.", more: more)
            let record = try relay.record(heard.head.id)
            #expect(record["key"]?.stringValue == "secret-key")
            #expect(record["fingerprint"]?.stringValue?.hasPrefix("1-") == true)
            #expect(record["requested_model"]?.stringValue == "simulator?say=Hello.")
            for path in [
                "/chat/history", "/chat/history?format=jsonl", "/chat/history?conversation=c",
                "/chat/conversations", "/chat/conversations/c",
            ] {
                let client = try relay.connect()
                client.request("GET", path)
                #expect(try client.readHead().status == 200)
                let text = String(decoding: try client.readBody(), as: UTF8.self)
                #expect(text.contains("\"c\""))
                #expect(!text.contains("secret-key") && !text.contains("fingerprint"), "\(path)")
            }
        }
    }
}
