import Dispatch
import Glibc
import TestSupport
import Testing

@testable import Storage

/// A disk that takes records and does not make them safe: what the next fsync says of them is only
/// believed once they were written again.
@Suite(.timeLimit(.minutes(1)))
final class UnsafeDiskTests {
    private let scratch = Scratch()
    private let reports = Reports()
    private let disk: LosingDisk
    /// For those tests in which nothing else moves the time.
    private let clock = ManualDelays()

    init() { disk = LosingDisk(scratch.path) }

    deinit { disk.remove() }

    private func open(
        rotateBytes: Int = 0,
        maxPendingBytes: Int = HistoryFile.maxPendingBytes,
        durability: Durability = .interval,
        platform: Platform = .system
    ) throws -> HistoryFile {
        try HistoryFile(
            directory: scratch.path,
            maxPendingBytes: maxPendingBytes,
            durability: durability,
            rotateBytes: rotateBytes,
            compactionDelayMilliseconds: 1,
            platform: platform,
            report: reports.add
        )
    }

    /// Turns the clock until a condition holds that work on other queues brings about, too.
    private func passes(_ condition: () -> Bool) -> Bool {
        waits {
            clock.turn(by: 10)
            return condition()
        }
    }

    private var notSafe: HistoryReport {
        .notSafe(.systemCall("fsync", path: scratch.path(), code: EIO))
    }

    /// What the disk has in place of the bytes that it lost.
    private func lose(_ text: String) {
        let content = scratch.read()
        let wanted = bytes(text)
        for start in content.indices where content[start...].starts(with: wanted) {
            let file = Glibc.open(scratch.path(), O_WRONLY | O_CLOEXEC)
            let zeros = [UInt8](repeating: 0, count: wanted.count)
            #expect(pwrite(file, zeros, zeros.count, off_t(start)) == zeros.count)
            close(file)
        }
    }

    @Test
    func `what an earlier process left is written again where it is not believed`() throws {
        scratch.write(bytes("one\ntwo\nthree\n"))
        let history = try open(platform: clock.platform)
        let place = try #require(history.distrust(4..<14))
        lose("two\nthree\n")
        disk.fail(times: 1)
        #expect(!history.isSafe(place))
        let new = try #require(history.append(bytes("four")))
        #expect(new == place + 1)
        #expect(clock.turns { history.isSafe(new) })
        #expect(scratch.lines() == ["one", "two", "three", "four"])
        #expect(reports.all == [notSafe, .safeAgain])
    }

    @Test(arguments: [1, 6, 11, 14])
    func `what is longer than may be unsafe at a time is written again in pieces`(
        bound: Int
    ) throws {
        scratch.write(bytes("one\ntwo\nthree\nfour\n"))
        let history = try open(maxPendingBytes: bound, platform: clock.platform)
        let place = try #require(history.distrust(0..<14))
        lose("three\n")
        #expect(clock.turns { history.isSafe(place) })
        #expect(scratch.lines() == ["one", "two", "three", "four"])
    }

    @Test
    func `a piece that does not become safe settles nothing`() throws {
        scratch.write(bytes("one\ntwo\nthree\n"))
        let history = try open(maxPendingBytes: 6, platform: clock.platform)
        disk.fail(times: 1)
        #expect(history.distrust(0..<14) == nil)
        let place = try #require(history.distrust(0..<14))
        #expect(clock.turns { history.isSafe(place) })
        #expect(scratch.lines() == ["one", "two", "three"])
    }

    @Test
    func `more is not written again than the file has`() throws {
        scratch.write(bytes("one\n"))
        let history = try open(platform: clock.platform)
        let place = try #require(history.distrust(0..<1_000_000))
        lose("one\n")
        #expect(clock.turns { history.isSafe(place) })
        #expect(scratch.lines() == ["one"])
    }

    @Test(arguments: [Durability.interval, .never])
    func `a damaged record that is written anew is cut out`(durability: Durability) throws {
        func record(_ id: String, _ content: String) -> String {
            #"{"id":"\#(id)","started_at":"2026-01-02T03:04:05.678Z","content":"\#(content)"}"#
        }
        let hole = String(repeating: "\0", count: 8)
        let lines = [
            record("one", hole), record("two", hole), record("three", "c"),
            record("two", "whole"), record("two", hole) + #","error":nul"# + record("four", "d"),
            record("two", "half a line"),
        ]
        scratch.write(bytes(lines.joined(separator: "\n") + "\n"))
        let history = try open(durability: durability, platform: clock.platform)
        let place = try #require(
            history.distrust(
                0..<scratch.read().count - 10,
                blanking: [bytes("two"), bytes("three")]
            )
        )
        var left = scratch.lines()
        #expect(left.map(\.utf8.count) == lines.map(\.utf8.count))
        #expect(left[1].allSatisfy { $0 == " " })
        left.remove(at: 1)
        #expect(left[...2] == [lines[0], lines[2], lines[3]])
        #expect(left[3].drop { $0 == " " } == record("four", "d"))
        #expect(left[4] == lines[5])
        #expect(passes { history.isSafe(place) })
        #expect(passes { scratch.lines() == left })
    }

    @Test
    func `records behind a failed fsync are safe only once they were written again`() throws {
        let history = try open(platform: clock.platform)
        history.append(bytes("before"))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        disk.fail(times: 1)
        let lost = try #require(history.append(bytes("lost")))
        #expect(!history.flush(timeoutMilliseconds: 300))
        #expect(disk.failuresLeft == 0)
        #expect(!history.isSafe(lost))
        #expect(!history.isWritable)
        // Who reads it meanwhile finds what was lost.
        #expect(scratch.lines() == ["before", "lost"])
        let after = try #require(history.append(bytes("after")))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(history.isSafe(lost))
        #expect(history.isSafe(after))
        #expect(history.isWritable)
        #expect(scratch.lines() == ["before", "lost", "after"])
        #expect(reports.wait { $0 == .safeAgain })
        #expect(reports.all == [notSafe, .safeAgain])
        history.append(bytes("later"))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines() == ["before", "lost", "after", "later"])
    }

    @Test
    func `records become safe again without anybody asking`() throws {
        let history = try open(platform: clock.platform)
        disk.fail(times: 1)
        let place = try #require(history.append(bytes("lost")))
        #expect(clock.turns { !reports.all.isEmpty })
        #expect(reports.all == [notSafe])
        #expect(!history.isSafe(place))
        #expect(clock.turns { history.isSafe(place) })
        #expect(scratch.lines() == ["lost"])
        #expect(reports.all == [notSafe, .safeAgain])
    }

    @Test
    func `a disk that fails for long is told of once, and has each record once afterwards`() throws
    {
        let history = try open()
        disk.fail(true)
        var places: [Int] = []
        for number in 0..<20 {
            places.append(try #require(history.append(bytes("record \(number)"))))
            if number % 5 == 4 { #expect(!history.flush(timeoutMilliseconds: 50)) }
        }
        #expect(places.allSatisfy { !history.isSafe($0) })
        disk.fail(false)
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(places.allSatisfy { history.isSafe($0) })
        #expect(scratch.lines() == (0..<20).map { "record \($0)" })
        #expect(reports.wait { $0 == .safeAgain })
        #expect(reports.all == [notSafe, .safeAgain])
    }

    @Test
    func `a file that is rotated away has what was lost`() throws {
        let history = try open(rotateBytes: 200, platform: clock.platform)
        disk.fail(times: 1)
        history.append(record("lost", "c"))
        #expect(!history.flush(timeoutMilliseconds: 10))
        history.append(record("full", "c", text: String(repeating: "x", count: 200)))
        #expect(passes { scratch.names().contains("history-000001.jsonl") })
        #expect(
            passes { reports.all.contains { if case .rotated = $0 { true } else { false } } }
        )
        let place = try #require(history.append(record("new", "c")))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(history.isSafe(place))
        #expect(scratch.lines("history-000001.jsonl").count == 2)
        #expect(scratch.lines().count == 1)
        #expect(try history.ids(limit: 10).ids == ["new", "full", "lost"])
    }

    @Test
    func `a file is neither rotated nor rewritten while it cannot be made safe`() throws {
        let history = try open(rotateBytes: 200, platform: clock.platform)
        disk.fail(true)
        history.append(record("lost", "c", text: String(repeating: "x", count: 200)))
        history.append(record("deleted", "d"))
        #expect(!history.flush(timeoutMilliseconds: 10))
        #expect(
            passes { reports.all.contains { if case .upkeepFailed = $0 { true } else { false } } }
        )
        #expect(scratch.names() == ["history.jsonl"])
        disk.fail(false)
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(try history.ids(limit: 10).ids == ["deleted", "lost"])
        #expect(scratch.lines().count == 2)
    }

    @Test
    func `a file that is rewritten for a deletion has what was lost, once`() throws {
        let history = try open(platform: clock.platform)
        history.append(record("kept", "c"))
        history.append(record("deleted", "d"))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        // The deletion's own file is made safe too.
        _ = try history.ids(limit: 10)
        disk.fail(times: 1)
        let place = try #require(history.append(record("lost", "c")))
        #expect(!history.flush(timeoutMilliseconds: 10))
        try history.remove("d")
        #expect(
            passes { reports.all.contains { if case .compacted = $0 { true } else { false } } }
        )
        history.append(record("new", "c"))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(history.isSafe(place))
        #expect(try history.ids(limit: 10).ids == ["new", "lost", "kept"])
        #expect(scratch.lines().count == 3)
        #expect(passes { reports.all.contains(.safeAgain) })
    }

    @Test
    func `a file that somebody moved away has what was lost`() throws {
        let history = try open(platform: clock.platform)
        disk.fail(times: 1)
        history.append(bytes("lost"))
        #expect(!history.flush(timeoutMilliseconds: 10))
        #expect(rename(scratch.path(), scratch.path("history.1")) == 0)
        history.append(bytes("new"))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines("history.1") == ["lost"])
        #expect(scratch.lines() == ["new"])
        #expect(passes { reports.all.contains(.safeAgain) })
    }

    @Test
    func `a file whose end the disk takes back gets it again, without a hole`() throws {
        disk.cutOff()
        let history = try open(platform: clock.platform)
        history.append(bytes("before"))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        disk.fail(times: 2)
        for line in ["lost", "lost too"] {
            history.append(bytes(line))
            #expect(!history.flush(timeoutMilliseconds: 10))
        }
        history.append(bytes("new"))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines() == ["before", "lost", "lost too", "new"])
    }

    @Test
    func `a file that somebody emptied goes on from its start, without a hole`() throws {
        let history = try open(platform: clock.platform)
        let line = String(repeating: "x", count: 100)
        history.append(bytes(line))
        #expect(passes { history.recordsWaiting == 0 })
        #expect(truncate(scratch.path(), 0) == 0)
        history.append(bytes("new"))
        #expect(passes { history.recordsWaiting == 0 })
        disk.fail(times: 1)
        #expect(!history.flush(timeoutMilliseconds: 10))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines() == ["new"])
    }

    @Test
    func `what was cut off by a disk that fails is not taken for somebody's wish`() throws {
        let history = try open()
        let line = String(repeating: "x", count: 100)
        disk.fail(true)
        history.append(bytes(line))
        #expect(waits { history.recordsWaiting == 0 })
        #expect(truncate(scratch.path(), 0) == 0)
        history.append(bytes("new"))
        #expect(reports.wait { if case .writeFailed = $0 { true } else { false } })
        disk.fail(false)
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines() == [line, "new"])
    }

    @Test
    func `what is kept until it is safe is bounded: nothing more is written, and nothing is lost`()
        throws
    {
        let history = try open(maxPendingBytes: 100)
        disk.fail(true)
        let line = String(repeating: "x", count: 39)
        for number in 0..<2 {
            #expect(history.append(bytes("\(number)\(line)")) != nil)
            #expect(!history.flush(timeoutMilliseconds: 50))
        }
        #expect(waits { scratch.read().count == 82 })
        for number in 2..<4 { #expect(history.append(bytes("\(number)\(line)")) != nil) }
        #expect(history.append(bytes("4\(line)")) == nil)
        let failure = StorageError.systemCall("fsync", path: scratch.path(), code: EIO)
        #expect(reports.wait { $0 == .writeFailed(failure) })
        #expect(!history.flush(timeoutMilliseconds: 50))
        #expect(scratch.read().count == 82)
        #expect(reports.all.filter { $0 == .writeFailed(failure) }.count == 1)
        disk.fail(false)
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines() == (0..<4).map { "\($0)\(line)" })
        #expect(waits { history.isWritable })
    }

    @Test
    func `a healthy disk is made to make more than the bound safe in between`() throws {
        let history = try open(maxPendingBytes: 100)
        for number in 0..<20 {
            let line = "\(number % 10)" + String(repeating: "y", count: 70)
            #expect(history.append(bytes(line)) != nil)
            #expect(waits { history.recordsWaiting == 0 })
        }
        #expect(scratch.lines().count == 20)
        #expect(reports.all.isEmpty)
    }
}
