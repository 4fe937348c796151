import Glibc
import Loop
import TestSupport
import Testing

@testable import Storage

/// What was committed is found by the next process; what nobody needs any more is removed.
@Suite struct JournalTests {
    @Test func `what one process commits the next one reads, each loop's in order`() async throws {
        let scratch = Scratch()
        for loop in 0..<2 {
            try await withJournal(in: scratch, loop: loop) { journal in
                for text in ["first", "second"] {
                    let place = journal.newPlace()
                    journal.frame.begin(number: place.number, head: bytes(text).span)
                    journal.frame.entry(
                        number: place.number,
                        sequence: 0,
                        kind: 1,
                        payload: bytes(text + " entry").span
                    )
                    #expect(journal.commit())
                }
            }
        }
        #expect(
            try foundItems(in: scratch) == [
                "0: begin 1 first", "0: entry 1.0 first entry", "0: begin 2 second",
                "0: entry 2.0 second entry", "1: begin 1 first", "1: entry 1.0 first entry",
                "1: begin 2 second", "1: entry 2.0 second entry",
            ]
        )
    }

    @Test func `a full segment is followed by another and goes with its last generation`()
        async throws
    {
        let scratch = Scratch()
        try await withJournal(in: scratch, segmentBytes: 100) { journal in
            var long = journal.newPlace()
            var short = journal.newPlace()
            journal.hold(&long)
            journal.hold(&short)
            journal.frame.begin(number: long.number, head: [UInt8](repeating: 1, count: 200).span)
            #expect(journal.commit())
            #expect(scratch.names() == ["0-00000001.journal", "0-00000002.journal"])
            journal.release([short])
            #expect(scratch.names() == ["0-00000001.journal", "0-00000002.journal"])
            journal.release([long])
            #expect(scratch.names() == ["0-00000002.journal"])
            #expect(scratch.read("0-00000002.journal").count == SegmentFile.headerBytes)
        }
    }

    @Test func `what is retired stays so while an older segment has its beginning`() async throws {
        let scratch = Scratch()
        try await withJournal(in: scratch, segmentBytes: 100) { journal in
            var long = journal.newPlace()
            var first = journal.newPlace()
            var second = journal.newPlace()
            journal.hold(&long)
            journal.hold(&first)
            journal.hold(&second)
            for place in [long, first, second] {
                journal.frame.begin(number: place.number, head: bytes("a generation's head").span)
            }
            journal.frame.entry(number: 3, sequence: 0, kind: 1, payload: bytes("start").span)
            #expect(journal.commit())
            #expect(scratch.names() == ["0-00000001.journal", "0-00000002.journal"])
            journal.release([first])
            // This one goes on in the segment that is being written, alone there.
            journal.hold(&second)
            journal.frame.entry(number: 3, sequence: 1, kind: 1, payload: bytes("end").span)
            #expect(journal.commit())
            journal.release([second])
            #expect(scratch.names() == ["0-00000001.journal", "0-00000002.journal"])
        }
        let retired = try foundItems(in: scratch).filter { $0.contains("retire") }
        #expect(retired == ["0: retire 2", "0: retire 3"])
    }

    @Test func `one generation that stays does not keep what others write behind it`()
        async throws
    {
        let scratch = Scratch()
        try await withJournal(in: scratch, segmentBytes: 100) { journal in
            var pinned = journal.newPlace()
            var short = journal.newPlace()
            journal.hold(&pinned)
            journal.hold(&short)
            let head = [UInt8](repeating: 0x61, count: 60)
            journal.frame.begin(number: pinned.number, head: head.span)
            journal.frame.begin(number: short.number, head: head.span)
            #expect(journal.commit())
            journal.release([short])
            for _ in 0..<10 {
                var next = journal.newPlace()
                journal.hold(&next)
                journal.frame.begin(number: next.number, head: head.span)
                #expect(journal.commit())
                journal.release([next])
            }
            #expect(scratch.names().count <= 2)
            #expect(scratch.names().first == "0-00000001.journal")
        }
        // Whoever's beginning is still there is retired behind it, but for the one that stays.
        let items = try foundItems(in: scratch).map { $0.split(separator: " ") }
        let began = Set(items.filter { $0[1] == "begin" }.map { $0[2] })
        let retired = Set(items.filter { $0[1] == "retire" }.map { $0[2] })
        #expect(began.isSuperset(of: ["1", "2"]))
        #expect(began.subtracting(retired) == ["1"])
    }

    @Test func `a new process writes behind what an earlier one left, until that is removed`()
        async throws
    {
        let scratch = Scratch()
        for _ in 0..<2 {
            try await withJournal(in: scratch) { journal in
                journal.frame.retire(number: 1)
                #expect(journal.commit())
            }
        }
        #expect(scratch.names() == ["0-00000001.journal", "0-00000002.journal"])
        #expect(try JournalFolder(path: scratch.path).removeLeft())
        #expect(scratch.names() == [])
    }

    @Test func `half a frame at the end is left out and told`() async throws {
        let scratch = Scratch()
        try await withJournal(in: scratch) { journal in
            for number in 1...2 {
                journal.frame.begin(number: UInt64(number), head: bytes("head").span)
                #expect(journal.commit())
            }
        }
        let name = "0-00000001.journal"
        let whole = scratch.read(name)
        scratch.write(Array(whole.dropLast(3)), to: name)
        var reports: [JournalReport] = []
        let folder = try JournalFolder(path: scratch.path)
        #expect(try foundItems(in: folder) { reports.append($0) } == ["0: begin 1 head"])
        let second = SegmentFile.headerBytes + (whole.count - SegmentFile.headerBytes) / 2
        #expect(
            reports == [
                .torn(
                    path: scratch.path(name),
                    offset: second,
                    bytes: whole.count - second - 3,
                    .shortPayload,
                    setAsideIn: nil
                )
            ]
        )
        // Deleted conversations would stay in what every kill leaves.
        #expect(folder.removeLeft())
        #expect(scratch.names() == [])
    }

    @Test func `files that are no segments are left alone`() async throws {
        let scratch = Scratch()
        scratch.write(bytes("not a journal at all"), to: "0-00000001.journal")
        scratch.write(bytes("x"), to: "0-1.journal")
        scratch.write([], to: "0-00000002.journal")
        var reports: [JournalReport] = []
        #expect(try foundItems(in: scratch) { reports.append($0) } == [])
        #expect(reports == [.noSegment(path: scratch.path("0-00000001.journal"))])
    }

    @Test func `a refused frame is dropped whole and the journal comes back by itself`()
        async throws
    {
        let scratch = Scratch()
        try await withJournal(in: scratch) { journal in
            journal.frame.begin(number: 1, head: bytes("kept").span)
            #expect(journal.commit())
            journal.frame.begin(number: 2, head: bytes("refused").span)
            let isRefused = withLimit(of: scratch, bytes: 10) { !journal.commit() }
            #expect(isRefused && !journal.isWritable)
            #expect(!journal.wantsFrame, "the next attempt is a while away")
            journal.frame.begin(number: 3, head: bytes("after").span)
            #expect(journal.commit())
            #expect(journal.isWritable)
        }
        #expect(try foundItems(in: scratch) == ["0: begin 1 kept", "0: begin 3 after"])
    }

    @Test func `what was let go of while the disk refused is retired once it does not`()
        async throws
    {
        let scratch = Scratch()
        try await withJournal(in: scratch) { journal in
            var kept = journal.newPlace()
            var gone = journal.newPlace()
            journal.hold(&kept)
            journal.hold(&gone)
            journal.frame.begin(number: kept.number, head: bytes("kept").span)
            journal.frame.begin(number: gone.number, head: bytes("gone").span)
            #expect(journal.commit())
            withLimit(of: scratch, bytes: 1) { journal.release([gone]) }
            #expect(!journal.isWritable)
            #expect(journal.commit())
            journal.frame.entry(number: 1, sequence: 0, kind: 1, payload: bytes("more").span)
            #expect(journal.commit())
        }
        #expect(
            try foundItems(in: scratch) == [
                "0: begin 1 kept", "0: begin 2 gone", "0: retire 2", "0: entry 1.0 more",
            ]
        )
    }

    @Test func `a segment that was removed is noticed, and another is begun`() async throws {
        let scratch = Scratch()
        try await withJournal(in: scratch) { journal in
            journal.frame.begin(number: 1, head: bytes("gone").span)
            #expect(journal.commit())
            #expect(!journal.noticesLoss())
            unlink(scratch.path("0-00000001.journal"))
            #expect(!journal.noticesLoss(), "it is looked once a second")
        }
        try await withJournal(in: scratch) { journal in
            journal.frame.begin(number: 1, head: bytes("gone").span)
            #expect(journal.commit())
            unlink(scratch.path("0-00000001.journal"))
            #expect(journal.noticesLoss())
            journal.frame.begin(number: 1, head: bytes("again").span)
            #expect(journal.commit())
        }
        #expect(scratch.names() == ["0-00000002.journal"])
        #expect(try foundItems(in: scratch) == ["0: begin 1 again"])
    }

    @Test func `where files may not grow another segment is begun`() async throws {
        let scratch = Scratch()
        try await withJournal(in: scratch) { journal in
            journal.frame.begin(number: 1, head: bytes("kept").span)
            #expect(journal.commit())
            let outcomes = withLimit(of: scratch, bytes: 10) {
                (0..<2).map { _ in
                    journal.frame.begin(number: 2, head: bytes("next").span)
                    return journal.commit()
                }
            }
            #expect(outcomes == [false, true])
        }
        #expect(scratch.names() == ["0-00000001.journal", "0-00000002.journal"])
        #expect(try foundItems(in: scratch) == ["0: begin 1 kept", "0: begin 2 next"])
    }

    @Test(arguments: [(Durability.always, true), (.always, false), (.interval, false)])
    func `what is written becomes safe, and its owner is told`(
        durability: Durability,
        isAsked: Bool
    ) async throws {
        let scratch = Scratch()
        let loop = try EventLoop(index: 0)
        let told = Guarded(0)
        try await loop.run { loop throws(StorageError) in
            let owner = try makeJournal(in: scratch, on: loop, durability: durability) { journal in
                if journal.isSafe(1) { told.withLock { $0 += 1 } }
            }
            let journal = owner.journal
            journal.frame.retire(number: 1)
            #expect(journal.commit())
            #expect(!journal.isSafe(journal.writtenFrames))
            // Otherwise a second later.
            if isAsked { journal.synchronize() }
            loop.reactor.tenants.append(owner)
        }
        #expect(waits { told.withLock { $0 > 0 } })
        await loop.run { $0.reactor.tenants = [] }
        await loop.stop()
    }

    @Test func `a disk that does not answer holds nobody up for ever`() async throws {
        let scratch = Scratch()
        let loop = try EventLoop(index: 0)
        let reports = Guarded<[JournalReport]>([])
        let told = Guarded(false)
        try await loop.run { loop throws(StorageError) in
            var limits = JournalLimits()
            limits.patienceMilliseconds = 50
            let owner = Journal.open(
                try JournalFolder(path: scratch.path, limits: limits),
                durability: .always,
                on: loop.reactor,
                // As if the wait for the disk had no end.
                post: { _ in },
                report: { report in reports.withLock { $0.append(report) } }
            ) { journal in
                HearingOwner(journal) { journal in
                    let isSafe = journal.isSafe(1)
                    told.withLock { $0 = isSafe }
                }
            }
            let journal = owner.journal
            journal.frame.retire(number: 1)
            #expect(journal.commit())
            journal.synchronize()
            loop.reactor.tenants.append(owner)
        }
        #expect(waits { told.withLock { $0 } })
        let path = scratch.path("0-00000001.journal")
        let late = StorageError.late("fsync", path: path, milliseconds: 50)
        #expect(reports.withLock { $0 } == [.notSafe(late)])
        #expect("\(late)" == "fsync \(path): no answer from the disk for 50 ms")
        await loop.run { $0.reactor.tenants = [] }
        await loop.stop()
    }

    @Test func `a segment of an impossible number is none of ours`() throws {
        let scratch = Scratch()
        scratch.write([], to: "0-\(Int.max).journal")
        let folder = try JournalFolder(path: scratch.path)
        #expect(folder.isEmpty && folder.nextSegment(loop: 0) == 1)
    }

    // MARK: Support

    /// Runs work while no file may grow beyond so much more than the first segment has.
    private func withLimit<Result>(
        of scratch: Scratch,
        bytes: Int,
        _ work: () -> Result
    ) -> Result {
        let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
        var limit = rlimit()
        getrlimit(resource, &limit)
        let soft = limit.rlim_cur
        limit.rlim_cur = rlim_t(scratch.read("0-00000001.journal").count + bytes)
        let old = signal(SIGXFSZ, SIG_IGN)
        setrlimit(resource, &limit)
        defer {
            limit.rlim_cur = soft
            setrlimit(resource, &limit)
            _ = signal(SIGXFSZ, old)
        }
        return work()
    }
}
