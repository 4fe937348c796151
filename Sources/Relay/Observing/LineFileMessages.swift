package import Storage

/// What happens to a file of lines, as lines of the log.
extension Log {
    /// Writes a line about it.
    ///
    /// - Parameters:
    ///   - report: what happened.
    ///   - name: what the file is called, such as `the audit log`.
    package func write(_ report: LineReport, of name: String) {
        switch report {
        case .writeFailed(let error):
            write(
                .error,
                "\(name) cannot be written: \(error); its lines stay in memory, requests go on,"
                    + " and writing is tried again"
            )
        case .writesResumed(let lost):
            write(
                lost == 0 ? .info : .error,
                "\(name) is written again: \(lost) lines are lost"
            )
        case .lost(let count):
            write(
                .error,
                "too much waits for the disk: lines of \(name) are lost, \(count) by now"
            )
        case .notSafe(let error):
            write(.error, "lines of \(name) would not survive a loss of power: \(error)")
        case .safeAgain:
            write(.info, "lines of \(name) would survive a loss of power again")
        case .tornTail(let path, let bytes):
            write(
                .warning,
                "\(name) ended in the middle of a line: its \(bytes) bytes are set aside in"
                    + " \(path)"
            )
        case .begunAnew(let path):
            write(.info, "\(name) was moved away: a new \(path) is begun")
        }
    }
}
