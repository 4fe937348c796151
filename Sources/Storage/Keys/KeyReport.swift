/// What the owner of a file of keys should know, for the log.
package enum KeyReport: Sendable, Equatable {
    /// An unfinished last line was found at the start and moved to a file of its own.
    case tornTail(setAsideIn: String, bytes: Int)
    /// Lines are not as they were written, and are passed over.
    case damaged(lines: Int)
    /// The disk cannot give back the keys of answers that have ended.
    case notReadable(StorageError)
    /// The disk refuses; keys are kept and tried again. Reported once per outage.
    case writeFailed(StorageError)
    /// All that was kept is in the file.
    case writesResumed
    /// The disk took keys, which might not survive a loss of power. Reported once.
    case notSafe(StorageError)
    /// They would again.
    case safeAgain
    /// Too much waits for the disk: this key is not known after a restart.
    case refused
    /// Somebody moved or removed the file; a new one was begun in its place.
    case begunAnew(path: String)
    /// The file could not be written anew without what is over; nothing is lost.
    case compactionFailed(StorageError)

    /// What the writer of lines has to report, of this file.
    init(_ report: RecordReport) {
        switch report {
        case .tornTail(let path, let bytes): self = .tornTail(setAsideIn: path, bytes: bytes)
        case .writeFailed(let error): self = .writeFailed(error)
        case .writesResumed: self = .writesResumed
        case .notSafe(let error): self = .notSafe(error)
        case .safeAgain: self = .safeAgain
        case .refused: self = .refused
        case .begunAnew(let path): self = .begunAnew(path: path)
        }
    }
}
