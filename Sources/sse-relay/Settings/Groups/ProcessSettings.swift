import Glibc
import Relay

/// How the process runs.
struct ProcessSettings: Sendable {
    let loops: Int
    let drainSeconds: Int
    let logsRequests: Bool
    let logsContent: Bool
    let logFormat: Log.Format
    /// The path of the file that has the lines of requests; nil where they go where all others go.
    let accessLog: String?
    /// The audit log's path; nil where none is kept.
    let auditLog: String?

    init(_ environment: Environment) throws(ConfigurationError) {
        let count = try Self.loops.value(in: environment)
        loops = count > 0 ? count : min(64, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        drainSeconds = try Self.drainSeconds.value(in: environment)
        logsRequests = try Self.logsRequests.value(in: environment)
        logsContent = try Self.logsContent.value(in: environment)
        logFormat = try Self.logFormat.value(in: environment)
        accessLog = try Self.accessLog.value(in: environment)
        auditLog = try Self.auditLog.value(in: environment)
    }
}

extension ProcessSettings {
    static let group = VariableGroup(
        "Process",
        [
            loops.variable, drainSeconds.variable, logsRequests.variable, logFormat.variable,
            accessLog.variable, logsContent.variable, auditLog.variable,
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
            summary: "1 for a line of the log per request, 0 for none",
            words: "1 for a line of the log per request, 0 for none."
        )
    )

    static let logFormat = Setting.choice(
        Variable(
            "RELAY_LOG_FORMAT",
            fallback: "text",
            change: .restart,
            summary: "text for people, json for machines",
            words: """
                How the log is written: `text` for people, or `json` for machines, an object in each \
                line. Under systemd each line has its priority.
                """
        ),
        expected: "text or json"
    ) { Log.Format(rawValue: $0) }

    static let accessLog = Setting.optionalText(
        Variable(
            "RELAY_ACCESS_LOG",
            example: "/var/log/sse-relay/access.log",
            change: .restart,
            summary: "a file for the lines of requests, instead of stderr",
            words: """
                A file that has the lines of requests, which are then not on stderr; for this user \
                alone. A file that is moved away is begun anew, at SIGHUP or with its next line.
                """
        )
    )

    static let logsContent = Setting.flag(
        Variable(
            "RELAY_LOG_CONTENT",
            fallback: "0",
            summary: "1 for a line of the log per question and piece of an answer, with its text",
            words: """
                1 for a line of the log per question, and per piece of an answer as it passes the \
                filters, with its text up to 1024 bytes: for finding faults, since what people ask \
                and are answered is then in the log.
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
