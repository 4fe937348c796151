/// What the owner of a file of records should know.
enum RecordReport: Sendable, Equatable {
    /// An unfinished last line was found at the start and moved to a file of its own.
    case tornTail(setAsideIn: String, bytes: Int)
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
}
