import Glibc
import Storage

/// A folder: the names in it, and those of them that are safe.
final class SimulatedFolder: Inode {
    /// What the processes see.
    var names: [String: Inode] = [:]
    /// What is left of it if the power is lost now.
    var safeNames: [String: Inode] = [:]

    /// Begins an empty one.
    init(number: UInt64, mode: mode_t) { super.init(number: number, kind: .folder, mode) }

    /// Its names in order: that of a dictionary differs between runs.
    var sortedNames: [String] { names.keys.sorted() }
}
