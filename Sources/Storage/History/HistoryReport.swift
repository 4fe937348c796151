/// What the owner of a history file should know, for the log, the metrics and the readiness answer.
package enum HistoryReport: Sendable, Equatable {
    /// An unfinished last line was found at the start and moved to a file of its own.
    case tornTail(setAsideIn: String, bytes: Int)
    /// The file has bytes that are no record: they stay where they are and are not searched.
    /// Reported once for as many.
    case unreadable(path: String, pieces: Int, bytes: Int, firstOffset: Int)
    /// A file of the history cannot be read, and the others are searched without it.
    case unreadableFile(StorageError)
    /// The disk refuses; records are kept and tried again. Reported once per outage.
    case writeFailed(StorageError)
    /// All that was kept is in the file. `recordsRefused` were lost since the outage began.
    case writesResumed(recordsKept: Int, recordsRefused: Int)
    /// The disk took records, which might not survive a loss of power. Reported once.
    case notSafe(StorageError)
    /// They would again.
    case safeAgain
    /// A record was not taken: too much waits already, or the file is closed. This one is lost.
    case refused(bytes: Int)
    /// Somebody moved or removed the file; a new one was begun in its place.
    case begunAnew(path: String)
    /// The file had grown large enough and has this name now; a new one was begun in its place.
    case rotated(to: String)
    /// The records of deleted conversations, and lines of spaces, are gone from this file.
    case compacted(path: String)
    /// A rotation or a compaction failed; nothing is lost, and it is tried again.
    case upkeepFailed(StorageError)

    /// What the writer of records has to report, of this file.
    init(_ report: RecordReport) {
        switch report {
        case .tornTail(let path, let bytes): self = .tornTail(setAsideIn: path, bytes: bytes)
        case .writeFailed(let error): self = .writeFailed(error)
        case .writesResumed(let kept, let refused):
            self = .writesResumed(recordsKept: kept, recordsRefused: refused)
        case .notSafe(let error): self = .notSafe(error)
        case .safeAgain: self = .safeAgain
        case .refused(let bytes): self = .refused(bytes: bytes)
        case .begunAnew(let path): self = .begunAnew(path: path)
        }
    }
}
