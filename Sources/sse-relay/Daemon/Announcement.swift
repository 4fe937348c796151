import HTTPServer
import Relay

/// What the log says once the relay serves: where it listens, who answers, what may run short.
struct Announcement {
    let settings: Settings
    /// Where it listens, as URLs.
    let urls: String
    /// How many descriptors the process may have.
    let descriptors: Int
    /// Who answers.
    let answering: String

    func write(to log: Log) {
        log.write(
            .info,
            "\(Help.version) listening on \(urls); \(answering);"
                + " history in \(settings.storage.dataFolder)/history.jsonl;"
                + " \(settings.process.loops) loops"
        )
        if settings.process.logsContent {
            log.write(
                .warning,
                "\(ProcessSettings.logsContent.name) is set: the text of questions and answers is in"
                    + " this log"
            )
        }
        if let note = settings.models.precedence(in: settings.environment) {
            log.write(.info, note)
        }
        for warning in settings.unreadNames { log.write(.warning, warning) }
        if let warning = settings.calls.warning { log.write(.warning, warning) }
        let wanted = settings.limits.server.maxConnections
        let most = RunningRelay.maxConnections(settings, descriptors: descriptors)
        guard most < wanted else { return }
        log.write(
            .warning,
            "only \(descriptors) descriptors are allowed, so \(most) connections at once and not"
                + " \(LimitSettings.maxConnections.name)=\(wanted);"
                + " raise ulimit -n or LimitNOFILE"
        )
    }
}
