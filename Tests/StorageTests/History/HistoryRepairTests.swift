import Dispatch
import Loop
import Testing

@testable import Storage

/// Files of a history are looked at and repaired while no relay has them.
@Suite(.timeLimit(.minutes(2)))
struct HistoryRepairTests {
    private let scratch = Scratch()

    private static let first = record("first", "a", text: "one")
    private static let second = record("second", "b", text: "two")
    private static let half = Array(record("half", "c", text: "lost").dropLast(40))

    private func repair() throws -> [String] {
        var repair = try HistoryRepair.begin(directory: scratch.path)
        try repair.run()
        return repair.setAside
    }

    /// Writes lines, of which the last has no end.
    private func write(_ lines: [[UInt8]]) {
        scratch.write(Array(lines.joined(separator: [newline])))
    }

    /// The names and the bytes of all files.
    private func everything() -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: scratch.names().map { ($0, scratch.read($0)) })
    }

    @Test func `a whole history is whole, and a repair changes nothing`() throws {
        scratch.write(Self.first + [newline], to: "history-000001.jsonl")
        scratch.write(Self.second + [newline])
        let before = everything()
        let found = try HistoryInspection(directory: scratch.path)
        #expect(!found.isDamaged && found.duplicates == 0)
        #expect(found.files.map(\.records) == [1, 1])
        #expect(everything() == before)
        #expect(try repair().isEmpty)
        #expect(everything() == before)
    }

    @Test func `each kind of damage is counted, and nothing is changed by that`() throws {
        let control = record("control", "a", text: "a\u{1}b")
        write([
            Self.first, Self.half + Self.second, bytes("garbage"), control, Self.first,
            bytes("{\"id\":\"to"),
        ])
        let before = everything()
        let file = try #require(try HistoryInspection(directory: scratch.path).files.first)
        #expect(file.records == 4)
        #expect(file.pieces == 2)
        #expect(file.damagedBytes == Self.half.count + 7)
        #expect(file.firstDamage == Self.first.count + 1)
        #expect(file.repairable == 1)
        #expect(file.unfinishedBytes == 9)
        #expect(try HistoryInspection(directory: scratch.path).duplicates == 1)
        #expect(everything() == before)
    }

    @Test func `a repair leaves every record, and each piece of damage in a file of its own`()
        throws
    {
        let control = record("control", "a", text: "a\u{1}b")
        write([Self.first + Self.second, Self.half, control, bytes("{\"id\":\"to")])
        scratch.write(bytes("garbage\n") + Self.first + [newline], to: "history-000001.jsonl")
        let aside = try repair()
        #expect(try !HistoryInspection(directory: scratch.path).isDamaged)
        #expect(try HistoryInspection(directory: scratch.path).setAside.count == 4)
        let texts = aside.map { scratch.read(String($0.dropFirst(scratch.path.count + 1))) }
        let wanted = [bytes("{\"id\":\"to"), bytes("garbage"), Self.half, control]
        #expect(texts == wanted)
        let shown = record("control", "a", text: "a b")
        #expect(
            scratch.read() == [Self.first, Self.second, shown].flatMap { $0 + [newline] }
        )
        #expect(scratch.read("history-000001.jsonl") == Self.first + [newline])
        #expect(!scratch.names().contains { $0.hasSuffix(".compact") })
    }

    @Test func `what was set aside is reached by a deletion`() throws {
        scratch.write(Self.half + [newline] + Self.second + [newline])
        #expect(try repair().count == 1)
        #expect(scratch.has("lost"))
        let reports = Reports()
        let history = try HistoryFile(
            directory: scratch.path,
            compactionDelayMilliseconds: 1,
            report: reports.add
        )
        defer { history.close() }
        let failure = try history.delete("c")
        #expect(failure == nil)
        #expect(try history.untilCompacted() == nil)
        #expect(!scratch.has("lost") && scratch.has("two"))
    }

    @Test func `a repair keeps away from files that a relay has`() throws {
        scratch.write(bytes("garbage\n"))
        let history = try HistoryFile(directory: scratch.path) { _ in }
        defer { history.close() }
        #expect(throws: StorageError.locked(path: scratch.path())) { _ = try repair() }
        #expect(scratch.read() == bytes("garbage\n"))
    }

    @Test func `an archive reads beside the writer, and changes no byte`() throws {
        let history = try HistoryFile(directory: scratch.path) { _ in }
        defer { history.close() }
        history.append(Self.first)
        #expect(history.flush(timeoutMilliseconds: 5000))
        scratch.write(bytes("draft"), to: "history.jsonl.compact")
        let before = everything()
        var archive = try HistoryArchive(directory: scratch.path)
        #expect(try archive.ids() == ["first"])
        #expect(everything() == before)
        history.append(Self.second)
        #expect(history.flush(timeoutMilliseconds: 5000))
        #expect(try archive.ids() == ["first", "second"])
        #expect(try history.delete("a") == nil)
        #expect(try archive.ids() == ["second"])
    }

    @Test func `an absent folder is no empty history`() throws {
        let path = scratch.path("none")
        #expect(throws: StorageError.self) { try HistoryArchive(directory: path) }
        #expect(throws: StorageError.self) { try HistoryInspection(directory: path) }
    }
}

extension HistoryArchive {
    /// The ids of all records, the oldest first.
    fileprivate mutating func ids() throws -> [String] {
        var ids: [String] = []
        try export(HistoryFilter()) { lines in
            var head = RecordHead()
            for line in lines.split(separator: newline) where head.read(line.span) {
                ids.append(String(decoding: head.id, as: UTF8.self))
            }
        }
        return ids
    }
}

extension HistoryFile {
    /// What keeps a conversation from being deleted; nil where it is.
    fileprivate func delete(_ id: String) throws -> StorageError? {
        Self.outcome { delete(conversation: named(id), at: { 1_800_000_000_000 }, done: $0) }
    }

    /// What keeps a file from being written anew; nil where all are.
    fileprivate func untilCompacted() throws -> StorageError? {
        Self.outcome { whenCompacted($0) }
    }

    private static func outcome(
        _ body: (@escaping @Sendable (StorageError?) -> Void) -> Void
    ) -> StorageError? {
        let came = DispatchSemaphore(value: 0)
        let outcome = Outcome()
        body { failure in
            outcome.failure.withLock { $0 = failure }
            came.signal()
        }
        came.wait()
        return outcome.failure.withLock { $0 }
    }

    private final class Outcome: Sendable {
        let failure = Guarded<StorageError?>(nil)
    }
}
