import Glibc
import Storage
import Testing

@testable import simulate

@Suite struct SimulatedDiskTests {
    private let disk = SimulatedDisk(chance: Chance(seed: 1), folders: ["/data", "/data/inner"])

    @Test func anotherProcessReadsWhatWasWrittenWithoutASync() throws {
        let first = disk.attach()
        try first.put("/data/a", "text")
        first.end()
        let second = disk.attach()
        let file = try second.open("/data/a", O_RDONLY, 0)
        var bytes = [UInt8](repeating: 0, count: 10)
        let count = try bytes.withUnsafeMutableBytes { try second.read(file, into: $0, at: 1) }
        #expect(Array(bytes[..<count]) == Array("ext".utf8))
    }

    @Test func aRemovedFileLivesOnUntilItIsClosed() throws {
        let process = disk.attach()
        let file = try process.open("/data/a", O_RDWR | O_CREAT, 0o600)
        try process.put(file, "text", at: 0)
        try process.remove("/data/a")
        #expect(disk.names(of: "/data") == ["inner"])
        #expect(try process.status(file).size == 4)
        #expect(disk.used == 4)
        process.close(file)
        #expect(disk.used == 0)
    }

    @Test func aLockGoesWithItsProcess() throws {
        let first = disk.attach()
        let second = disk.attach()
        let held = try first.open("/data/a", O_RDWR | O_CREAT, 0o600)
        let wanted = try second.open("/data/a", O_RDWR, 0)
        try first.lock(held, waits: false)
        #expect(
            code { try second.lock(wanted, waits: false) } == EWOULDBLOCK
        )
        #expect(code { try second.lock(wanted, waits: true) } == EDEADLK)
        first.end()
        try second.lock(wanted, waits: false)
    }

    @Test func aLockGoesWithItsOpenFileAndWithNoOther() throws {
        let process = disk.attach()
        let held = try process.open("/data/a", O_RDWR | O_CREAT, 0o600)
        let other = try process.open("/data/a", O_RDWR, 0)
        try process.lock(held, waits: false)
        try process.lock(held, waits: false)
        let third = try process.open("/data/a", O_RDWR, 0)
        process.close(third)
        #expect(
            code { try process.lock(other, waits: false) } == EWOULDBLOCK
        )
        process.close(held)
        try process.lock(other, waits: false)
    }

    @Test func aDeadProcessChangesNothing() throws {
        let process = disk.attach()
        let file = try process.open("/data/a", O_RDWR | O_CREAT, 0o600)
        process.end()
        let calls: [() throws -> Void] = [
            { try process.put("/data/b", "text") },
            { try process.put(file, "text", at: 0) },
            { try process.truncate(file, to: 9) },
            { try process.synchronize(file) },
            { try process.rename("/data/a", to: "/data/c") },
            { try process.remove("/data/a") },
            { try process.makeFolder("/data/d", 0o700) },
            { _ = try process.names(in: "/data") },
            { _ = try process.resolve("/data") },
        ]
        for call in calls { #expect(code(call) == EIO) }
        process.close(file)
        #expect(disk.names(of: "/data") == ["a", "inner"])
        #expect(disk.content(of: "/data/a") == [])
    }

    @Test func aProcessDiesAtExactlyTheCallThatTheWorldPicks() throws {
        let process = disk.attach()
        var left = 3
        disk.onCall = { _, _ in
            left -= 1
            return left == 0 ? .endsBefore : .happens
        }
        let file = try process.open("/data/a", O_RDWR | O_CREAT, 0o600)
        try process.put(file, "one", at: 0)
        #expect(code { try process.put(file, "two", at: 3) } == EIO)
        #expect(process.isDead)
        #expect(process.openCount == 0)
        #expect(String(file: disk.content(of: "/data/a")) == "one")
    }

    @Test func aProcessThatDiesInAWriteHasWrittenAnyPartOfIt() throws {
        var lengths: Set<Int> = []
        for _ in 0..<200 {
            let process = disk.attach()
            disk.onCall = nil
            let file = try process.open("/data/a", O_RDWR | O_CREAT | O_TRUNC, 0o600)
            disk.onCall = { _, _ in .endsWithin }
            #expect(code { try process.put(file, "text", at: 0) } == EIO)
            let content = try #require(disk.content(of: "/data/a"))
            #expect("text".utf8.starts(with: content))
            lengths.insert(content.count)
        }
        #expect(lengths == [0, 1, 2, 3, 4])
    }

    @Test func aProcessThatDiesInARenameHasDoneItOrNot() throws {
        var names: Set<[String]> = []
        for seed in 0..<40 {
            let disk = SimulatedDisk(chance: Chance(seed: UInt64(seed)))
            let process = disk.attach()
            try process.put("/data/a", "text")
            disk.onCall = { _, _ in .endsWithin }
            #expect(
                code { try process.rename("/data/a", to: "/data/b") } == EIO
            )
            names.insert(disk.names(of: "/data") ?? [])
        }
        #expect(names == [["a"], ["b"]])
    }

    @Test func thePowerMayFailInTheMidstOfACall() throws {
        let process = disk.attach()
        try process.put("/data/a", "old", synchronizes: true)
        try process.synchronizeNames(of: "/data")
        disk.onCall = { [unowned disk] _, _ in
            disk.losePower()
            return .happens
        }
        #expect(code { try process.put("/data/a", "new") } == EIO)
        #expect(String(file: disk.content(of: "/data/a")) == "old")
    }

    @Test func pathsAreResolvedWithoutDetours() throws {
        let process = disk.attach()
        try process.put("/data/a", "text")
        #expect(try process.resolve("/data/./inner//../a") == "/data/a")
        #expect(try process.resolve("/data/inner/..") == "/data")
        #expect(try process.resolve("/..") == "/")
    }

    @Test func theSameSeedGivesTheSameStory() throws {
        func story(_ seed: UInt64) throws -> [String] {
            let story = Story(isKept: true)
            let disk = SimulatedDisk(chance: Chance(seed: seed), story: story)
            for round in 0..<20 {
                let process = disk.attach()
                for name in try process.names(in: "/data") { story.tell(name) }
                for number in 0..<5 { try process.put("/data/\(round)-\(number)", "text") }
                disk.faults = [.failsSync(times: 1)]
                try? process.put("/data/\(round)-0", "another", synchronizes: true)
                disk.writeBack()
                disk.losePower()
                for name in disk.names(of: "/data") ?? [] {
                    story.tell(name + String(file: disk.content(of: "/data/\(name)")))
                }
            }
            return story.lines
        }
        let first = try story(3)
        #expect(try story(3) == first)
        #expect(try story(4) != first)
        #expect(first.contains("disk write 0-1 0+4 4"))
    }
}
