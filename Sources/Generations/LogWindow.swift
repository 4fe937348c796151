/// How much of a running answer's log is in memory; the rest is in the journal.
struct LogWindow {
    /// While nobody reads: fifty clients that left are not to hold fifty windows.
    private static let maxUnreadBytes = 64 * 1024
    /// How many entries tell how an answer ended, at most.
    private static let endEntries = 4

    /// At most so much while somebody reads, of payload and what an entry takes beside it.
    let readBytes: Int
    /// The same while nobody does; never more.
    let unreadBytes: Int

    init(_ readBytes: Int) {
        self.readBytes = readBytes
        unreadBytes = min(readBytes, Self.maxUnreadBytes)
    }

    /// Says how much stays of a log: half of what may be, where it has more than that, so that it
    /// does not move with every token.
    ///
    /// - Returns: in bytes; nil where all stays.
    func keptBytes(of held: Int, isRead: Bool) -> Int? {
        let most = isRead ? readBytes : unreadBytes
        return held > most ? most / 2 : nil
    }

    /// Says from which entry on all must stay.
    ///
    /// - Parameters:
    ///   - count: how many entries there are.
    ///   - droppable: the number of the first one that cannot be read back.
    ///   - wanted: the number of the next one that some reader is about to want.
    /// - Returns: its number.
    static func firstKept(of count: Int, droppable: Int, wanted: Int) -> Int {
        min(droppable, count - endEntries, wanted)
    }
}
