import Glibc

/// One file of the history.
struct HistoryPart: Sendable {
    /// How much of a file is no record.
    struct Damage: Sendable {
        private(set) var pieces = 0
        private(set) var bytes = 0
        private(set) var firstOffset = 0

        mutating func add(_ count: Int, at offset: Int) {
            if pieces == 0 { firstOffset = offset }
            pieces += 1
            bytes += count
        }
    }

    var name: String
    var identity: FileIdentity
    /// Where its last whole line ends, as far as known, and how much of it is in the index.
    var end: Int
    var indexedEnd = 0
    /// Whether the writer appends to it.
    var isActive = false
    /// Whether it holds records of deleted conversations, or lines of spaces.
    var isDirty = false
    /// How often the file that is appended to had changed in another way.
    var edition = 0
    /// The words for the conversations of what is only half a record in it, as hashes.
    var halves: Set<UInt64> = []
    /// What in it is no record.
    var damage = Damage()

    /// What the index knows of it, to be compared with what the writer has.
    var asActive: ActiveFile { ActiveFile(identity: identity, end: end, edition: edition) }

    /// Opens it.
    ///
    /// - Returns: nil where the name leads to another file by now, or to none.
    func open(in directory: String, on disk: any Disk) throws(StorageError) -> OpenFile? {
        do throws(StorageError) {
            let file = try OpenFile.reading(joinedPath(directory, name), on: disk)
            guard try file.status().identity == identity else { return nil }
            return file
        } catch .systemCall(_, _, ENOENT) {
            return nil
        }
    }
}
