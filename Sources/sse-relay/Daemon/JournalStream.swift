import Glibc

/// Whether journald reads what the process writes.
enum JournalStream {
    /// Whether the standard error is the socket that systemd names (systemd.exec(5),
    /// `$JOURNAL_STREAM`): the variable alone is inherited, also by what was redirected since.
    static var isStandardError: Bool {
        var status = stat()
        guard let named = getenv("JOURNAL_STREAM"), fstat(STDERR_FILENO, &status) == 0 else {
            return false
        }
        return String(cString: named) == "\(status.st_dev):\(status.st_ino)"
    }

    /// What a line begins with that says why there is no start.
    static var errorMark: String { isStandardError ? "<3>" : "" }
}
