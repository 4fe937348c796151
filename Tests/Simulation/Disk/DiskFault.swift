/// What a disk does wrong for a while.
enum DiskFault: Equatable {
    /// It has room for so many bytes in all: what does not fit is written in part, or refused with
    /// `ENOSPC`.
    case full(bytes: Int)
    /// It takes no content, of all files or of those that have a word in their names: `EIO`.
    case refusesWrites(of: String? = nil)
    /// It gives no content: `EIO`.
    case refusesReads
    /// It takes no change of names: `EACCES`.
    case refusesNames
    /// So many of the next calls to make something safe fail, `EIO`, of all or of what has a word in
    /// its name.
    case failsSync(times: Int, of: String? = nil)
    /// No process can open a further file: `EMFILE`.
    case noDescriptors

    /// Whether it is another one, or what is left of that.
    func isLeft(of other: DiskFault) -> Bool {
        switch (self, other) {
        case (.failsSync, .failsSync): true
        default: self == other
        }
    }
}
