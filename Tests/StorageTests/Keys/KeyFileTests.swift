import Glibc
import Loop
import TestSupport
import Testing

@testable import Storage

/// What was asked under a key is known after any restart, for its time.
@Suite(.timeLimit(.minutes(2)))
struct KeyFileTests {
    private static let life = 600_000

    private func key(
        _ text: String,
        owner: String? = nil,
        generation: String = "A1",
        agedMilliseconds age: Int = 0
    ) -> KeptKey {
        KeptKey(
            owner: owner,
            text: text,
            fingerprintVersion: 1,
            fingerprint: .max - 1,
            generation: generation,
            endedAt: wallMilliseconds() - age
        )
    }

    private func open(
        _ scratch: Scratch,
        durability: Durability = .interval,
        platform: Platform = .system,
        _ report: @escaping @Sendable (KeyReport) -> Void = { Issue.record("reports \($0)") }
    ) throws -> KeyFile {
        try KeyFile(
            directory: scratch.path,
            durability: durability,
            lifeMilliseconds: Self.life,
            platform: platform,
            report: report
        )
    }

    private func lines(_ keys: [KeptKey]) -> [UInt8] {
        keys.flatMap { $0.line + [newline] }
    }

    /// What a start finds in these bytes, and what it reports.
    private func found(
        in bytes: [UInt8]
    ) throws -> (keys: [KeptKey], reports: [KeyReport], left: [UInt8]) {
        let scratch = Scratch()
        scratch.write(bytes, to: KeyFile.name)
        let reports = Guarded<[KeyReport]>([])
        let file = try open(scratch) { report in reports.withLock { $0.append(report) } }
        defer { file.close() }
        let keys = file.takeKept()
        return (keys, reports.withLock { $0 }, scratch.read(KeyFile.name))
    }

    @Test(arguments: Durability.allCases)
    func `keys are back after the file was closed, and the last answer of each counts`(
        durability: Durability
    ) throws {
        let scratch = Scratch()
        let first = try open(scratch, durability: durability)
        #expect(first.takeKept().isEmpty)
        let keys = [
            key("a"), key("b", owner: "somebody else\n\"", generation: "A2"), key("b"),
            key("~!{\"}", generation: "B3"),
        ]
        var places = keys.map { first.append($0) }
        #expect(places == [1, 2, 3, 4])
        let again = key("a", generation: "A9")
        places.append(first.append(again))
        #expect(first.flush(timeoutMilliseconds: 30_000))
        #expect(places.allSatisfy { first.isSafe($0) } && first.isSafe(0))
        #expect(!first.isSafe(6))
        first.close()
        let second = try open(scratch, durability: durability)
        #expect(second.takeKept() == keys + [again])
        #expect(second.takeKept().isEmpty)
        second.close()
        // Whoever writes it anew leaves the last alone.
        var lines = KeyLines()
        try lines.read(
            scratch.path(KeyFile.name),
            lifeMilliseconds: Self.life,
            at: wallMilliseconds(),
            on: SystemDisk()
        )
        lines.dropSuperseded()
        #expect(lines.living == keys.dropFirst() + [again])
    }

    @Test func `a file cut at any byte gives all whole lines, and takes others after them`() throws
    {
        let keys = [key("first"), key("second", owner: "o")]
        let whole = lines(keys)
        let end = lines([keys[0]]).count
        let more = key("more")
        for cut in 0...whole.count {
            let scratch = Scratch()
            scratch.write(Array(whole[..<cut]), to: KeyFile.name)
            let reports = Guarded<[KeyReport]>([])
            let file = try open(scratch) { report in reports.withLock { $0.append(report) } }
            let expected = cut == whole.count ? keys : cut < end ? [] : [keys[0]]
            #expect(file.takeKept() == expected, "cut at \(cut)")
            _ = file.append(more)
            file.close()
            #expect(scratch.read(KeyFile.name) == lines(expected + [more]), "cut at \(cut)")
            let torn = cut - lines(expected).count
            let aside = scratch.names().filter { $0.hasPrefix("keys.torn-") }
            #expect(aside.map { scratch.read($0).count } == (torn > 0 ? [torn] : []))
            #expect(reports.withLock { $0.count } == (torn > 0 ? 1 : 0))
        }
    }

    @Test func `a line that is not as it was written is passed over, and no other`() throws {
        let keys = [key("first"), key("second", owner: "o"), key("third")]
        let start = lines([keys[0]]).count
        let end = lines(Array(keys[..<2])).count
        for place in start..<(end - 1) {
            var bytes = lines(keys)
            bytes[place] ^= 1
            guard bytes[place] != newline else { continue }
            let (kept, reports, _) = try found(in: bytes)
            #expect(kept == [keys[0], keys[2]], "byte \(place - start)")
            #expect(reports == [.damaged(lines: 1)])
        }
        for text in ["", "0", "{}", String(repeating: "0", count: 60), "00000000 "] {
            let key = KeptKey(Array(text.utf8).span)
            #expect(key == nil)
        }
    }

    @Test func `a key whose time is over is not given back, and its line stays a while`() throws {
        let keys = [
            key("over", agedMilliseconds: Self.life), key("near", agedMilliseconds: Self.life / 2),
        ]
        let scratch = Scratch()
        scratch.write(lines(keys), to: KeyFile.name)
        let file = try open(scratch)
        #expect(file.takeKept() == [keys[1]])
        #expect(file.flush(timeoutMilliseconds: 30_000))
        _ = file.append(key("more"))
        file.close()
        // The clock may be ahead, and be set right.
        #expect(scratch.read(KeyFile.name).starts(with: lines(keys)))
        #expect(scratch.names() == [KeyFile.name])
    }

    @Test func `a key of the future ends now, and is written so`() throws {
        let before = wallMilliseconds()
        let later = key("later", agedMilliseconds: -Self.life * 10)
        let scratch = Scratch()
        scratch.write(lines([later]), to: KeyFile.name)
        func check(_ key: KeptKey?) -> Bool {
            key?.text == "later" && (before...wallMilliseconds()).contains(key?.endedAt ?? 0)
        }
        let file = try open(scratch)
        #expect(check(file.takeKept().first))
        #expect(
            waits {
                scratch.lines(KeyFile.name).count == 1
                    && check(scratch.lines(KeyFile.name).first.flatMap { KeptKey(bytes($0).span) })
            }
        )
        // And it goes on in the new file.
        _ = file.append(key("more"))
        file.close()
        #expect(scratch.lines(KeyFile.name).count == 2)
        #expect(scratch.names() == [KeyFile.name])
    }

    @Test func `the file stays below twice what lives, and loses nothing by it`() throws {
        let scratch = Scratch()
        let file = try open(scratch, durability: .never)
        for number in 0..<20_000 {
            // Of so many answers, one in ten thousand keys is the last one's.
            _ = file.append(key("k\(number % 500)", generation: "A\(number)"))
            if number % 1000 == 999 { #expect(file.flush(timeoutMilliseconds: 30_000)) }
        }
        file.close()
        #expect(scratch.lines(KeyFile.name).count <= 2 * 1024 + 1000)
        let again = try open(scratch)
        let kept = again.takeKept()
        let last = Dictionary(kept.map { ($0.text, $0.generation) }) { $1 }
        #expect(Set(last.values) == Set((19_500..<20_000).map { "A\($0)" }))
        again.close()
    }

    @Test func `a disk that refuses is waited for by nobody, and tried again`() throws {
        let scratch = Scratch()
        let reports = Guarded<[KeyReport]>([])
        let clock = ManualDelays()
        let file = try open(scratch, platform: clock.platform) { report in
            reports.withLock { $0.append(report) }
        }
        // A folder in the file's place: the writer finds its file gone and cannot begin another.
        #expect(unlink(scratch.path(KeyFile.name)) == 0)
        #expect(mkdir(scratch.path(KeyFile.name), 0o700) == 0)
        let place = file.append(key("kept"))
        #expect(clock.turns { !reports.withLock { $0.isEmpty } })
        #expect(!file.isSafe(place))
        #expect(rmdir(scratch.path(KeyFile.name)) == 0)
        #expect(clock.turns { file.isSafe(place) })
        file.close()
        let said = reports.withLock { $0 }
        guard case .writeFailed? = said.first else { return #expect(said.isEmpty) }
        #expect(said.count { $0 == .writesResumed } == 1)
        #expect(scratch.lines(KeyFile.name).count == 1)
    }

    @Test func `a second process is refused`() throws {
        let scratch = Scratch()
        let file = try open(scratch)
        #expect(throws: StorageError.locked(path: scratch.path(KeyFile.name))) {
            _ = try open(scratch)
        }
        file.close()
        try open(scratch).close()
    }
}
