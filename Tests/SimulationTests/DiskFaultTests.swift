import Glibc
import Storage
import Testing

@testable import simulate

@Suite struct DiskFaultTests {
    private let disk = SimulatedDisk(chance: Chance(seed: 1))

    @Test func aFullDiskWritesWhatFitsAndRefusesTheRest() throws {
        let process = disk.attach()
        let file = try process.open("/data/a", O_RDWR | O_CREAT | O_APPEND, 0o600)
        disk.faults = [.full(bytes: 6)]
        #expect(try process.append(file, "full") == 4)
        #expect(try process.freeBytes(file) == 2)
        #expect(try process.append(file, "full") == 2)
        #expect(code { try process.append(file, "full") } == ENOSPC)
        #expect(String(file: disk.content(of: "/data/a")) == "fullfu")
        #expect(code { try process.put("/data/b", "") } == ENOSPC)
        #expect(code { try process.allocate(file, 7) } == ENOSPC)
        try process.put(file, "over", at: 0)
        try process.truncate(file, to: 0)
        #expect(try process.append(file, "full") == 4)
    }

    @Test func aRemovedFileMakesRoom() throws {
        let process = disk.attach()
        let reserve = try process.open("/data/reserve", O_RDWR | O_CREAT, 0o600)
        try process.allocate(reserve, 1 << 30)
        process.close(reserve)
        disk.faults = [.full(bytes: 1 << 30)]
        #expect(code { try process.put("/data/a", "text") } == ENOSPC)
        try process.remove("/data/reserve")
        try process.put("/data/a", "text")
        #expect(disk.used == 4)
    }

    @Test func eachFaultRefusesItsCalls() throws {
        let process = disk.attach()
        try process.put("/data/a", "text")
        let file = try process.open("/data/a", O_RDWR, 0)
        func refusal(_ fault: DiskFault, _ body: () throws -> Void) -> Int32 {
            disk.faults = [fault]
            defer { disk.faults = [] }
            return code(body)
        }
        #expect(
            refusal(.refusesWrites()) { try process.put(file, "x", at: 0) }
                == EIO
        )
        #expect(
            refusal(.refusesWrites()) { try process.truncate(file, to: 0) }
                == EIO
        )
        #expect(
            refusal(.refusesWrites(of: "b")) { try process.put(file, "text", at: 0) }
                == 0
        )
        #expect(
            refusal(.refusesWrites(of: "a")) { try process.put(file, "x", at: 0) }
                == EIO
        )
        #expect(
            refusal(.refusesReads) {
                var byte: UInt8 = 0
                try withUnsafeMutableBytes(of: &byte) {
                    _ = try process.read(file, into: $0, at: 0)
                }
            } == EIO
        )
        #expect(
            refusal(.refusesNames) { try process.remove("/data/a") }
                == EACCES
        )
        #expect(
            refusal(.refusesNames) { try process.put("/data/b", "") }
                == EACCES
        )
        #expect(
            refusal(.noDescriptors) { _ = try process.names(in: "/data") }
                == EMFILE
        )
        #expect(
            refusal(.noDescriptors) { try process.put("/data/a", "") }
                == EMFILE
        )
        #expect(
            refusal(.failsSync(times: 2)) { try process.synchronize(file) }
                == EIO
        )
        #expect(String(file: disk.content(of: "/data/a")).count <= 4)
    }

    @Test func aFolderThatCouldNotBeMadeSafeIsTriedAgain() throws {
        let process = disk.attach()
        try process.put("/data/a", "")
        disk.faults = [.failsSync(times: 1)]
        #expect(code { try process.synchronizeNames(of: "/data") } == EIO)
        try process.synchronizeNames(of: "/data")
        disk.losePower()
        #expect(disk.names(of: "/data") == ["a"])
    }
}
