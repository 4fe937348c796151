import Glibc
import TestSupport
import Testing

@testable import Storage

/// Every whole record is found, whatever is around it, and a deletion takes nothing else along.
@Suite(.timeLimit(.minutes(2)))
struct HistoryDamageTests {
    private let scratch = Scratch()
    private let reports = Reports()

    private func open() throws -> HistoryFile {
        try HistoryFile(
            directory: scratch.path,
            compactionDelayMilliseconds: 1,
            report: reports.add
        )
    }

    private static let first = record("first", "a", text: "one")
    private static let second = record("second", "b", text: "two")

    private struct Sample: CustomTestStringConvertible {
        let testDescription: String
        let content: [UInt8]
        var ids = ["second", "first"]
        /// How many bytes are no record.
        var damage = 0
    }

    private static let samples = [
        Sample(testDescription: "glued", content: first + second + [newline]),
        Sample(
            testDescription: "half a record before a whole one",
            content: first + [newline] + record("half", "c").dropLast(40) + second + [newline],
            damage: record("half", "c").count - 40
        ),
        Sample(
            testDescription: "garbage behind a record",
            content: first + bytes("garbage}\"{") + [newline] + second + [newline],
            damage: 10
        ),
        Sample(
            testDescription: "zeros before, between and behind",
            content: zeros + first + [newline] + zeros + [newline] + second + zeros + [newline],
            damage: 0
        ),
        Sample(testDescription: "CRLF", content: first + bytes("\r\n") + second + bytes("\r\n")),
        Sample(
            testDescription: "byte order marks",
            content: mark + first + [newline] + mark + second + [newline]
        ),
        Sample(
            testDescription: "blank lines",
            content: bytes("\n\n \t\n") + first + bytes("\n\r\n\n") + second + [newline]
        ),
        Sample(
            testDescription: "a long line of garbage",
            content: first + [newline] + [UInt8](repeating: UInt8(ascii: "{"), count: 3_000_000)
                + [newline] + second + [newline],
            damage: 3_000_000
        ),
        Sample(
            testDescription: "a long line of half objects",
            content: first + [newline] + bytes(String(repeating: "{\"a\":[{\"b\":", count: 5_000))
                + [newline] + second + [newline],
            damage: 55_000
        ),
        Sample(
            testDescription: "a record without an id",
            content: first + bytes("\n{\"a\":1}\n") + second + [newline],
            damage: 7
        ),
        Sample(testDescription: "no newline at the end", content: first + [newline] + second),
    ]
    private static let zeros = [UInt8](repeating: 0, count: 5000)
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    @Test(arguments: samples)
    private func `whole records are found among damage, which is counted`(sample: Sample) throws {
        scratch.write(sample.content)
        let history = try open()
        #expect(try history.ids().ids == sample.ids)
        #expect(try history.ask { try $0.record(id: "first") } == Self.first)
        #expect(try history.ask { try $0.record(id: "second") } == Self.second)
        #expect(try history.ids(.init(conversation: "b")).ids == ["second"])
        _ = try history.ids()
        let told = reports.all.compactMap { report in
            if case .unreadable(_, _, let bytes, _) = report { bytes } else { nil }
        }
        #expect(told == (sample.damage > 0 ? [sample.damage] : []), "once")
        // And it stays where it is.
        #expect(scratch.read().starts(with: sample.content))
        try history.remove("a")
        #expect(waits { !scratch.read().contains(Self.first) })
        #expect(scratch.read().contains(Self.second))
        #expect(try history.ids().ids == sample.ids.filter { $0 != "first" })
        history.close()
        let next = try open()
        #expect(try next.ask { try $0.record(id: "second") } == Self.second)
    }

    @Test(arguments: [
        ("\\ud800", "\\ufffd"), ("\\ude00\\ud83d", "\\ufffd\\ufffd"), ("\u{1}\u{0}", "  "),
    ])
    func `a record with what JSON does not allow in strings is shown, repaired`(
        text: String,
        shown: String
    ) throws {
        scratch.write(record("r", "c", text: text) + [newline] + record("s") + [newline])
        let history = try open()
        #expect(try history.ids().ids == ["s", "r"])
        #expect(try history.ask { try $0.record(id: "r") } == record("r", "c", text: shown))
        #expect(scratch.read().contains(bytes(text)), "the file is left alone")
    }

    @Test
    func `a record with bytes that are no UTF-8 is shown, repaired`() throws {
        var line = record("r", "c", text: "ab")
        let place = try #require(line.firstRange(of: bytes("ab"))).lowerBound
        line.replaceSubrange(place..<place + 2, with: [0xFF, 0xC3])
        scratch.write(line + [newline])
        let history = try open()
        #expect(try history.ask { try $0.record(id: "r") } == record("r", "c", text: "??"))
        try history.remove("c")
        #expect(waits { scratch.read().isEmpty })
    }

    // MARK: Damage by chance

    /// A file with records, some damage, and the records that it did not touch.
    private struct Damaged {
        var records: [[UInt8]] = (0..<24).map { number in
            record(
                Self.id(number),
                "c\(number % 6)",
                text: String(repeating: "word \(number) \\\"quoted\\\" ", count: number % 5)
            )
        }
        private(set) var touched: Set<Int> = []
        private(set) var content: [UInt8] = []

        init(seed: Int) {
            var random = SeededGenerator(seed: UInt64(seed))
            var lines = records.map { $0 + [newline] }
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let number = Int.random(in: 0..<lines.count, using: &random)
                let length = records[number].count
                switch Int.random(in: 0..<5, using: &random) {
                case 0:
                    let place = Int.random(in: 0..<length, using: &random)
                    guard !touched.contains(number), place < lines[number].count else { continue }
                    lines[number][place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &random)
                    touched.insert(number)
                case 1:
                    guard !touched.contains(number), lines[number].count > length else { continue }
                    let start = Int.random(in: 0..<length, using: &random)
                    let end = Int.random(in: start + 1...length + 1, using: &random)
                    lines[number].removeSubrange(start..<end)
                    touched.insert(number)
                case 2 where lines[number].last == newline: lines[number].removeLast()
                case 3 where !touched.contains(number):
                    lines[number].insert(contentsOf: Self.garbage(&random), at: 0)
                default:
                    lines[number].append(contentsOf: Self.garbage(&random))
                }
            }
            content = lines.flatMap { $0 }
        }

        /// So far from each other that no flipped bit makes one of another.
        static func id(_ number: Int) -> String { "record-\(number)-\(number * 7919)" }

        private static func garbage(_ random: inout SeededGenerator) -> [UInt8] {
            switch Int.random(in: 0..<5, using: &random) {
            case 0: [UInt8](repeating: 0, count: 1000)
            case 1: bytes("{\"id\":\"half")
            case 2: bytes("\r\n\n")
            case 3: (0..<50).map { _ in UInt8.random(in: 0...255, using: &random) }
            default: bytes("}]} \"")
            }
        }
    }

    @Test(arguments: 0..<60)
    func `records that damage did not touch are found and stay when others are deleted`(
        seed: Int
    ) throws {
        let damaged = Damaged(seed: seed)
        scratch.write(damaged.content)
        let history = try open()
        func check(without conversation: Int?) throws {
            let all = Set(try history.ids(limit: 100).ids)
            for (number, line) in damaged.records.enumerated()
            where !damaged.touched.contains(number) {
                let id = Damaged.id(number)
                let isGone = number % 6 == conversation
                #expect(all.contains(id) == !isGone)
                #expect(try history.ask { try $0.record(id: id) } == (isGone ? nil : line))
                let own = try history.ids(.init(conversation: "c\(number % 6)")).ids
                #expect(own.contains(id) == !isGone)
                #expect(!isGone || !scratch.read().contains(line))
            }
        }
        try check(without: nil)
        let conversation = seed % 6
        try history.remove("c\(conversation)")
        let isGone = waits {
            reports.all.contains { if case .compacted = $0 { true } else { false } }
        }
        #expect(isGone)
        try check(without: conversation)
        history.append(record("after", "c9"))
        #expect(try history.ids(limit: 1).ids == ["after"])
    }

    // MARK: Files that are none

    @Test
    func `what has the name of an old file and is none is told, and the others are searched`()
        throws
    {
        scratch.write(Self.first + [newline], to: "history-000002.jsonl")
        #expect(mkdir(scratch.path("history-000001.jsonl"), 0o700) == 0)
        #expect(mkfifo(scratch.path("history-000003.jsonl"), 0o600) == 0)
        #expect(symlink("/dev/zero", scratch.path("history-000004.jsonl")) == 0)
        #expect(symlink("/nowhere/at/all", scratch.path("history-000005.jsonl")) == 0)
        scratch.write(Self.second, to: "elsewhere")
        #expect(symlink("elsewhere", scratch.path("history-000006.jsonl")) == 0)
        let history = try open()
        #expect(try history.ids().ids == ["second", "first"])
        _ = try history.ids()
        for number in [1, 3, 4] {
            let path = scratch.path("history-00000\(number).jsonl")
            #expect(reports.all.contains(.unreadableFile(.notRegularFile(path: path))))
        }
    }

    @Test
    func `a deletion rewrites what a link leads to, and the link stays`() throws {
        #expect(mkdir(scratch.path("elsewhere"), 0o700) == 0)
        scratch.write(Self.first + [newline] + Self.second + [newline], to: "elsewhere/file")
        #expect(symlink("elsewhere/file", scratch.path()) == 0)
        let history = try open()
        try history.remove("a")
        #expect(waits { scratch.read("elsewhere/file") == Self.second + [newline] })
        history.append(record("after"))
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(try history.ids().ids == ["after", "second"])
        #expect(scratch.read("elsewhere/file").count > Self.second.count + 1)
        var status = stat()
        #expect(lstat(scratch.path(), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }

    @Test(arguments: [1, 30, record("r1").count, record("r1").count + 1])
    func `where the file was cut while it is written the next record has a line of its own`(
        cut: Int
    ) throws {
        let history = try open()
        for number in 0..<3 { history.append(record("r\(number)")) }
        #expect(history.flush(timeoutMilliseconds: 30_000))
        #expect(try history.ids().ids == ["r2", "r1", "r0"])
        let size = scratch.read().count
        #expect(truncate(scratch.path(), off_t(size - cut)) == 0)
        let after = record("after", text: "long enough to be longer than what was cut off")
        history.append(after)
        #expect(history.flush(timeoutMilliseconds: 30_000))
        let kept = cut == 1 ? ["r2", "r1", "r0"] : ["r1", "r0"]
        #expect(try history.ids().ids == ["after"] + kept)
        #expect(scratch.lines().last.map(bytes) == after)
    }

    @Test
    func `a folder that cannot be made is an error and no crash`() throws {
        #expect(symlink("/nowhere/at/all", scratch.path("link")) == 0)
        scratch.write(bytes("x"), to: "file")
        let paths = [
            "/proc/x", "/proc/x/y", scratch.path("link"), scratch.path("link/more"),
            scratch.path("file"), scratch.path("file/more"),
        ]
        for path in paths {
            #expect(throws: StorageError.self) {
                _ = try HistoryFile(directory: path) { _ in }
            }
            #expect(throws: StorageError.self) { _ = try JournalFolder(path: path + "/journal") }
        }
    }
}

extension [UInt8] {
    fileprivate func contains(_ other: [UInt8]) -> Bool { firstRange(of: other) != nil }

    fileprivate func firstRange(of other: [UInt8]) -> Range<Int>? {
        withUnsafeBytes { bytes in
            var start = 0
            while start + other.count <= bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + start, Int32(other[0]), bytes.count - start)
            {
                start = UnsafeRawPointer(found) - base
                guard start + other.count <= bytes.count else { return nil }
                if memcmp(found, other, other.count) == 0 { return start..<start + other.count }
                start += 1
            }
            return nil
        }
    }
}
