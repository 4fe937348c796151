import Glibc
import TestSupport
import Testing

@testable import Storage

/// The secret of a data folder.
struct SecretFileTests {
    private let scratch = Scratch()
    private let one = [UInt8](1...32)
    private let other = [UInt8](101...132)

    private var path: String { scratch.path(SecretFile.name) }

    @Test func `a secret is made once, for this user alone, and kept`() throws {
        let folder = scratch.path("data")
        #expect(try SecretFile.secret(in: folder, orKeep: one) == one)
        #expect(try SecretFile.secret(in: folder, orKeep: other) == one)
        var status = stat()
        #expect(stat("\(folder)/secret", &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(readFile("\(folder)/secret") == one)
    }

    @Test func `all who begin at once get the same`() async throws {
        let folder = scratch.path
        let secrets = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for number in 0..<20 {
                let fresh = [UInt8](repeating: UInt8(number + 1), count: 32)
                group.addTask { try SecretFile.secret(in: folder, orKeep: fresh) }
            }
            return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(secrets.count == 1)
        #expect(secrets.first == scratch.read(SecretFile.name))
    }

    @Test(arguments: [0, 1, 31])
    func `what a process that ended has left half is made anew`(length: Int) throws {
        scratch.write(Array(other.prefix(length)), to: SecretFile.name)
        #expect(chmod(path, 0o600) == 0)
        #expect(try SecretFile.secret(in: scratch.path, orKeep: one) == one)
        #expect(scratch.read(SecretFile.name) == one)
    }

    @Test func `zeros are what a loss of power leaves, and no secret`() throws {
        scratch.write([UInt8](repeating: 0, count: 32), to: SecretFile.name)
        #expect(chmod(path, 0o600) == 0)
        #expect(try SecretFile.secret(in: scratch.path, orKeep: one) == one)
    }

    @Test func `a file that is longer was made by somebody else, and is left alone`() throws {
        scratch.write(one + other, to: SecretFile.name)
        #expect(chmod(path, 0o600) == 0)
        #expect(throws: StorageError.damaged(path: path, offset: 32)) {
            try SecretFile.secret(in: scratch.path, orKeep: one)
        }
        #expect(scratch.read(SecretFile.name) == one + other)
    }

    @Test(arguments: [0o644, 0o660, 0o604] as [mode_t])
    func `a secret that others may read is not used`(mode: mode_t) throws {
        scratch.write(other, to: SecretFile.name)
        #expect(chmod(path, mode) == 0)
        #expect(throws: StorageError.openToOthers(path: path)) {
            try SecretFile.secret(in: scratch.path, orKeep: one)
        }
    }

    @Test func `what is no file is refused`() {
        #expect(mkfifo(path, 0o600) == 0)
        #expect(throws: StorageError.notRegularFile(path: path)) {
            try SecretFile.secret(in: scratch.path, orKeep: one)
        }
    }
}
