import Relay

/// Reads the configuration again where the start read it, and exchanges what can be exchanged.
struct Reloading {
    /// The file that the command line names; nil for `.env`.
    let envFile: String?
    let log: Log

    /// Puts what is read in force, and logs what changed or why nothing did.
    func reload(_ relay: inout RunningRelay) async {
        do {
            // A file that was read before must still exist: without its keys the simulator would
            // answer.
            let environment = try Environment.load(
                envFile ?? relay.settings.environment.file,
                isAgain: true
            )
            let reload = try Reload(from: relay.settings, to: environment)
            try await relay.exchange(reload.settings)
            report(reload, relay)
        } catch {
            log.write(
                .error,
                "the configuration is not reloaded, and nothing has changed: \(error)"
            )
        }
    }

    private func report(_ reload: Reload, _ relay: RunningRelay) {
        let changed = reload.exchanged.isEmpty ? "nothing has changed" : reload.exchanged.names
        let answering = reload.changesModels ? "; \(relay.answering)" : ""
        log.write(.info, "the configuration is reloaded: \(changed)\(answering)")
        guard !reload.waiting.isEmpty else { return }
        log.write(.warning, "a restart is needed to change \(reload.waiting.names)")
    }
}
