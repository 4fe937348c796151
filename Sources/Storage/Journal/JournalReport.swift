/// What the owner of a journal should know, for the log, the metrics and the readiness answer.
package enum JournalReport: Sendable, Equatable {
    /// The disk refuses; reported once per outage.
    case writeFailed(StorageError)
    /// The disk takes what it is given again.
    case writesResumed
    /// The disk took frames, which might not survive a loss of power; reported once.
    case notSafe(StorageError)
    /// They would again.
    case safeAgain
    /// Somebody moved or removed the segment; what runs is written again into another.
    case lost(path: String)
    /// The disk cannot read a segment that an earlier process left.
    case unreadable(StorageError, setAsideIn: String)
    /// A segment that an earlier process left has bytes that are no frame, from this offset on;
    /// what is whole after them was read, and the segment gets this name when the others are
    /// removed. One whose last frame alone was cut, as the end of a process leaves it, is removed
    /// with them.
    case torn(path: String, offset: Int, bytes: Int, TornFrame, setAsideIn: String?)
    /// A file has a segment's name and is no segment; it is set aside, unless it is no file at all.
    case noSegment(path: String)
}
