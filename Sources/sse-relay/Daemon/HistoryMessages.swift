import Relay
import Storage

/// What the history file has to say, as lines of the log.
extension Log {
    func write(_ report: HistoryReport) {
        switch report {
        case .tornTail(let path, let bytes):
            write(
                .warning,
                "the history ended within a record: its \(bytes) bytes are set aside in \(path)"
            )
        case .unreadable(let path, let pieces, let bytes, let offset):
            write(
                .warning,
                "\(path) has \(bytes) bytes in \(pieces) pieces that are no record, the first at byte"
                    + " \(offset): they stay there, and every whole record beside them is found"
            )
        case .unreadableFile(let error):
            write(.error, "a file of the history is left out of the search: \(error)")
        case .writeFailed(let error):
            write(
                .error,
                "the history cannot be written: \(error); records are kept and tried again"
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
            write(.info, "the history was moved away: \(path) is begun anew")
        case .rotated(let path):
            write(.info, "the history has grown large: it goes on after \(path)")
        case .compacted(let path):
            write(.info, "deleted conversations are gone from \(path)")
        case .upkeepFailed(let error):
            write(.error, "the history cannot be tidied: \(error); it is tried again")
        }
    }
}
