package import Storage

/// What happens to the audit log's file, as lines of the log.
extension Log {
    /// Writes a line about it.
    package func write(_ report: AuditReport) {
        switch report {
        case .writeFailed(let error):
            write(
                .error,
                "the audit log cannot be written: \(error); its lines stay in memory, requests go on,"
                    + " and writing is tried again"
            )
        case .writesResumed(let lost):
            write(
                lost == 0 ? .info : .error,
                "the audit log is written again: \(lost) lines are lost"
            )
        case .lost(let count):
            write(
                .error,
                "too much waits for the disk: lines of the audit log are lost, \(count) by now"
            )
        case .notSafe(let error):
            write(.error, "lines of the audit log would not survive a loss of power: \(error)")
        case .safeAgain:
            write(.info, "lines of the audit log would survive a loss of power again")
        case .tornTail(let path, let bytes):
            write(
                .warning,
                "the audit log ended in the middle of a line: its \(bytes) bytes are set aside in"
                    + " \(path)"
            )
        case .begunAnew(let path):
            write(.info, "the audit log was moved away: a new \(path) is begun")
        }
    }
}
