import Glibc

/// Whether journald reads what the process writes.
enum JournalStream {
    /// Whether the standard error is the socket that systemd names (systemd.exec(5),
    /// `$JOURNAL_STREAM`): the variable alone is inherited, also by what was redirected since.
    static func isStandardError(_ environment: Environment) -> Bool {
        var status = stat()
        guard let named = environment["JOURNAL_STREAM"], fstat(STDERR_FILENO, &status) == 0 else {
            return false
        }
        return named == "\(status.st_dev):\(status.st_ino)"
    }
}
