import Relay

/// What the log says when the relay serves: where, who answers, and what may be short.
struct Announcement {
    /// Enough for some ten thousand streams with a connection at each end.
    private static let wantedDescriptors = 20_000

    let settings: Settings
    /// The port that is listened on, the real one where 0 was asked for.
    let port: Int
    /// How many descriptors the process may have.
    let descriptors: Int
    let simulator: EmbeddedSimulator?

    func write(to log: Log) {
        let host = settings.listening.address.urlHost
        log.write(
            .info,
            "\(Help.version) listening on http://\(host):\(port); \(answering);"
                + " history in \(settings.storage.dataFolder)/history.jsonl;"
                + " \(settings.process.loops) loops"
        )
        guard descriptors < Self.wantedDescriptors else { return }
        log.write(
            .warning,
            "only \(descriptors) descriptors allowed, about \(descriptors / 2) streams at once;"
                + " raise ulimit -n or LimitNOFILE"
        )
    }

    private var answering: String {
        guard let simulator else { return settings.models.descriptions.joined(separator: ", ") }
        return "no key is set: the built-in simulator answers (at \(simulator.url));"
            + " set \(ModelSettings.openAIKey.name) or \(ModelSettings.anthropicKey.name)"
    }
}
