import Relay
import Storage

/// What the history file has to say, as lines of the log.
extension Log {
    func write(_ report: HistoryReport) {
        switch report {
        case .tornTail(let path, let bytes):
            write(
                .warning,
                "the history ended in the middle of a record: its \(bytes) bytes are set aside in \(path)"
            )
        case .unreadable(let path, let pieces, let bytes, let offset):
            write(
                .warning,
                "\(path) has \(bytes) bytes in \(pieces) pieces that are no record, the first at byte"
                    + " \(offset): they stay where they are, and every whole record around them is found"
            )
        case .unreadableFile(let error):
            write(.error, "a file of the history cannot be searched: \(error)")
        case .writeFailed(let error):
            write(
                .error,
                "the history cannot be written: \(error); records stay in memory, and writing is tried again"
            )
        case .writesResumed(let kept, let refused):
            write(
                refused == 0 ? .info : .error,
                "the history is written again: \(kept) records were kept, \(refused) refused"
            )
        case .notSafe(let error):
            write(.error, "records would not survive a loss of power: \(error)")
        case .safeAgain: write(.info, "records would survive a loss of power again")
        case .refused(let bytes):
            write(
                .error,
                "a record of \(bytes) bytes is refused, since too much waits for the disk: without a"
                    + " journal it is lost"
            )
        case .begunAnew(let path):
            write(.info, "the history was moved away: a new \(path) is begun")
        case .rotated(let path):
            write(.info, "the history has grown large: it is now \(path), and a new one is begun")
        case .compacted(let path):
            write(.info, "deleted conversations and lines of spaces are gone from \(path)")
        case .upkeepFailed(let error):
            write(.error, "the history cannot be tidied: \(error); this is tried again")
        }
    }
}
