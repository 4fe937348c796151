import Dispatch
import Glibc
import Loop
import Testing
import Wire

@testable import Storage

/// A record as the relay writes it, as far as the history cares.
func record(
    _ id: String,
    _ conversation: String? = nil,
    user: String? = nil,
    at time: String = "2026-01-01T00:00:00.000Z",
    deletableFrom: String? = nil,
    text: String = "hello"
) -> [UInt8] {
    func quoted(_ value: String?) -> String { value.map { "\"\($0)\"" } ?? "null" }
    return bytes(
        "{\"id\":\"\(id)\",\"conversation\":\(quoted(conversation)),\"user\":\(quoted(user)),"
            + (deletableFrom.map { "\"deletable_from\":\"\($0)\"," } ?? "")
            + "\"started_at\":\"\(time)\",\"messages\":[{\"role\":\"user\",\"content\":\"\(text)\"}],"
            + "\"content\":\"an answer\",\"status\":\"complete\"}"
    )
}

/// What such a record of a conversation begins with.
func head(_ conversation: String, at time: String) -> RecordHead {
    let line = record("r", conversation, at: time)
    var head = RecordHead()
    _ = head.read(line.span)
    return head
}

extension HistoryFile {
    /// Runs work on the catalog and waits for it.
    func ask<Answer: Sendable>(
        _ work: @escaping @Sendable (inout HistoryCatalog) throws -> Answer
    ) throws -> Answer {
        let done = DispatchSemaphore(value: 0)
        let answer = Guarded<Result<Answer, any Error>?>(nil)
        read { catalog in
            let result = Result { try work(&catalog) }
            answer.withLock { $0 = result }
            done.signal()
        }
        guard done.wait(timeout: .now() + 20) == .success else { throw NoAnswer() }
        return try (answer.withLock { $0 } ?? .failure(NoAnswer())).get()
    }

    /// The ids of the newest records.
    func ids(
        _ filter: HistoryFilter = HistoryFilter(),
        before: String? = nil,
        limit: Int = 50
    ) throws -> (ids: [String], next: String?) {
        let page = try ask {
            try $0.records(filter, before: before, limit: limit, maxBytes: 1 << 20)
        }
        return (try page.lines.map(id), page.next)
    }

    func remove(
        _ conversation: String,
        of owner: String? = nil,
        at time: String = "2026-06-01T00:00:00.000Z",
        whenAsked: @escaping @Sendable () -> Void = {},
        forget: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        let done = DispatchSemaphore(value: 0)
        let failure = Guarded<StorageError?>(nil)
        let name = named(conversation, owner)
        let now = { @Sendable in
            whenAsked()
            return Timestamp.milliseconds(bytes(time)) ?? 0
        }
        delete(conversation: name, at: now, forget: forget) { error in
            failure.withLock { $0 = error }
            done.signal()
        }
        guard done.wait(timeout: .now() + 20) == .success else { throw NoAnswer() }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}

struct NoAnswer: Error {}

func id(_ line: [UInt8]) throws -> String {
    try #require(try JSON.parse(line.span)["id"]?.stringValue)
}

@Suite(.timeLimit(.minutes(1)))
struct HistoryReadingTests {
    private let scratch = Scratch()
    private let reports = Reports()

    private func open(rotateBytes: Int = 0) throws -> HistoryFile {
        try HistoryFile(
            directory: scratch.path,
            rotateBytes: rotateBytes,
            compactionDelayMilliseconds: 1,
            report: reports.add
        )
    }

    @Test
    func `what was appended a moment ago is found, the newest first`() throws {
        let history = try open()
        for number in 0..<5 { history.append(record("r\(number)")) }
        #expect(try history.ids().ids == ["r4", "r3", "r2", "r1", "r0"])
        history.append(record("r5"))
        #expect(try history.ids(limit: 2).ids == ["r5", "r4"])
    }

    @Test
    func `what could not be read for a moment is read with the next question`() throws {
        scratch.write(record("r0") + [newline], to: "history-000001.jsonl")
        let history = try open()
        history.append(record("r1"))
        #expect(try history.ids().ids == ["r1", "r0"])
        // Somebody moves the file away, so that all are looked at anew; and one cannot be read.
        rename(scratch.path("history.jsonl"), scratch.path("elsewhere"))
        mkdir(scratch.path(Deletions.name), 0o700)
        history.append(record("r2"))
        #expect(throws: (any Error).self) { try history.ids() }
        rmdir(scratch.path(Deletions.name))
        #expect(try history.ids().ids == ["r2", "r0"])
    }

    @Test
    func `pages follow each other without gap and repeat while records arrive`() throws {
        let history = try open()
        for number in 0..<10 { history.append(record("r\(number)")) }
        let first = try history.ids(limit: 4)
        #expect(first.ids == ["r9", "r8", "r7", "r6"])
        #expect(first.next == "r6")
        history.append(record("r10"))
        let second = try history.ids(before: first.next, limit: 4)
        #expect(second.ids == ["r5", "r4", "r3", "r2"])
        let third = try history.ids(before: second.next, limit: 4)
        #expect(third.ids == ["r1", "r0"])
        #expect(third.next == nil)
        #expect(throws: HistoryQueryError.unknownBefore) { try history.ids(before: "no") }
    }

    @Test
    func `records are told apart by conversation and user`() throws {
        let history = try open()
        for number in 0..<12 {
            let conversation = ["a", "b", nil][number % 3]
            let user = number % 2 == 0 ? "u" : nil
            history.append(record("r\(number)", conversation, user: user))
        }
        #expect(try history.ids(.init(conversation: "a")).ids == ["r9", "r6", "r3", "r0"])
        #expect(try history.ids(.init(conversation: "a", user: "u")).ids == ["r6", "r0"])
        #expect(try history.ids(.init(user: "u"), limit: 2).ids == ["r10", "r8"])
        #expect(try history.ids(.init(conversation: "c")).ids.isEmpty)
        let page = try history.ids(.init(conversation: "b"), limit: 2)
        #expect(page.ids == ["r10", "r7"])
        let rest = try history.ids(.init(conversation: "b"), before: page.next)
        #expect(rest.ids == ["r4", "r1"])
    }

    @Test
    func `the past of another process is found, in any order of members`() throws {
        let odd =
            #"{"content":"x\"{}[]","user":"ü","usage":{"id":"inner"},"#
            + #""conversation":"c\u002F1","started_at":null,"id":"odd"}"#
        var past = record("old", "c/1") + [newline] + bytes(odd) + [newline]
        past += bytes("no record\n{\"id\":7}\n\n[1]\n{\"id\":\"broken\",\"conversation\n")
        past += bytes(" { \"id\" : \"spaced\" , \"conversation\" : \"c/1\" } \n")
        scratch.write(past)
        let history = try open()
        history.append(record("new", "c/1"))
        let wanted = ["new", "spaced", "odd", "old"]
        #expect(try history.ids(.init(conversation: "c/1")).ids == wanted)
        #expect(try history.ids(.init(user: "ü")).ids == ["odd"])
    }

    @Test
    func `conversations come with their ends, the last used first`() throws {
        let history = try open()
        for (number, name) in ["a", "b", "a", "c", "b"].enumerated() {
            history.append(record("r\(number)", name, user: name == "c" ? "u" : nil))
        }
        history.append(record("loose"))
        let all = try history.ask { try $0.conversations(user: nil, before: nil, limit: 10) }
        #expect(all.ends.map(\.name.id) == ["b", "c", "a"])
        #expect(all.ends.map(\.count) == [2, 1, 2])
        #expect(try all.ends.map { try id($0.first) } == ["r1", "r3", "r0"])
        #expect(try all.ends.map { try id($0.last) } == ["r4", "r3", "r2"])
        #expect(all.next == nil)
        let one = try history.ask { try $0.conversations(user: nil, before: "b", limit: 1) }
        #expect(one.ends.map(\.name.id) == ["c"])
        #expect(one.next == "c")
        let mine = try history.ask { try $0.conversations(user: "u", before: nil, limit: 9) }
        #expect(mine.ends.map(\.name.id) == ["c"])
    }

    @Test
    func `an export is the file's lines, in pieces`() throws {
        let history = try open()
        for number in 0..<20 { history.append(record("r\(number)", number < 10 ? "a" : nil)) }
        var lines: [UInt8] = []
        var cursor: HistoryCursor?
        var pieces = 0
        repeat {
            let from = cursor
            let piece = try history.ask {
                try $0.export(HistoryFilter(), from: from, maxBytes: 500)
            }
            lines += piece.lines
            cursor = piece.next
            pieces += 1
        } while cursor != nil
        #expect(pieces > 3)
        #expect(lines == scratch.read())
        let some = try history.ask {
            try $0.export(.init(conversation: "a"), from: nil, maxBytes: 1 << 20)
        }
        #expect(some.lines.split(separator: newline).count == 10)
    }

    @Test
    func `a file of the size is rotated away and stays searchable, also after a restart`() throws {
        let history = try open(rotateBytes: 2000)
        for number in 0..<60 {
            history.append(record("r\(number)", "c"))
            #expect(history.flush(timeoutMilliseconds: 30_000))
            // Answered behind the rotation that this record may have caused.
            _ = try history.ids(limit: 1)
        }
        let wanted = (0..<60).reversed().map { "r\($0)" }
        #expect(try history.ids(.init(conversation: "c"), limit: 100).ids == wanted)
        let names = scratch.names()
        #expect(names.count > 4)
        #expect(names.contains("history-000001.jsonl"))
        #expect(names.allSatisfy { scratch.read($0).count < 4000 })
        history.close()
        let again = try open(rotateBytes: 2000)
        #expect(try again.ids(limit: 100).ids == wanted)
        again.append(record("r60", "c"))
        #expect(try again.ids(limit: 1).ids == ["r60"])
    }

    @Test
    func `a file that somebody moved is no longer searched, and the new one is`() throws {
        let history = try open()
        history.append(record("old", "c"))
        #expect(try history.ids().ids == ["old"])
        rename(scratch.path(), scratch.path("kept"))
        history.append(record("new", "c"))
        #expect(try history.ids().ids == ["new"])
        #expect(scratch.lines("kept").count == 1)
    }

    @Test
    func `a file that somebody emptied is read anew`() throws {
        let history = try open()
        for number in 0..<3 { history.append(record("old\(number)", "c")) }
        #expect(try history.ids().ids.count == 3)
        truncate(scratch.path(), 0)
        history.append(record("new", "c"))
        #expect(try history.ids().ids == ["new"])
    }

    @Test
    func `the index holds many conversations apart`() throws {
        var index = HistoryIndex()
        for number in 0..<20_000 {
            index.add(
                .init(part: 1, offset: number, length: 1, id: 1, user: 0),
                conversation: UInt64(number % 5000) * 3
            )
        }
        for name in 0..<5000 {
            let found = try #require(index.conversation(UInt64(name) * 3))
            #expect(found.oldest == name && found.newest == 15_000 + name)
            #expect(index.previous(found.newest) == 10_000 + name)
        }
        #expect(index.conversation(7) == nil)
        #expect(MemoryLayout<HistoryIndex.Entry>.stride == 32)
    }

    @Test
    func `a record is awaited until it is written, unless its conversation was deleted`() throws {
        let history = try open()
        let start = Array(record("new", "c", user: "me").dropLast(20))
        func isAwaited(_ filter: HistoryFilter = HistoryFilter()) throws -> Bool {
            try history.ask { try $0.awaits(start, filter) }
        }
        #expect(try isAwaited())
        history.append(record("old", "c"))
        history.append(record("new", "d"))
        #expect(try isAwaited(), "others of the conversation, or of the name, are not it")
        #expect(try isAwaited(.init(conversation: "c", user: "me")))
        #expect(try !isAwaited(.init(conversation: "d")))
        #expect(try !isAwaited(.init(user: "you")))
        history.append(record("new", "c", user: "me"))
        history.append(record("newer", "c"))
        #expect(try !isAwaited())
        try history.remove("c")
        #expect(try !isAwaited())
    }

    @Test
    func `conversations that the asker has are on no page and end none`() throws {
        let history = try open()
        for name in ["a", "b", "c", "d"] { history.append(record("r-\(name)", name)) }
        func page(_ before: String?) throws -> (ids: [String], next: String?) {
            let page = try history.ask {
                try $0.conversations(
                    user: nil,
                    before: before,
                    limit: 2,
                    excluding: [named("a"), named("c")]
                )
            }
            return (page.ends.map(\.name.id), page.next)
        }
        #expect(try page(nil).ids == ["d", "b"])
        #expect(try page(nil).next == nil, "nothing follows but what is left out")
        #expect(try page("c").ids == ["b"])
        let one = try history.ask { try $0.conversation(named("c")) }
        #expect(one?.count == 1)
        #expect(try history.ask { try $0.conversation(named("x")) } == nil)
    }
}
