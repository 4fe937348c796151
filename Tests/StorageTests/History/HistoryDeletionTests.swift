import Dispatch
import Glibc
import Loop
import TestSupport
import Testing
import Wire

@testable import Storage

/// A deleted conversation is gone at once, stays gone, and its text goes from the disk.
@Suite(.timeLimit(.minutes(1)))
struct HistoryDeletionTests {
    private let scratch = Scratch()
    private let reports = Reports()

    private func open(
        delay: Int = 1,
        rotateBytes: Int = 0,
        holdsUpkeep: Bool = false
    ) throws -> HistoryFile {
        try HistoryFile(
            directory: scratch.path,
            rotateBytes: rotateBytes,
            holdsUpkeep: holdsUpkeep,
            compactionDelayMilliseconds: delay,
            report: reports.add
        )
    }

    @Test
    func `the records are gone at once and their text a little later`() throws {
        let history = try open()
        for number in 0..<30 {
            let name = number % 3 == 0 ? "secret" : "other"
            history.append(record("r\(number)", name, text: "\(name) \(number)"))
        }
        try history.remove("secret")
        #expect(try history.ids(.init(conversation: "secret")).ids.isEmpty)
        #expect(try history.ids(limit: 100).ids.count == 20)
        #expect(waits { !scratch.has("secret 3") })
        #expect(try history.ids(.init(conversation: "other"), limit: 100).ids.count == 20)
        #expect(scratch.lines().count == 20)
        history.append(record("after", "other"))
        #expect(try history.ids(limit: 1).ids == ["after"])
    }

    @Test
    func `what begins while a deletion waits for its turn is deleted or stays, for good`() throws {
        let history = try open()
        let gate = DispatchSemaphore(value: 0)
        history.read { _ in _ = gate.wait(timeout: .now() + 30) }
        let time = Guarded(Timestamp.milliseconds(bytes("2026-01-01T00:00:00.000Z")) ?? 0)
        let done = DispatchSemaphore(value: 0)
        history.delete(conversation: named("c"), at: { time.withLock { $0 } }) { failure in
            #expect(failure == nil)
            done.signal()
        }
        history.append(record("old", "c", at: "2026-01-02T00:00:00.000Z"))
        time.withLock { $0 += 2 * 24 * 3600 * 1000 }
        gate.signal()
        #expect(done.wait(timeout: .now() + 30) == .success)
        history.append(record("new", "c", at: "2026-01-04T00:00:00.000Z"))
        #expect(try history.ids(.init(conversation: "c")).ids == ["new"])
        history.close()
        let next = try open()
        #expect(try next.ids(.init(conversation: "c")).ids == ["new"])
    }

    @Test
    func `no file changes its name before those who look for records are done`() throws {
        // Enough for the index to be begun at once.
        let text = String(repeating: "text ", count: 1000)
        let lines = (0..<300).map { record("r\($0)", text: text) + [newline] }
        scratch.write(Array(lines.joined()))
        let history = try open(rotateBytes: 1000, holdsUpkeep: true)
        #expect(try history.ids(limit: 1).ids == ["r299"])
        history.append(record("new"))
        #expect(try history.ids(limit: 1).ids == ["new"])
        #expect(scratch.names() == ["history.jsonl"])
        history.allowUpkeep()
        history.append(record("newer"))
        #expect(waits { scratch.names().contains("history-000001.jsonl") })
    }

    @Test
    func `a deletion that nobody lived to carry out is carried out by the next process`() throws {
        let history = try open(delay: 600_000)
        for number in 0..<10 { history.append(record("r\(number)", "secret", text: "the text")) }
        history.append(record("kept", "other"))
        try history.remove("secret")
        history.close()
        #expect(scratch.has("the text"))
        scratch.write(bytes("half a rewriting"), to: "history.jsonl.compact")
        let again = try open()
        #expect(try again.ids(limit: 100).ids == ["kept"])
        #expect(waits { !scratch.has("the text") })
        #expect(try again.ids(limit: 100).ids == ["kept"])
        #expect(waits { !scratch.names().contains("history.jsonl.compact") })
    }

    @Test
    func `a record that comes late is deleted too, and one begun later is not`() throws {
        let history = try open()
        try history.remove("c", at: "2026-06-01T00:00:00.000Z")
        history.append(record("late", "c", at: "2026-05-31T23:59:59.999Z", text: "late text"))
        history.append(record("new", "c", at: "2026-06-01T00:00:00.001Z"))
        #expect(try history.ids(.init(conversation: "c")).ids == ["new"])
        #expect(waits { !scratch.has("late text") })
        history.close()
        let again = try open()
        #expect(try again.ids().ids == ["new"])
    }

    @Test
    func `deleting what is not there, or deleting twice, is no error`() throws {
        let history = try open()
        try history.remove("nothing")
        try history.remove("nothing")
        history.append(record("r", "c"))
        try history.remove("c")
        try history.remove("c")
        #expect(try history.ids().ids.isEmpty)
    }

    @Test
    func `a file that is rotated before its compaction begins loses nothing else`() throws {
        let history = try open(rotateBytes: 20_000)
        let filler = String(repeating: "filler ", count: 100)
        func append(_ numbers: Range<Int>) {
            for number in numbers {
                let name = number % 2 == 0 ? "kept" : "gone"
                history.append(record("r\(number)", name, text: "\(name) \(filler)"))
            }
        }
        let gate = DispatchSemaphore(value: 0)
        history.compactor.queue.async { _ = gate.wait(timeout: .now() + 30) }
        append(0..<20)
        try history.remove("gone")
        #expect(waits { (try? history.ask { $0.isCompacting }) == true })
        append(20..<40)
        #expect(waits { scratch.names().contains("history-000001.jsonl") })
        // The file that has the name now has both kinds too.
        append(40..<44)
        #expect(history.flush(timeoutMilliseconds: 30_000))
        gate.signal()
        #expect(waits { !scratch.has("gone filler") })
        let kept = (0..<44).reversed().filter { $0 % 2 == 0 }.map { "r\($0)" }
        #expect(try history.ids(.init(conversation: "kept"), limit: 100).ids == kept)
        history.close()
        #expect(try open().ids(limit: 100).ids == kept)
        #expect(!reports.all.contains { if case .upkeepFailed = $0 { true } else { false } })
    }

    @Test
    func `nothing that arrives during compactions is lost`() throws {
        let history = try open(rotateBytes: 400_000)
        let filler = String(repeating: "filler ", count: 100)
        let deleting = DispatchQueue(label: "deleting")
        let finished = DispatchSemaphore(value: 0)
        for number in 0..<4000 {
            let name = number % 4 == 0 ? "d\(number % 20)" : "kept"
            history.append(record("r\(number)", name, text: "\(name) \(filler)"))
            if number % 200 == 199 {
                usleep(2000)
                deleting.async { try? history.remove("d\(number % 20 / 4 * 4)") }
            }
        }
        deleting.async { finished.signal() }
        #expect(finished.wait(timeout: .now() + 30) == .success)
        for name in 0..<5 { try history.remove("d\(name * 4)") }
        #expect(waits { !scratch.has("d4 filler") && !scratch.has("d16 filler") })
        var ids: [String] = []
        var before: String?
        repeat {
            let page = try history.ids(.init(conversation: "kept"), before: before, limit: 1000)
            ids += page.ids
            before = page.next
        } while before != nil
        let wanted = (0..<4000).reversed().filter { $0 % 4 != 0 }.map { "r\($0)" }
        let firstDifference = zip(ids, wanted).first { $0 != $1 }
        #expect(ids.count == wanted.count)
        #expect(firstDifference == nil)
        history.close()
        let again = try open()
        let count = try again.ask {
            try $0.records(.init(), before: nil, limit: 5000, maxBytes: 1 << 30)
        }
        #expect(count.lines.count == 3000)
        #expect(!reports.all.contains { if case .upkeepFailed = $0 { true } else { false } })
    }

    @Test
    func `the torn line of a deleted conversation goes as well`() throws {
        let whole = record("whole", "secret")
        let torn = record("torn", "secret", text: "torn text")
        scratch.write(whole + [newline] + torn.dropLast(30))
        let other = record("other", "kept", text: "kept text").dropLast(30)
        scratch.write(Array(other), to: "history.jsonl.torn-1")
        // Zeros are what a loss of power leaves of a line that never reached the disk.
        let zeros = [UInt8](repeating: 0, count: 500)
        scratch.write(zeros + torn.dropLast(30), to: "history.jsonl.torn-2")
        let history = try open()
        #expect(scratch.has("torn text"))
        try history.remove("secret")
        #expect(waits { !scratch.has("torn text") })
        #expect(scratch.has("kept text"))
    }

    @Test
    func `half a line whose owner is cut off goes with anybody's conversation of that name`() throws
    {
        let start = #"{"id":"cut","conversation":"secret","user":n"#
        // What a failed fsync loses within a line reads as zeros.
        let lost = bytes(start) + [UInt8](repeating: 0, count: 300) + [newline]
        scratch.write(lost + bytes(start + #"ull,"own"#))
        let kept = record("kept", "secret").dropLast(30)
        scratch.write(Array(kept), to: "history.jsonl.torn-1")
        let history = try open()
        #expect(scratch.has("cut") && scratch.has("kept"))
        try delete("secret", of: "key/ann", in: history)
        #expect(waits { !scratch.has("cut") })
        #expect(scratch.has("kept"))
    }

    @Test
    func `half a record within a file goes with its conversation, and no other does`() throws {
        // A hole in the middle leaves the answer's text, and no owner that can be read.
        let gap = #"{"id":"gap","conversation":"secret",00"content":"text"}"#
        let half = record("half", "secret", text: "half a text").dropLast(30)
        let lines = [record("whole", "other"), Array(half), bytes(gap), record("last", "other")]
        scratch.write(Array(lines.joined(separator: [newline])) + [newline])
        let history = try open()
        #expect(try history.ids().ids == ["last", "whole"])
        try delete("secret", of: "key/ann", in: history)
        #expect(try history.ids().ids == ["last", "whole"])
        history.compactor.queue.sync {}
        #expect(scratch.has("half a text") && scratch.has("gap"))
        try delete("secret", of: nil, in: history)
        #expect(waits { !scratch.has("half a text") && !scratch.has("gap") })
        #expect(try history.ids().ids == ["last", "whole"])
    }

    @Test
    func `nothing is written anew before those who look for records are done`() throws {
        scratch.write(record("r", "secret", text: "the text") + [newline])
        let history = try open(holdsUpkeep: true)
        try history.remove("secret")
        #expect(try history.ids().ids == [])
        history.compactor.queue.sync {}
        #expect(scratch.has("the text"))
        history.allowUpkeep()
        #expect(waits { !scratch.has("the text") })
    }

    private func delete(_ id: String, of owner: String?, in history: HistoryFile) throws {
        try history.ask {
            try $0.delete(
                ConversationName(id: id, owner: owner),
                at: bytes("2026-06-01T00:00:00.000Z")
            )
        }
    }

    @Test
    func `deletions beyond the bound are forgotten, the oldest first`() throws {
        var deletions = Deletions(directory: scratch.path)
        for number in 0..<20 {
            try deletions.add(
                named("c\(number)"),
                at: bytes("2026-01-01T00:00:00.0\(10 + number)Z")
            )
        }
        var again = Deletions(directory: scratch.path)
        try again.load()
        #expect(again.cover(head("c3", at: "2026-01-01T00:00:00.013Z")))
        #expect(!again.cover(head("c3", at: "2026-01-01T00:00:00.014Z")))
        try again.shrink(to: 5)
        try deletions.load()
        #expect(!deletions.cover(head("c14", at: "2025")))
        #expect(deletions.cover(head("c15", at: "2025")))
    }
}
