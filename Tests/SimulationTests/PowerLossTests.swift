import Glibc
import Storage
import Testing

@testable import simulate

@Suite struct PowerLossTests {
    /// Runs something on many disks; each decides by another seed what is lost.
    private static func forManySeeds(
        _ habit: FailedSyncHabit? = nil,
        _ body: (SimulatedDisk, ProcessDisk) throws -> Void
    ) rethrows {
        for seed in 0..<300 {
            let disk = SimulatedDisk(chance: Chance(seed: UInt64(seed)), habit: habit)
            try body(disk, disk.attach())
        }
    }

    /// Makes a file whose name is safe, and leaves it open.
    private static func open(_ path: String, _ disk: ProcessDisk) throws -> Int32 {
        let file = try disk.open(path, O_RDWR | O_CREAT, 0o600)
        try disk.synchronizeNames(of: "/data")
        return file
    }

    @Test func whatSyncedSurvivesTheLossOfPower() throws {
        try Self.forManySeeds { disk, process in
            let file = try Self.open("/data/a", process)
            try process.put(file, "safe", at: 0)
            try process.synchronize(file)
            try process.put(file, " and not", at: 4)
            disk.losePower()
            #expect(process.isDead)
            let content = try #require(disk.content(of: "/data/a"))
            #expect(content.starts(with: "safe".utf8))
            #expect(content.count <= 12)
        }
    }

    @Test func unsyncedWritesMayTear() throws {
        var left: Set<String> = []
        try Self.forManySeeds { disk, process in
            let file = try Self.open("/data/a", process)
            try process.put(file, "one", at: 0)
            try process.put(file, "two", at: 3)
            disk.losePower()
            left.insert(String(file: disk.content(of: "/data/a")))
        }
        #expect(left.isSuperset(of: ["", "one", "onetwo", "onet", "one\0\0\0"]))
        #expect(left.contains("\0\0\0two"))
        #expect(left.contains("\0\0\0\0\0\0"))
    }

    @Test func aNameIsSafeOnceItsFolderIs() throws {
        var isThere: Set<Bool> = []
        try Self.forManySeeds { disk, process in
            try process.put("/data/a", "text")
            try process.synchronizeNames(of: "/data")
            try process.put("/data/b", "text", synchronizes: true)
            disk.losePower()
            let names = try #require(disk.names(of: "/data"))
            #expect(names.contains("a"))
            isThere.insert(names.contains("b"))
            if names.contains("b") {
                #expect(String(file: disk.content(of: "/data/b")) == "text")
            }
        }
        #expect(isThere == [true, false])
    }

    @Test func aRenameIsNeverHalfDone() throws {
        var left: Set<String> = []
        try Self.forManySeeds { disk, process in
            try process.put("/data/a", "old", synchronizes: true)
            try process.synchronizeNames(of: "/data")
            try process.put("/data/a.new", "new", synchronizes: true)
            try process.rename("/data/a.new", to: "/data/a")
            // Takes the draft's name again.
            try process.put("/data/a.new", "next", synchronizes: true)
            disk.losePower()
            let text = String(file: disk.content(of: "/data/a"))
            #expect(text == "old" || text == "new")
            left.insert(text + " " + String(file: disk.content(of: "/data/a.new")))
        }
        #expect(left == ["old (none)", "old new", "new (none)", "new next"])
    }

    @Test func aRenameBetweenFoldersIsSafeOnceOneOfThemIs() throws {
        for folder in ["/data", "/data/inner"] {
            try Self.forManySeeds { disk, process in
                try process.makeFolder("/data/inner", 0o700)
                try process.put("/data/a", "text", synchronizes: true)
                try process.synchronizeNames(of: "/data")
                try process.rename("/data/a", to: "/data/inner/a")
                try process.synchronizeNames(of: folder)
                disk.losePower()
                #expect(disk.names(of: "/data") == ["inner"])
                #expect(String(file: disk.content(of: "/data/inner/a")) == "text")
            }
        }
    }

    @Test func aRemovedFileMayComeBack() throws {
        var isThere: Set<Bool> = []
        try Self.forManySeeds { disk, process in
            try process.put("/data/a", "text", synchronizes: true)
            try process.synchronizeNames(of: "/data")
            try process.remove("/data/a")
            #expect(disk.used == 0)
            disk.losePower()
            isThere.insert(disk.content(of: "/data/a") != nil)
            #expect(disk.used == disk.content(of: "/data/a")?.count ?? 0)
        }
        #expect(isThere == [true, false])
    }

    @Test func aFolderIsLostWithAllThatIsInIt() throws {
        var isThere: Set<Bool> = []
        try Self.forManySeeds { disk, process in
            try process.makeFolder("/data/inner", 0o700)
            try process.put("/data/inner/a", "text", synchronizes: true)
            try process.synchronizeNames(of: "/data/inner")
            disk.losePower()
            isThere.insert(disk.content(of: "/data/inner/a") != nil)
        }
        #expect(isThere == [true, false])
    }

    @Test func aFailedFsyncForgetsWhatItCouldNotWrite() throws {
        let habits: [FailedSyncHabit] = [.keepsPages, .readsOld, .cutsOff]
        for habit in habits {
            var cached: Set<String> = []
            var left: Set<String> = []
            try Self.forManySeeds(habit) { disk, process in
                let file = try Self.open("/data/a", process)
                try process.put(file, "text", at: 0)
                disk.faults = [.failsSync(times: 1)]
                #expect(code { try process.synchronize(file) } == EIO)
                #expect(disk.faults.isEmpty)
                cached.insert(String(file: disk.content(of: "/data/a")))
                try process.synchronize(file)
                disk.losePower()
                left.insert(String(file: disk.content(of: "/data/a")))
            }
            #expect(left.contains("\0\0\0\0"))
            #expect(left.contains("text"))
            #expect(left.contains("") == (habit != .readsOld))
            switch habit {
            case .keepsPages: #expect(cached == ["text"])
            case .readsOld: #expect(cached.contains("\0\0\0\0") && !cached.contains(""))
            case .cutsOff: #expect(cached.contains(""))
            }
        }
    }

    @Test func whatIsWrittenAgainAfterAFailedFsyncIsSafe() throws {
        try Self.forManySeeds { disk, process in
            let file = try Self.open("/data/a", process)
            try process.put(file, "text", at: 0)
            disk.faults = [.failsSync(times: 1)]
            #expect(code { try process.synchronize(file) } == EIO)
            try process.put(file, "text", at: 0)
            try process.synchronize(file)
            disk.losePower()
            #expect(String(file: disk.content(of: "/data/a")) == "text")
        }
    }

    @Test func theKernelMayHaveWrittenOfItsOwnAccord() throws {
        var isThere: Set<String> = []
        try Self.forManySeeds { disk, process in
            try process.put("/data/a", "text")
            disk.writeBack()
            isThere.insert(String(file: disk.safeContent(of: "/data/a")))
        }
        #expect(isThere == ["", "text"])
    }
}
