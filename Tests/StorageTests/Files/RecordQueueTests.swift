import Glibc
import Loop
import Testing

@testable import Storage

/// Follows a queue of records and notes what it hears.
private final class Heard: RecordFollower {
    private struct State {
        var reports: [RecordReport] = []
        var written: [Int] = []
        var failures = 0
        var room = 0
    }

    private let state = Guarded(State())

    var reports: [RecordReport] { state.withLock { $0.reports } }
    /// How many records came into the file at a time.
    var written: [Int] { state.withLock { $0.written.filter { $0 > 0 } } }
    /// How often the disk has refused.
    var failures: Int { state.withLock { $0.failures } }
    /// How often there is room where there was none.
    func giveRoom(times: Int) { state.withLock { $0.room = times } }

    func report(_ report: RecordReport) { state.withLock { $0.reports.append(report) } }

    func wrote(
        _ count: Int,
        wasRefused: Bool,
        _ writer: inout RecordWriter,
        of records: RecordQueue
    ) {
        state.withLock { $0.written.append(count) }
    }

    func makesRoom(after failure: StorageError) -> Bool {
        state.withLock { state in
            state.failures += 1
            guard state.room > 0 else { return false }
            state.room -= 1
            return true
        }
    }
}

/// Records on their way into a file; the time is turned by hand.
@Suite(.timeLimit(.minutes(1)))
final class RecordQueueTests {
    private let scratch = Scratch()
    private let clock = ManualDelays()
    private let heard = Heard()
    private let disk: LosingDisk

    init() { disk = LosingDisk(scratch.path) }

    deinit { disk.remove() }

    private func open(
        durability: Durability = .interval,
        maxPendingBytes: Int = 1 << 20
    ) throws -> RecordQueue {
        try RecordQueue(
            directory: scratch.path,
            name: "history.jsonl",
            label: "test",
            maxPendingBytes: maxPendingBytes,
            durability: durability,
            follower: heard,
            platform: clock.platform
        )
    }

    /// Puts a folder in the file's place: the writer finds its file gone and cannot begin another.
    private func breakDisk() {
        #expect(unlink(scratch.path()) == 0)
        #expect(mkdir(scratch.path(), 0o700) == 0)
    }

    private func mendDisk() { #expect(rmdir(scratch.path()) == 0) }

    private var refusal: StorageError { .systemCall("open", path: scratch.path(), code: EISDIR) }

    @Test
    func `the first record waits for others, and one write takes them all`() throws {
        let records = try open()
        for number in 1...3 { #expect(records.append(bytes("r\(number)")) == number) }
        #expect(records.lastPlace == 3)
        clock.turn(by: RecordQueue.gatherMilliseconds - 1)
        #expect(records.recordsWaiting == 3 && scratch.lines().isEmpty)
        clock.turn(by: 1)
        #expect(records.recordsWaiting == 0 && scratch.lines() == ["r1", "r2", "r3"])
        #expect(heard.written == [3])
        // One that comes later has its own wait.
        #expect(records.append(bytes("r4")) == 4)
        #expect(clock.next == RecordQueue.gatherMilliseconds)
    }

    @Test
    func `what is distrusted has a place, whatever is on its way`() throws {
        scratch.write(bytes("old\n"))
        let records = try open()
        let place = try #require(
            records.distrust(0..<4) { _ in
                #expect(records.append(bytes("new")) == 1)
                return false
            }
        )
        #expect(place == 1 && !records.isSafe(place))
        #expect(clock.turns { records.isSafe(place) })
        #expect(scratch.lines() == ["old", "new"])
        // What this process wrote itself is looked after anyway.
        let last = try #require(
            records.distrust(0..<1000) { part in
                #expect(part == bytes("old\n"))
                return false
            }
        )
        #expect(last == 2)
    }

    @Test(arguments: [
        (Durability.never, 0), (.always, 0), (.interval, Durability.intervalMilliseconds),
    ])
    func `what is in the file is safe when its durability says`(
        durability: Durability,
        delay: Int
    ) throws {
        let records = try open(durability: durability)
        let place = try #require(records.append(bytes("r")))
        clock.turn(by: RecordQueue.gatherMilliseconds - 1)
        #expect(!records.isSafe(place))
        if delay > 0 {
            clock.turn(by: delay)
            #expect(scratch.lines() == ["r"] && !records.isSafe(place))
        }
        clock.turn(by: 1)
        #expect(records.isSafe(place))
    }

    @Test
    func `a disk that refuses is tried again after longer and longer pauses`() throws {
        let records = try open()
        breakDisk()
        #expect(records.append(bytes("kept")) == 1)
        clock.turn(by: RecordQueue.gatherMilliseconds)
        #expect(!records.isWritable && heard.reports == [.writeFailed(refusal)])
        for (attempt, pause) in [250, 500, 1000, 2000, 4000, 5000, 5000].enumerated() {
            #expect(heard.failures == attempt + 1)
            #expect(clock.next == pause)
            clock.turn(by: pause)
        }
        mendDisk()
        clock.turn(by: 5000)
        #expect(records.isWritable && scratch.lines() == ["kept"])
        #expect(
            heard.reports == [
                .writeFailed(refusal),
                .begunAnew(path: scratch.path()),
                .writesResumed(recordsKept: 1, recordsRefused: 0),
            ]
        )
    }

    @Test
    func `an attempt made early leaves no second one behind`() throws {
        let records = try open()
        breakDisk()
        #expect(records.append(bytes("kept")) == 1)
        clock.turn(by: RecordQueue.gatherMilliseconds)
        #expect(heard.failures == 1)
        #expect(!records.flush(timeoutMilliseconds: 0))
        #expect(records.writeOut().unsettled == bytes("kept\n"))
        #expect(heard.failures == 3)
        // The pauses of the first two attempts end; only that of the third counts.
        clock.turn(by: 999)
        #expect(heard.failures == 3)
        clock.turn(by: 1)
        #expect(heard.failures == 4)
    }

    @Test
    func `where there is room after all, the disk is tried again at once`() throws {
        let records = try open()
        breakDisk()
        heard.giveRoom(times: 2)
        #expect(records.append(bytes("kept")) == 1)
        clock.turn(by: RecordQueue.gatherMilliseconds)
        #expect(heard.failures == 3 && heard.reports == [.writeFailed(refusal)])
    }

    @Test
    func `what waits is bounded, and each record beyond is reported`() throws {
        let records = try open(maxPendingBytes: 10)
        #expect(records.append(bytes("12345")) == 1)
        #expect(records.append(bytes("12345")) == nil)
        #expect(heard.reports == [.refused(bytes: 5)])
        #expect(records.appendWaiting(bytes("12345")) == 2)
        clock.turn(by: RecordQueue.gatherMilliseconds)
        #expect(scratch.lines() == ["12345", "12345"])
    }

    @Test
    func `what a failed fsync covered is safe after the next one`() throws {
        let records = try open()
        let place = try #require(records.append(bytes("lost")))
        clock.turn(by: RecordQueue.gatherMilliseconds)
        disk.fail(times: 1)
        clock.turn(by: Durability.intervalMilliseconds)
        let failure = StorageError.systemCall("fsync", path: scratch.path(), code: EIO)
        #expect(heard.reports == [.notSafe(failure)])
        #expect(!records.isSafe(place) && !records.isWritable)
        #expect(clock.next == Backoff.milliseconds.lowerBound)
        clock.turn(by: Backoff.milliseconds.lowerBound)
        #expect(records.isSafe(place) && records.isWritable)
        #expect(heard.reports == [.notSafe(failure), .safeAgain])
    }

    @Test
    func `an fsync that goes on failing is tried ever less often, by one timer`() throws {
        let records = try open()
        let place = try #require(records.append(bytes("lost")))
        clock.turn(by: RecordQueue.gatherMilliseconds)
        disk.fail(times: 8)
        clock.turn(by: Durability.intervalMilliseconds)
        var pauses: [Int] = []
        for _ in 0..<6 {
            let pause = try #require(clock.next)
            pauses.append(pause)
            clock.turn(by: pause)
        }
        #expect(pauses == [250, 500, 1000, 2000, 4000, 5000])
        // Asked for meanwhile, it is tried at once, and the timer of before does nothing.
        #expect(!records.flush(timeoutMilliseconds: 0))
        _ = records.writeOut()
        #expect(disk.failuresLeft == 0)
        clock.turn(by: Backoff.milliseconds.upperBound)
        #expect(records.isSafe(place))
        #expect(clock.next == nil)
    }

    @Test
    func `what is closed has written all and takes nothing more`() throws {
        let records = try open()
        #expect(records.append(bytes("last")) == 1)
        records.close()
        #expect(records.isSafe(1) && scratch.lines() == ["last"])
        #expect(records.append(bytes("late")) == nil)
        #expect(heard.reports == [.refused(bytes: 4)])
        // What was arranged before finds nothing to do.
        clock.turn(by: 10_000)
        #expect(clock.next == nil && scratch.lines() == ["last"])
    }
}
