import Glibc
import Loop
import TestSupport
import Testing

@testable import Storage

/// What a generation has written is read back by its extents, wherever its frames stand.
@Suite struct JournalExtentsTests {
    /// A generation as the test knows it.
    private struct Written {
        var place: JournalPlace
        var extents = JournalExtents()
        var payloads: [[UInt8]] = []

        /// Adds entries to the frame under way.
        mutating func add(
            _ count: Int,
            bytes: ClosedRange<Int>,
            to journal: Journal
        ) -> FramePart {
            journal.hold(&place)
            let first = payloads.count
            let start = journal.frame.count
            for _ in 0..<count {
                let fill = UInt8(truncatingIfNeeded: payloads.count)
                let payload = [UInt8](repeating: fill, count: .random(in: bytes))
                journal.frame.entry(
                    number: place.number,
                    sequence: payloads.count,
                    kind: 2,
                    payload: payload.span
                )
                payloads.append(payload)
            }
            return journal.frame.part(from: start, entries: first..<payloads.count)
        }

        /// What is read back from an entry on.
        func read(_ wanted: Range<Int>, maxBytes: Int = .max) throws(StorageError) -> [[UInt8]] {
            var found: [[UInt8]] = []
            try extents.read(place.number, wanted, maxBytes: maxBytes) { item, _, bytes in
                guard case .entry(_, _, 2, let payload) = item else { return }
                found.append(bytes.extracting(payload).withUnsafeBufferPointer { Array($0) })
            }
            return found
        }
    }

    /// Lets generations take turns until the journal has many segments.
    private static func write(
        _ generations: Int,
        turns: Int,
        bytes: ClosedRange<Int>,
        to journal: Journal
    ) -> [Written] {
        var all = (0..<generations).map { _ in Written(place: journal.newPlace()) }
        for turn in 0..<turns {
            var added: [(generation: Int, part: FramePart)] = []
            for generation in all.indices where (turn + generation) % 3 > 0 {
                let part = all[generation].add(1 + turn % 4, bytes: bytes, to: journal)
                added.append((generation, part))
            }
            #expect(journal.commit())
            for (generation, part) in added {
                all[generation].extents.note(part, in: journal)
            }
        }
        return all
    }

    @Test(arguments: [0...40, 2000...9000, 300_000...400_000])
    func `any run of entries is read back across frames and segments`(
        bytes: ClosedRange<Int>
    )
        async throws
    {
        let scratch = Scratch()
        let turns = bytes.upperBound > 10_000 ? 12 : 300
        try await withJournal(in: scratch, segmentBytes: 1 << 20) { journal in
            for written in Self.write(3, turns: turns, bytes: bytes, to: journal) {
                let count = written.payloads.count
                for _ in 0..<5 {
                    let start = Int.random(in: 0..<count)
                    let end = Int.random(in: start + 1...count)
                    #expect(
                        (try? written.read(start..<end)) == Array(written.payloads[start..<end])
                    )
                }
                #expect((try? written.read(count..<count)) == [])
            }
        }
    }

    @Test func `no more is read than is asked for, and one entry at least`() async throws {
        let scratch = Scratch()
        try await withJournal(in: scratch) { journal in
            let written = Self.write(1, turns: 30, bytes: 100...100, to: journal)[0]
            #expect((try? written.read(5..<20, maxBytes: 1))?.count == 1)
            #expect((try? written.read(5..<20, maxBytes: 250))?.count == 3)
        }
    }

    @Test(arguments: [(20...20, 64), (3000...9000, 4)])
    func `what is read for one does not grow with what others write`(
        bytes: ClosedRange<Int>,
        generations: Int
    ) async throws {
        for generations in [generations, 2 * generations] {
            let scratch = Scratch()
            try await withJournal(in: scratch, segmentBytes: 1 << 20) { journal in
                for written in Self.write(generations, turns: 40, bytes: bytes, to: journal) {
                    let count = written.payloads.count
                    let own = written.payloads.reduce(0) { $0 + $1.count }
                    let whole = try? written.extents.read(written.place.number, 0..<count) {
                        _,
                        _,
                        _ in
                    }
                    #expect((whole ?? .max) <= 2 * own)
                }
            }
        }
    }

    @Test func `a part has what it is read for, and not what is behind it`() async throws {
        let scratch = Scratch()
        try await withJournal(in: scratch, segmentBytes: 1 << 20) { journal in
            for written in Self.write(2, turns: 300, bytes: 0...3000, to: journal) {
                let count = written.payloads.count
                var next = 0
                var bytes = 0
                while next < count {
                    let part = written.extents.part(from: next, maxBytes: 50_000)
                    #expect(part.end > next && part.end <= count)
                    var found: [[UInt8]] = []
                    let read = try? part.read(written.place.number, next..<part.end) {
                        item,
                        _,
                        bytes in
                        guard case .entry(_, _, _, let range) = item else { return }
                        found.append(bytes.extracting(range).withUnsafeBufferPointer { Array($0) })
                    }
                    #expect(found == Array(written.payloads[next..<part.end]))
                    bytes += read ?? .max
                    next = part.end
                }
                #expect(bytes < 2 * written.payloads.reduce(0) { $0 + $1.count })
            }
        }
    }

    @Test func `a changed byte is an error, although its length is right`() async throws {
        let scratch = Scratch()
        try await withJournal(in: scratch) { journal in
            let written = Self.write(2, turns: 50, bytes: 900...900, to: journal)[1]
            let name = "0-00000001.journal"
            var all = scratch.read(name)
            let place = all.lastIndex(of: UInt8(truncatingIfNeeded: written.payloads.count - 1))
            all[place ?? 0] ^= 1
            scratch.write(all, to: name)
            #expect(throws: StorageError.self) { try written.read(0..<written.payloads.count) }
            #expect((try? written.read(0..<5)) == Array(written.payloads[..<5]))
        }
    }

    @Test func `segments that lost their names are still read`() async throws {
        let scratch = Scratch()
        try await withJournal(in: scratch, segmentBytes: 1 << 16) { journal in
            let written = Self.write(2, turns: 200, bytes: 500...900, to: journal)
            #expect(scratch.names().count > 3)
            journal.release(written.map(\.place))
            #expect(
                scratch.names().allSatisfy { scratch.read($0).count <= SegmentFile.headerBytes }
            )
            for written in written {
                #expect((try? written.read(0..<written.payloads.count)) == written.payloads)
            }
            // And what is written from now on stands elsewhere.
            let more = Self.write(1, turns: 20, bytes: 10...10, to: journal)[0]
            #expect((try? more.read(0..<more.payloads.count)) == more.payloads)
        }
    }

    @Test func `a segment that nobody reads any more is emptied in its place`() async throws {
        let scratch = Scratch()
        try await withJournal(in: scratch) { journal in
            let place = Self.write(1, turns: 20, bytes: 10...10, to: journal)[0].place
            journal.release([place])
            #expect(scratch.names() == ["0-00000001.journal"])
            #expect(scratch.read("0-00000001.journal").count == SegmentFile.headerBytes)
        }
    }

    @Test func `what the disk does not give back is an error that says where`() async throws {
        let scratch = Scratch()
        try await withJournal(in: scratch) { journal in
            let written = Self.write(1, turns: 200, bytes: 900...900, to: journal)[0]
            let count = written.payloads.count
            let path = scratch.path("0-00000001.journal")
            let size = scratch.read("0-00000001.journal").count
            #expect(truncate(path, off_t(size / 2)) == 0)
            #expect(throws: StorageError.self) { try written.read(0..<count) }
            #expect((try? written.read(0..<count / 3)) == Array(written.payloads[..<(count / 3)]))
            #expect(truncate(path, off_t(size)) == 0)
            do throws(StorageError) {
                _ = try written.read(0..<count)
                Issue.record("zeros are no entries")
            } catch {
                #expect("\(error)".contains(path))
            }
        }
    }
}
