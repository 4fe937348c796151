/// How much of a running answer's log is in memory; the rest is in the journal.
struct LogWindow {
    /// The bound while nobody reads: fifty clients that left must not hold fifty windows.
    private static let maxUnreadBytes = 64 * 1024
    /// How many entries at most say how an answer ended.
    private static let endEntries = 4

    /// The bound while somebody reads, on payload and what an entry takes beside it.
    let readBytes: Int
    /// The bound while nobody reads; never higher.
    let unreadBytes: Int

    init(_ readBytes: Int) {
        self.readBytes = readBytes
        unreadBytes = min(readBytes, Self.maxUnreadBytes)
    }

    /// Decides how much of a log stays: half of the bound, where the log has more than the bound,
    /// so that memory does not move with every token.
    ///
    /// - Returns: in bytes; nil where all stays.
    func keptBytes(of held: Int, isRead: Bool) -> Int? {
        let most = isRead ? readBytes : unreadBytes
        return held > most ? most / 2 : nil
    }

    /// Decides from which entry on everything must stay.
    ///
    /// - Parameters:
    ///   - count: how many entries there are.
    ///   - droppable: the number of the first one that cannot be read back.
    ///   - wanted: the number of the next entry that a reader will want.
    /// - Returns: its number.
    static func firstKept(of count: Int, droppable: Int, wanted: Int) -> Int {
        min(droppable, count - endEntries, wanted)
    }
}
