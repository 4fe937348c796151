/// What was written to the end of a file since it was last safe, kept so that it can be written
/// again.
///
/// After a failed fsync the kernel may call pages clean that never reached the disk: the next fsync
/// succeeds without them, and reading them back shows the cache, or what the disk had there before.
/// Only a copy that is not the file's own helps, as PostgreSQL and SQLite have one in their logs.
/// Put in the same place again, the same bytes are dirty again, and no line is there twice.
struct UnsyncedBytes {
    private var bytes: [UInt8] = []
    /// Where in the file they begin.
    private var start = 0
    /// What is to be thought of them before the next fsync.
    private var doubt = Doubt.none
    /// Whether an fsync failed since they were safe last.
    private var hasFailed = false
    /// How often the file has got back what it may have lacked for a while: who has read it
    /// meanwhile has to read it again.
    private(set) var restorations = 0

    private enum Doubt {
        /// The file has them.
        case none
        /// The file has them, as far as can be read; the disk may not.
        case unproven
        /// An fsync failed, and the file may read as something else.
        case lost
    }

    /// How many bytes are kept.
    var count: Int { bytes.count }

    /// Whether what is written at an offset follows what is kept.
    func isFollowed(at offset: Int) -> Bool {
        bytes.isEmpty || start + bytes.count == offset
    }

    /// Keeps what was written, after all that is kept.
    mutating func add(_ lines: ArraySlice<UInt8>, at offset: Int) {
        if bytes.isEmpty { start = offset }
        bytes += lines
    }

    /// Keeps what the file has after `offset`, as what may be lost although it can be read.
    ///
    /// Only where nothing is kept yet.
    mutating func distrust(_ tail: [UInt8], at offset: Int) {
        bytes = tail
        start = offset
        doubt = tail.isEmpty ? .none : .unproven
    }

    /// Waits until all of the file would survive a loss of power, and keeps nothing any more.
    ///
    /// - Parameter file: where it was written, the same descriptor: another one does not learn
    ///   of errors from before it was opened.
    /// - Throws: what the disk says; then nothing of what is kept counts as safe.
    mutating func synchronize(_ file: borrowing OpenFile) throws(StorageError) {
        if doubt != .none {
            let wasLost = doubt == .lost
            try writeAgain(to: file)
            if wasLost { restorations += 1 }
        }
        do throws(StorageError) {
            try file.synchronize()
        } catch {
            doubt = .lost
            hasFailed = true
            // At once, for those that read the file meanwhile; where this fails, the next call does
            // it.
            try? writeAgain(to: file)
            throw error
        }
        if hasFailed { restorations += 1 }
        hasFailed = false
        bytes = []
        start = 0
    }

    private mutating func writeAgain(to file: borrowing OpenFile) throws(StorageError) {
        // Where the file ends before its place, at the end: never after a hole.
        start = min(start, try file.status().size)
        try file.write(bytes, at: start)
        doubt = .none
    }
}
