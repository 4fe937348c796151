import Relay
import Storage

/// What the file of keys has to say, as lines of the log.
extension Log {
    func write(_ report: KeyReport) {
        switch report {
        case .tornTail(let path, let bytes):
            write(
                .warning,
                "the file of keys ended within a line: its \(bytes) bytes are set aside in \(path)"
            )
        case .damaged(let lines):
            write(
                .error,
                "\(lines) lines of the file of keys are not as they were written: what was asked under"
                    + " them may be paid again"
            )
        case .notReadable(let error):
            write(
                .error,
                "the file of keys cannot be read: \(error); what was asked under them may be paid"
                    + " again"
            )
        case .writeFailed(let error):
            write(
                .error,
                "the file of keys cannot be written: \(error); keys are kept and tried again"
            )
        case .writesResumed:
            write(.info, "the file of keys is written again, with all that was kept")
        case .notSafe(let error):
            write(.error, "keys would not survive a loss of power: \(error)")
        case .safeAgain: write(.info, "keys would survive a loss of power again")
        case .refused:
            write(
                .error,
                "too many keys wait for the disk: what was asked under this one may be paid again after"
                    + " a restart"
            )
        case .begunAnew(let path):
            write(
                .warning,
                "the file of keys was moved away: \(path) is begun anew, without those of before"
            )
        case .compactionFailed(let error):
            write(.error, "the file of keys cannot be tidied: \(error); it is tried again")
        }
    }
}
