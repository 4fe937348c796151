import Glibc
import Testing

@testable import Storage

/// Damage costs no more than what stands on it, and nothing that is damaged is removed.
@Suite struct JournalDamageTests {
    /// A segment with four frames.
    private func segment(in scratch: Scratch) async throws -> (name: String, frameBytes: Int) {
        try await withJournal(in: scratch) { journal in
            for number in 1...4 {
                journal.frame.begin(number: UInt64(number), head: bytes("head").span)
                #expect(journal.commit())
            }
        }
        let name = "0-00000001.journal"
        return (name, (scratch.read(name).count - SegmentFile.headerBytes) / 4)
    }

    @Test(arguments: [0, 5, 10, 16, 20, 36, 41])
    func `frames behind damage are read, and the segment stays under another name`(
        damaged: Int
    ) async throws {
        let scratch = Scratch()
        let (name, frameBytes) = try await segment(in: scratch)
        var content = scratch.read(name)
        // In the header, the first frame or the second one.
        content[damaged] ^= 0x41
        scratch.write(content, to: name)
        let lost = damaged < 16 ? 0 : 1 + (damaged - 16) / frameBytes
        // The process's number may be any.
        let count = damaged == 10 ? 0 : 1
        var reports: [JournalReport] = []
        let folder = try JournalFolder(path: scratch.path)
        #expect(
            try foundItems(in: folder) { reports.append($0) }
                == (1...4).filter { $0 != lost }.map { "0: begin \($0) head" }
        )
        #expect(reports.count == count)
        // Until what was read is in the history, the next start reads it again.
        #expect(scratch.names() == [name])
        #expect(folder.removeLeft())
        #expect(scratch.names() == (count == 0 ? [] : [name + ".damaged"]))
        #expect(count == 0 || scratch.read(name + ".damaged") == content)
    }

    @Test func `a segment that is cut and damaged besides stays`() async throws {
        let scratch = Scratch()
        let (name, frameBytes) = try await segment(in: scratch)
        var content = Array(scratch.read(name).dropLast(3))
        content[SegmentFile.headerBytes + frameBytes + 20] ^= 0x41
        scratch.write(content, to: name)
        let folder = try JournalFolder(path: scratch.path)
        #expect(
            try foundItems(in: folder) { _ in } == ["0: begin 1 head", "0: begin 3 head"]
        )
        #expect(folder.removeLeft())
        #expect(scratch.names() == [name + ".damaged"])
    }

    @Test func `damage everywhere costs one more look at the segment`() async throws {
        let scratch = Scratch()
        let (name, frameBytes) = try await segment(in: scratch)
        let head = Array(scratch.read(name)[..<SegmentFile.headerBytes])
        let frame = Array(scratch.read(name)[SegmentFile.headerBytes...].prefix(frameBytes))
        var damaged = frame
        damaged[17] ^= 0x41
        let pairs = (1 << 17) / frameBytes
        scratch.write(head + (0..<pairs).flatMap { _ in damaged + frame }, to: name)
        let size = scratch.read(name).count
        let before = readBytes()
        #expect(try foundItems(in: scratch) { _ in }.count == pairs)
        #expect(readBytes() - before < 3 * size)
    }

    @Test func `a segment that does not say its process is taken for no other one's`() async throws
    {
        let scratch = Scratch()
        // Two processes, the first with three segments.
        for count in [3, 1] {
            try await withJournal(in: scratch, segmentBytes: 1) { journal in
                var place = journal.newPlace()
                journal.hold(&place)
                for _ in 0..<count {
                    journal.frame.begin(number: place.number, head: bytes("head").span)
                    #expect(journal.commit())
                }
            }
        }
        var names = scratch.names()
        names.removeAll { scratch.read($0).count <= SegmentFile.headerBytes }
        #expect(names.count == 4)
        func writers(damaged: [Int]) throws -> [UInt64] {
            for place in damaged {
                var content = scratch.read(names[place])
                content[0] = 0
                scratch.write(content, to: names[place])
            }
            var found: [UInt64] = []
            try JournalFolder(path: scratch.path).read(report: { _ in }) { item, _ in
                found.append(item.process)
            }
            return found
        }
        let whole = try writers(damaged: [])
        #expect(whole[0] == whole[1] && whole[0] == whole[2] && whole[0] != whole[3])
        #expect(try writers(damaged: [1]) == whole)
        let last = try writers(damaged: [3])
        #expect(last[2] == whole[2] && last[3] != whole[2])
    }

    /// How much this thread has read by system calls.
    private func readBytes() -> Int {
        guard let file = fopen("/proc/thread-self/io", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return 0 }
        let text = String(
            decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        return Int(text.filter(\.isNumber)) ?? 0
    }

    @Test func `frames behind a run of zeros are read, in whatever place`() async throws {
        let scratch = Scratch()
        let (name, frameBytes) = try await segment(in: scratch)
        var content = scratch.read(name)
        let start = SegmentFile.headerBytes + frameBytes
        content.replaceSubrange(
            start..<start + frameBytes + 9,
            with: [UInt8](repeating: 0, count: 1000)
        )
        scratch.write(content, to: name)
        var reports: [JournalReport] = []
        #expect(
            try foundItems(in: scratch) { reports.append($0) } == [
                "0: begin 1 head", "0: begin 4 head",
            ]
        )
        #expect(reports.count == 1)
    }

    @Test func `a damaged segment that no other name is left for keeps its own`() async throws {
        let scratch = Scratch()
        let (name, _) = try await segment(in: scratch)
        var content = scratch.read(name)
        content[20] ^= 0x41
        scratch.write(content, to: name)
        for number in 1...1000 {
            scratch.write([], to: name + (number == 1 ? ".damaged" : ".damaged-\(number)"))
        }
        let folder = try JournalFolder(path: scratch.path)
        #expect(try foundItems(in: folder, report: { _ in }).count == 3)
        #expect(folder.removeLeft())
        #expect(scratch.read(name) == content)
    }

    @Test func `a stop removes all segments but the damaged ones`() async throws {
        let scratch = Scratch()
        let (name, _) = try await segment(in: scratch)
        var content = scratch.read(name)
        content[20] ^= 0x41
        scratch.write(content, to: name)
        let folder = try JournalFolder(path: scratch.path)
        #expect(try foundItems(in: folder, report: { _ in }).count == 3)
        try await withJournal(in: scratch) { journal in
            journal.frame.retire(number: 1)
            #expect(journal.commit())
        }
        #expect(scratch.names() == [name, "0-00000002.journal"])
        folder.removeAll()
        #expect(scratch.names() == [name + ".damaged"])
    }

    @Test func `a folder or a pipe with a segment's name is told and left alone`() throws {
        let scratch = Scratch()
        #expect(mkdir(scratch.path("0-00000001.journal"), 0o700) == 0)
        #expect(mkfifo(scratch.path("0-00000002.journal"), 0o600) == 0)
        var reports: [JournalReport] = []
        #expect(try foundItems(in: scratch) { reports.append($0) } == [])
        #expect(reports.count == 2)
        #expect(try JournalFolder(path: scratch.path).removeLeft())
        #expect(scratch.names().count == 2)
    }
}
