import Glibc

/// Room on the disk that is held for the last records.
///
/// While a disk is full, answers go on and their records wait in memory. When the process ends
/// then, they have nowhere else to go: the file that holds the room is removed, and they take its
/// place.
struct Reserve: Sendable {
    /// The file's name in the data folder.
    static let name = "reserve"
    /// How much is held where there is plenty.
    static let maxBytes = 1 << 20
    /// Of a small disk, no more than this part of what is free.
    private static let share = 8
    /// Room is given out in pages.
    private static let pageBytes = 4096

    private let path: String

    /// Names the file; nothing is held before `hold`.
    init(directory: String) {
        path = "\(directory.isEmpty ? "." : directory)/\(Self.name)"
    }

    /// Holds the room, as far as there is any; what an earlier process held is kept.
    ///
    /// - Returns: how much is held.
    @discardableResult
    func hold() throws(StorageError) -> Int {
        let file = try OpenFile(opening: path, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOFOLLOW)
        let held = Int(try file.status().st_size)
        let room = (try file.freeBytes() + held) / Self.share
        let bytes = min(Self.maxBytes, room / Self.pageBytes * Self.pageBytes)
        guard held < bytes else { return held }
        try file.allocate(bytes)
        return bytes
    }

    /// Gives the room up.
    ///
    /// - Returns: whether there was any.
    func giveUp() -> Bool { unlink(path) == 0 }
}
