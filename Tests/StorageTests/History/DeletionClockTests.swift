import Glibc
import Loop
import TestSupport
import Testing
import Wire

@testable import Storage

/// A deletion reaches all that was begun before it, and nothing that was begun after it, however the
/// clock was set between them.
@Suite(.timeLimit(.minutes(1)))
struct DeletionClockTests {
    private let scratch = Scratch()

    private func open() throws -> HistoryFile {
        try HistoryFile(
            directory: scratch.path,
            rotateBytes: 0,
            compactionDelayMilliseconds: 1,
            report: { _ in }
        )
    }

    @Test
    func `a deletion by a clock that was ahead reaches nothing that is begun behind it`() throws {
        var history = try open()
        let now = "2026-01-01T00:00:00.000Z"
        history.append(begun("deleted", by: history, at: now, text: "deleted text"))
        try history.remove("c", at: "2036-06-01T00:00:00.000Z")
        history.append(begun("new", by: history, at: now))
        #expect(try history.ids(.init(conversation: "c")).ids == ["new"])
        history.append(record("late", "c", at: now, text: "late text"))
        #expect(waits { !scratch.has("deleted text") && !scratch.has("late text") })
        #expect(try history.ids().ids == ["new"])
        history.close()
        history = try open()
        let newer = begun("newer", by: history, at: now)
        history.append(record("late too", "c", at: now, text: "late text"))
        history.append(newer)
        #expect(try history.ids().ids == ["newer", "new"])
        #expect(waits { !scratch.has("late text") })
        try history.remove("c", at: now)
        #expect(try history.ids().ids.isEmpty)
        history.close()
        #expect(try open().ids().ids.isEmpty)
    }

    @Test
    func `a clock that was set back hides no record from a deletion`() throws {
        let (ahead, now) = ("2026-01-01T00:01:30.000Z", "2026-01-01T00:00:05.000Z")
        var history = try open()
        // An answer of this process, one that runs, and one of before, which is still to come.
        #expect(history.begins(at: milliseconds(ahead)).number == 1)
        #expect(history.begins(at: milliseconds(ahead) + 1000).number == 2)
        history.began(head("c", at: "2026-01-01T00:01:32.000Z"))
        history.append(record("old", "c", at: ahead, text: "old text"))
        let last = Guarded(0)
        try history.remove("c", at: now, forget: { number in last.withLock { $0 = number } })
        #expect(last.withLock { $0 } == 2)
        let new = begun("new", by: history, at: "2026-01-01T00:00:06.000Z")
        history.append(record("runs", "c", at: "2026-01-01T00:01:31.000Z", text: "old text"))
        history.append(record("left", "c", at: "2026-01-01T00:01:32.000Z", text: "old text"))
        history.append(new)
        #expect(try history.ids().ids == ["new"])
        #expect(waits { !scratch.has("old text") })
        history.close()
        history = try open()
        #expect(try history.ids().ids == ["new"])
        // A record that nobody announced in this process is deleted by a slow clock, too.
        try history.remove("c", at: "2020-01-01T00:00:00.000Z")
        history.append(record("left", "c", at: "2026-01-01T00:01:32.000Z"))
        #expect(try history.ids().ids.isEmpty)
        history.close()
        #expect(try open().ids().ids.isEmpty)
    }

    @Test
    func `a record of an earlier process is deleted by a clock that was set back since`() throws {
        let old = record("old", "c", at: "2036-01-01T00:00:00.000Z", text: "old text")
        scratch.write(old + [newline])
        let history = try open()
        try history.remove("c", at: "2026-01-01T00:00:00.000Z")
        #expect(try history.ids().ids.isEmpty)
        #expect(waits { !scratch.has("old text") })
        history.close()
        #expect(try open().ids().ids.isEmpty)
    }

    @Test
    func `a torn line of a clock that was ahead is deleted, and with nothing else there`() throws {
        let torn = record("torn", "c", at: "2036-01-01T00:00:00.000Z", text: "torn text")
        scratch.write(torn.dropLast(30), to: "history.jsonl.torn-1")
        #expect(mkdir(scratch.path("history.jsonl.torn-2"), 0o700) == 0)
        #expect(symlink("nowhere", scratch.path("history.jsonl.torn-3")) == 0)
        let history = try open()
        try history.remove("other", at: "2026-01-01T00:00:00.000Z")
        #expect(try history.ids().ids.isEmpty)
        #expect(scratch.has("torn text"))
        try history.remove("c", at: "2026-01-01T00:00:00.000Z")
        #expect(waits { !scratch.has("torn text") })
    }

    @Test
    func `what begins while a deletion asks for the time is deleted`() throws {
        let history = try open()
        let now = "2026-01-01T00:00:00.000Z"
        // From now on answers seem to come before this deletion.
        try history.remove("c", at: "2036-06-01T00:00:00.000Z")
        let between = Guarded<[UInt8]>([])
        try history.remove(
            "c",
            at: now,
            whenAsked: {
                let line = begun("between", by: history, at: now)
                between.withLock { $0 = line }
            }
        )
        history.append(between.withLock { $0 })
        #expect(try history.ids().ids.isEmpty)
    }

    @Test
    func `a record is reached by no deletion before the time from which it may be deleted`() throws
    {
        let time = "2026-01-01T00:00:00.000Z"
        let later = "2036-06-01T00:00:00.001Z"
        scratch.write(record("new", "c", at: time, deletableFrom: later) + [newline])
        let list = #"{"conversation":"c","deleted_at":"2036-06-01T00:00:00.000Z"}"#
        scratch.write(bytes(list) + [newline], to: "history.deleted.jsonl")
        var history = try open()
        history.append(record("old", "c", at: time))
        #expect(try history.ids().ids == ["new"])
        // Each deletion reaches what was there, whatever the clock says.
        try history.remove("c", at: time)
        #expect(try history.ids().ids.isEmpty)
        #expect(history.begins(at: milliseconds(time)).deletableFrom == milliseconds(later) + 1)
        history.close()
        history = try open()
        #expect(try history.ids().ids.isEmpty)
        #expect(history.begins(at: milliseconds(time)).deletableFrom == milliseconds(later) + 1)
    }

    @Test(arguments: ["r026-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])
    func `a time that is none hides nothing that is begun later`(time: String) throws {
        let now = "2026-01-01T00:00:00.000Z"
        scratch.write(record("damaged", "c", at: time) + [newline])
        var history = try open()
        #expect(try history.ids().ids == ["damaged"])
        try history.remove("c", at: now)
        #expect(try history.ids().ids.isEmpty)
        history.append(begun("new", by: history, at: now))
        #expect(try history.ids().ids == ["new"])
        history.close()
        history = try open()
        #expect(try history.ids().ids == ["new"])
        #expect(history.begins(at: milliseconds(now)).deletableFrom == milliseconds(now) + 1)
    }

    @Test
    func `records that an earlier version named beside a deletion stay`() throws {
        let time = "2026-01-01T00:00:00.000Z"
        scratch.write(record("new", "c", at: time) + [newline])
        let list = #"{"conversation":"c","deleted_at":"2036-06-01T00:00:00.000Z"}"#
        let spared = #"{"conversation":"c","spared":"new"}"#
        scratch.write(bytes("\(list)\n\(spared)\n"), to: "history.deleted.jsonl")
        let history = try open()
        history.append(record("old", "c", at: time))
        #expect(try history.ids().ids == ["new"])
    }

    /// A time as the clock shows it.
    private func milliseconds(_ time: String) -> Int { Timestamp.milliseconds(bytes(time)) ?? 0 }

    /// Begins a record of a conversation, and makes it.
    private func begun(
        _ id: String,
        by history: HistoryFile,
        at time: String,
        text: String = "hello"
    ) -> [UInt8] {
        let start = history.begins(at: milliseconds(time))
        let from = start.deletableFrom.map { from in
            var text: [UInt8] = []
            Timestamp.append(milliseconds: from, into: &text)
            return String(decoding: text, as: UTF8.self)
        }
        return record(id, "c", at: time, deletableFrom: from, text: text)
    }
}
