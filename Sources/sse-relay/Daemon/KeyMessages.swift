import Relay
import Storage

/// What the file of keys has to say, as lines of the log.
extension Log {
    func write(_ report: KeyReport) {
        switch report {
        case .tornTail(let path, let bytes):
            write(
                .warning,
                "the file of keys ended in the middle of a line: its \(bytes) bytes are set aside in"
                    + " \(path)"
            )
        case .damaged(let lines):
            write(
                .error,
                "\(lines) lines of the file of keys are damaged: answers under their keys may be paid"
                    + " for again"
            )
        case .notReadable(let error):
            write(
                .error,
                "the file of keys cannot be read: \(error); answers under its keys may be paid for"
                    + " again"
            )
        case .writeFailed(let error):
            write(
                .error,
                "the file of keys cannot be written: \(error); keys stay in memory, and writing is"
                    + " tried again"
            )
        case .writesResumed:
            write(.info, "the file of keys is written again, with all keys that stayed in memory")
        case .notSafe(let error):
            write(.error, "keys would not survive a loss of power: \(error)")
        case .safeAgain: write(.info, "keys would survive a loss of power again")
        case .refused:
            write(
                .error,
                "too many keys wait for the disk: after a restart, an answer under this one may be"
                    + " paid for again"
            )
        case .begunAnew(let path):
            write(
                .warning,
                "the file of keys was moved away: a new \(path) is begun, without the earlier keys"
            )
        case .compactionFailed(let error):
            write(.error, "the file of keys cannot be tidied: \(error); this is tried again")
        }
    }
}
