/// How much of a running answer's log is in memory; the rest is in the journal.
struct LogWindow {
    /// While nobody reads: fifty clients that left are not to hold fifty windows.
    ///
    /// In bytes.
    private static let unreadBytes = 64 * 1024
    /// How many entries tell how an answer ended, at most.
    private static let endEntries = 4

    /// At most so much, of payload and what an entry takes beside it.
    let bytes: Int

    /// - Parameters:
    ///   - configured: what it may be while somebody reads, in bytes.
    ///   - isRead: whether somebody does.
    init(_ configured: Int, isRead: Bool) {
        bytes = isRead ? configured : min(configured, Self.unreadBytes)
    }

    /// What stays when there is more: half of it, so that it does not move with every token.
    var keptBytes: Int { bytes / 2 }

    /// Says from which entry on all must stay.
    ///
    /// - Parameters:
    ///   - count: how many entries there are.
    ///   - journaled: how many of them the journal has.
    ///   - wanted: the number of the next one that some reader is about to want.
    /// - Returns: its number.
    static func firstKept(of count: Int, journaled: Int, wanted: Int) -> Int {
        min(journaled, count - endEntries, wanted)
    }
}
