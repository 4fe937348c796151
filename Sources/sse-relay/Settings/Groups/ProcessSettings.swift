import Glibc

/// How the process runs.
struct ProcessSettings: Sendable {
    let loops: Int
    let drainSeconds: Int
    let logsRequests: Bool
    let logsContent: Bool
    /// The audit log's path; nil where none is kept.
    let auditLog: String?

    init(_ environment: Environment) throws(ConfigurationError) {
        let count = try Self.loops.value(in: environment)
        loops = count > 0 ? count : min(64, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        drainSeconds = try Self.drainSeconds.value(in: environment)
        logsRequests = try Self.logsRequests.value(in: environment)
        logsContent = try Self.logsContent.value(in: environment)
        auditLog = try Self.auditLog.value(in: environment)
    }
}

extension ProcessSettings {
    static let group = VariableGroup(
        "Process",
        [
            loops.variable, drainSeconds.variable, logsRequests.variable, logsContent.variable,
            auditLog.variable,
        ]
    )

    static let loops = Setting.integer(
        0...64,
        Variable(
            "RELAY_LOOPS",
            fallback: "0",
            change: .restart,
            summary: "event loops, 1 to 64; 0 for one per core",
            words: "Event loops, 1 to 64; 0 for one per core."
        )
    )

    static let drainSeconds = Setting.integer(
        0...86_400,
        Variable(
            "RELAY_DRAIN_S",
            fallback: "30",
            summary: "how long answers may go on after SIGTERM, in s",
            words: "How long answers may go on after SIGTERM, in seconds."
        )
    )

    static let logsRequests = Setting.flag(
        Variable(
            "RELAY_LOG_REQUESTS",
            fallback: "1",
            change: .restart,
            summary: "1 for a line on stderr per request, 0 for none",
            words: "1 for a line on stderr per request, 0 for none."
        )
    )

    static let logsContent = Setting.flag(
        Variable(
            "RELAY_LOG_CONTENT",
            fallback: "0",
            summary: "1 for a line on stderr per piece of an answer, with its text",
            words: """
                1 for a line on stderr per piece of an answer as it passes the filters, with its                 text up to 1024 bytes: for finding faults, since what people ask and are answered                 is then in the log.
                """
        )
    )

    static let auditLog = Setting.optionalText(
        Variable(
            "RELAY_AUDIT_LOG",
            example: "/var/log/sse-relay/audit.jsonl",
            change: .restart,
            summary: "a file for who began, stopped, deleted, exported, and was refused",
            words: """
                A file of JSON lines that says who began, stopped, deleted and exported what, who \
                read what is not theirs, and what was refused; for this user alone. It never has \
                what was asked and answered, nor keys. A file that is moved away is begun anew.
                """
        )
    )
}
