import Glibc
import Storage

/// A file: what is in the kernel's cache, and what is on the platters.
final class SimulatedFile: Inode {
    private enum Change {
        case write([UInt8], at: Int)
        case resize(Int)
    }

    /// What the processes read.
    private(set) var cached = FileContent()
    /// What is left of it if the power is lost now, together with any of `unsafeChanges`.
    private(set) var safe = FileContent()
    /// What was done since it was made safe, in that order.
    private var unsafeChanges: [Change] = []

    /// Begins an empty one.
    init(number: UInt64, mode: mode_t) { super.init(number: number, kind: .file, mode) }

    override var status: FileStatus {
        var status = rights
        status.size = cached.size
        return status
    }

    /// Writes bytes into the cache.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        cached.write(bytes, at: offset)
        unsafeChanges.append(.write(Array(bytes), at: offset))
    }

    /// Cuts it off, or makes it longer, in the cache.
    func resize(to size: Int) {
        cached.resize(to: size)
        unsafeChanges.append(.resize(size))
    }

    /// Brings what is in the cache to the platters.
    func synchronize() {
        for change in unsafeChanges {
            switch change {
            case .write(let bytes, let offset): bytes.withUnsafeBytes { safe.write($0, at: offset) }
            case .resize(let size): safe.resize(to: size)
            }
        }
        unsafeChanges.removeAll(keepingCapacity: true)
    }

    /// Fails to bring it there, and forgets what it was: a later `synchronize` misses it.
    ///
    /// Some of it may be there all the same.
    func forget(_ habit: FailedSyncHabit, _ chance: Chance) {
        safe = remains(chance)
        unsafeChanges = []
        let size = cached.size
        switch habit {
        case .keepsPages:
            // The length is on its way apart from the content.
            if size < safe.size || chance.happens(oneIn: 2) { unsafeChanges = [.resize(size)] }
        case .readsOld:
            cached = safe
            resize(to: size)
        case .cutsOff:
            cached = safe
            resize(to: min(size, safe.size))
        }
    }

    /// Loses what was in the cache.
    func losePower(_ chance: Chance) {
        safe = remains(chance)
        cached = safe
        unsafeChanges = []
    }

    /// What a loss of power might leave.
    private func remains(_ chance: Chance) -> FileContent {
        var left = safe
        let survival = Survival.draw(chance, unsafeChanges.count)
        for (number, change) in unsafeChanges.enumerated() {
            let outcome = survival.outcome(of: number, chance)
            switch change {
            case .resize(let size):
                switch outcome {
                case .kept, .zeros: left.resize(to: size)
                case .lost, .torn: break
                }
            case .write(let bytes, let offset):
                bytes.withUnsafeBytes { Self.leave($0, at: offset, outcome, in: &left, chance) }
            }
        }
        return left
    }

    private static func leave(
        _ bytes: UnsafeRawBufferPointer,
        at offset: Int,
        _ outcome: Survival.Outcome,
        in left: inout FileContent,
        _ chance: Chance
    ) {
        switch outcome {
        case .lost: return
        case .kept: left.write(bytes, at: offset)
        case .zeros: left.resize(to: max(left.size, offset + bytes.count))
        case .torn:
            // More often its beginning than another part.
            let start = chance.happens(oneIn: 2) ? 0 : chance.below(bytes.count)
            let end = chance.within(start...bytes.count)
            left.write(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), at: offset + start)
            guard chance.happens(oneIn: 2) else { return }
            left.resize(to: max(left.size, offset + bytes.count))
        }
    }
}
