import Dispatch
import Glibc
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1)))
struct HistoryFileTests {
    private let scratch = Scratch()
    private let reports = Reports()

    private func open(_ folder: String? = nil) throws -> HistoryFile {
        try HistoryFile(directory: folder ?? scratch.path, report: reports.add)
    }

    @Test
    func `records become lines in the order they were appended`() throws {
        let history = try open()
        for number in 0..<1000 { history.append(bytes("record \(number)")) }
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines() == (0..<1000).map { "record \($0)" })
        #expect(history.recordsWaiting == 0)
        #expect(history.isWritable)
        #expect(reports.all.isEmpty)
    }

    @Test
    func `a long record is handed over to the writer, not copied`() {
        var pending = PendingRecords()
        var record = [UInt8](repeating: 120, count: 1 << 20)
        record.reserveCapacity(2 << 20)
        let place = record.withUnsafeBytes { $0.baseAddress }
        #expect(pending.add(&record, limit: 1) == .takenWakeWriter)
        var batch: [UInt8] = []
        #expect(pending.take(into: &batch) == 1)
        #expect(batch.withUnsafeBytes { $0.baseAddress } == place)
        #expect(batch.count == 1 << 20 | 1 && batch.last == newline)
        // Others that come meanwhile stand in their order.
        var next = bytes("next")
        var last = bytes("last")
        #expect(pending.add(&next, limit: 4 << 20) == .taken)
        #expect(pending.add(&last, limit: 4 << 20) == .taken)
        #expect(pending.waiting == bytes("next\nlast\n"))
    }

    @Test
    func `records that come faster than the disk takes them wait for it, and none is refused`()
        throws
    {
        let history = try HistoryFile(
            directory: scratch.path,
            maxPendingBytes: 1000,
            report: reports.add
        )
        let record = [UInt8](repeating: UInt8(ascii: "x"), count: 600)
        for _ in 0..<50 { #expect(history.appendWaiting(record) != nil) }
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines().count == 50)
        #expect(reports.all.isEmpty)
    }

    @Test(arguments: Durability.allCases)
    func `what was waited for is as safe as the durability says`(durability: Durability) throws {
        let history = try HistoryFile(
            directory: scratch.path,
            durability: durability,
            report: reports.add
        )
        for isWritten in [false, true] {
            let place = try #require(history.append(bytes("{}")))
            while isWritten, history.recordsWaiting > 0 { usleep(1000) }
            #expect(history.flush(timeoutMilliseconds: 30_000))
            #expect(history.isSafe(place))
        }
    }

    @Test
    func `records of many threads never mix and each thread's keep their order`() throws {
        let history = try open()
        let threads = 8
        let each = 500
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            for number in 0..<each {
                let filler = String(repeating: "abcdefghij", count: (number * 7 + thread) % 300)
                history.append(bytes("\(thread) \(number) \(filler) end"))
            }
        }
        #expect(history.flush(timeoutMilliseconds: 30_000))
        let lines = scratch.lines()
        #expect(lines.count == threads * each)
        var next = [Int](repeating: 0, count: threads)
        for line in lines {
            let parts = line.split(separator: " ")
            let thread = try #require(Int(parts[0]))
            let number = try #require(Int(parts[1]))
            #expect(number == next[thread])
            next[thread] += 1
            #expect(parts.last == "end")
            let filler = parts.count == 4 ? parts[2].utf8.count : 0
            #expect(filler == (number * 7 + thread) % 300 * 10)
        }
    }

    @Test
    func `a folder that is absent is made for this user alone, with those above it`() throws {
        let folder = scratch.path("a/b/c/")
        let history = try open(folder)
        history.append(bytes("{}"))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines("a/b/c/history.jsonl") == ["{}"])
        for name in ["a", "a/b", "a/b/c"] {
            var status = stat()
            #expect(stat(scratch.path(name), &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o700)
        }
        var status = stat()
        #expect(stat(scratch.path("a/b/c/history.jsonl"), &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
    }

    @Test
    func `a second opener is refused with the path, and welcome after close`() throws {
        let first = try open()
        let error = #expect(throws: StorageError.self) { try self.open() }
        #expect(error == .locked(path: scratch.path()))
        #expect(error?.description.contains(scratch.path()) == true)
        first.append(bytes("one"))
        first.close()
        let second = try open()
        second.append(bytes("two"))
        #expect(second.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines() == ["one", "two"])
    }

    @Test
    func `close writes what waits and refuses what comes after`() throws {
        let history = try open()
        for number in 0..<100 { history.append(bytes("\(number)")) }
        history.close()
        history.append(bytes("late"))
        history.close()
        #expect(scratch.lines().count == 100)
        #expect(reports.all == [.refused(bytes: 4)])
        #expect(history.flush(timeoutMilliseconds: 0))
    }

    @Test
    func `a file that somebody moved away is followed by a new one`() throws {
        let history = try open()
        history.append(bytes("old"))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(rename(scratch.path(), scratch.path("history.1")) == 0)
        history.append(bytes("new"))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines("history.1") == ["old"])
        #expect(scratch.lines() == ["new"])
        #expect(unlink(scratch.path()) == 0)
        history.append(bytes("newer"))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines() == ["newer"])
        #expect(reports.wait { $0 == .begunAnew(path: scratch.path()) })
    }

    @Test
    func `a file that somebody emptied goes on from its start`() throws {
        let history = try open()
        history.append(bytes("old"))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(truncate(scratch.path(), 0) == 0)
        history.append(bytes("new"))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines() == ["new"])
    }

    @Test
    func `a path that can't be a history file is refused with the call and the path`() throws {
        scratch.write(bytes("x"), to: "plain")
        let below = #expect(throws: StorageError.self) { try self.open(scratch.path("plain/data")) }
        #expect(
            below?.description == "mkdir \(scratch.path("plain/data")): Not a directory"
        )
        #expect(mkdir(scratch.path("f"), 0o700) == 0)
        #expect(mkdir(scratch.path("f/history.jsonl"), 0o700) == 0)
        let folder = #expect(throws: StorageError.self) { try self.open(scratch.path("f")) }
        #expect(folder == .systemCall("open", path: scratch.path("f/history.jsonl"), code: EISDIR))
        #expect(mkfifo(scratch.path(), 0o600) == 0)
        let pipe = #expect(throws: StorageError.self) { try self.open() }
        #expect(pipe == .notRegularFile(path: scratch.path()))
    }

    @Test
    func `a file without permission is refused with its name`() async {
        await #expect(processExitsWith: .success) {
            let scratch = Scratch()
            scratch.write(bytes("{}\n"))
            chmod(scratch.path(), 0o400)
            chmod(scratch.path, 0o755)
            // Permissions do not bind root.
            if geteuid() == 0 { seteuid(65_534) }
            let error = #expect(throws: StorageError.self) {
                _ = try HistoryFile(directory: scratch.path) { _ in }
            }
            #expect(error == .systemCall("open", path: scratch.path(), code: EACCES))
            seteuid(getuid())
        }
    }
}
