import Storage

/// How many loops' journals are in trouble; the loops share a disk, so its trouble is logged once.
struct JournalOutages: Equatable {
    private var refused = 0
    private var notSafe = 0

    /// Takes a journal's report.
    ///
    /// - Returns: whether the report is worth a line in the log.
    mutating func note(_ report: JournalReport) -> Bool {
        switch report {
        case .writeFailed:
            refused += 1
            return refused == 1
        case .writesResumed:
            refused -= 1
            return refused == 0
        case .notSafe:
            notSafe += 1
            return notSafe == 1
        case .safeAgain:
            notSafe -= 1
            return notSafe == 0
        case .torn, .noSegment, .lost, .unreadable: return true
        }
    }
}
