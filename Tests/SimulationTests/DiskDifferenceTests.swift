import Glibc
import Storage
import TestSupport
import Testing

@testable import simulate

/// Whether the simulated disk answers as the system's does.
@Suite struct DiskDifferenceTests {
    /// One disk, with the files that a sequence of calls has opened on it.
    private struct Side {
        let disk: any Disk
        let folder: String
        var files: [Int32] = []

        mutating func run(_ chance: Chance) -> String {
            do throws(DiskError) {
                return chance.happens(oneIn: 2) ? try runNames(chance) : try runFile(chance)
            } catch {
                return "\(error.call) \(error.code)"
            }
        }

        private func path(_ chance: Chance) -> String {
            let names = ["a", "b", "d", "d/a", "d/e", "d/e/a", "none/a", "a/b", "d/../b", "d/."]
            return "\(folder)/\(chance.pick(names))"
        }

        private mutating func runNames(_ chance: Chance) throws(DiskError) -> String {
            let path = path(chance)
            switch chance.below(9) {
            case 0, 1, 2:
                files.append(try disk.open(path, Side.flags(chance), 0o600))
                return "open"
            case 3: try disk.remove(path)
            case 4: try disk.rename(path, to: self.path(chance))
            case 5: try disk.makeFolder(path, 0o700)
            case 6: return try disk.names(in: path).sorted().joined(separator: " ")
            case 7: return Side.text(try disk.status(of: path, followsLinks: true))
            default: return String(try disk.resolve(path).dropFirst(folder.utf8.count))
            }
            return "done"
        }

        private static func flags(_ chance: Chance) -> Int32 {
            var flags = chance.pick([O_RDONLY, O_WRONLY, O_RDWR])
            if chance.happens(oneIn: 5) { return flags | O_DIRECTORY }
            for flag in [O_CREAT, O_CREAT | O_EXCL, O_APPEND, O_TRUNC, O_NOFOLLOW] {
                if chance.happens(oneIn: 3) { flags |= flag }
            }
            return flags
        }

        private static func text(_ status: FileStatus) -> String {
            // The length of a folder is each file system's own affair.
            "\(status.kind) \(status.permissions) \(status.kind == .file ? status.size : 0)"
        }

        private mutating func runFile(_ chance: Chance) throws(DiskError) -> String {
            let place = chance.below(files.count + 1)
            let file = place < files.count ? files[place] : 9999
            let offset = chance.below(100)
            let text = String(repeating: "\(chance.below(10))", count: chance.below(30))
            switch chance.below(10) {
            case 0:
                if place < files.count { disk.close(files.remove(at: place)) }
                return "closed"
            case 1, 2: return "\(try disk.append(file, text))"
            case 3, 4: return "\(try disk.put(file, text, at: offset))"
            case 5: return try Side.content(disk, file, offset)
            case 6: try disk.truncate(file, to: offset)
            case 7: try disk.allocate(file, offset)
            case 8:
                // The system's disk takes its time for it.
                let synchronizes = chance.happens(oneIn: 8)
                try synchronizes ? disk.synchronize(file) : disk.lock(file, waits: false)
            default: return Side.text(try disk.status(file))
            }
            return "done"
        }

        private static func content(
            _ disk: any Disk,
            _ file: Int32,
            _ offset: Int
        ) throws(DiskError) -> String {
            var bytes = [UInt8](repeating: 0, count: 50)
            var span = bytes.mutableSpan
            let count = try span.withUnsafeMutableBytes { raw throws(DiskError) in
                try disk.read(file, into: raw, at: offset)
            }
            return String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    @Test(.timeLimit(.minutes(1))) func itAnswersAsTheSystemsDiskDoes() throws {
        var seen: Set<String> = []
        for seed in 0..<300 {
            let folder = try makeFolder()
            defer { removeTree(folder) }
            let simulated = SimulatedDisk(chance: Chance(seed: 0))
            var real = Side(disk: SystemDisk(), folder: folder)
            var ours = Side(disk: simulated.attach(), folder: "/data")
            defer { for file in real.files { real.disk.close(file) } }
            let realChance = Chance(seed: UInt64(seed))
            let ourChance = Chance(seed: UInt64(seed))
            for step in 0..<150 {
                let expected = real.run(realChance)
                let answer = ours.run(ourChance)
                #expect(answer == expected, "seed \(seed), step \(step)")
                guard answer == expected else { return }
                seen.insert(answer)
            }
            #expect(simulated.content(of: "/data/a") ?? [] == readFile("\(folder)/a"))
        }
        // It is no use if nothing but the simplest is tried.
        #expect(seen.count > 200)
        let refusals: [(String, Int32)] = [
            ("open", ENOENT), ("open", EEXIST), ("open", EISDIR), ("open", ENOTDIR),
            ("rename", EBUSY), ("rename", EINVAL), ("rename", ENOTEMPTY), ("rename", EISDIR),
            ("rename", ENOTDIR), ("unlink", EISDIR), ("mkdir", EEXIST), ("opendir", ENOTDIR),
            ("lock", EWOULDBLOCK), ("read", EISDIR), ("read", EBADF), ("write", EBADF),
            ("truncate", EINVAL), ("fallocate", EBADF), ("fsync", EBADF), ("realpath", ENOENT),
        ]
        for (call, code) in refusals { #expect(seen.contains("\(call) \(code)")) }
    }
}
