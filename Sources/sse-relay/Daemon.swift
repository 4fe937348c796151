import Dispatch
import Generations
import Glibc
import HTTPServer
import Loop
import Relay
import Storage

/// The process from its start to its end.
struct Daemon {
    private let settings: Settings
    private let log: Log

    init(_ settings: Settings) {
        self.settings = settings
        log = Log(logsRequests: settings.process.logsRequests)
    }

    /// Serves until a signal ends it.
    ///
    /// - Returns: the process's exit code.
    func run() async throws -> Int32 {
        Signals.ignoreBrokenPipes()
        // A file-size limit is an error of one write, not of the process.
        _ = signal(SIGXFSZ, SIG_IGN)
        let descriptors = DescriptorLimit.raise()
        // Dispatch makes the timer behind `Task.sleep` at its first use, and ends the process where
        // no descriptor is left for it. The stop sleeps, maybe at such a moment.
        try await Task.sleep(nanoseconds: 1)
        let notifier = SystemdNotifier(socketPath: settings.environment["NOTIFY_SOCKET"])
        let arrivals = SignalArrivals()
        let listener = try listen()
        let (history, keys, journal, recovery) = try openStorage()
        var loops: [EventLoop] = []
        for index in 0..<settings.process.loops { loops.append(try EventLoop(index: index)) }
        let simulator = try EmbeddedSimulator.startIfNeeded(settings)
        let service = Service(
            configuration: settings.relayConfiguration(
                simulator?.upstreams(model: settings.models.model) ?? settings.models.upstreams
            ),
            limits: settings.limits.server,
            upstreamSettings: settings.calls.connection,
            staticFolder: settings.listening.staticFolder,
            history: history,
            keyFile: keys,
            journal: journal,
            durability: settings.storage.durability,
            log: log
        )
        try await service.start(on: loops, listener: listener.number, recovery: recovery)
        announce(port: listener.port, descriptors: descriptors, simulator: simulator)
        notifier.notify("READY=1")
        history.holdReserve()
        await serve(service, until: arrivals)
        notifier.notify("STOPPING=1")
        await announceStop(service)
        await service.drain()
        // Clients that come now are refused at once instead of waiting in a queue nobody serves.
        _ = consume listener
        await letEnd(service, arrivals)
        simulator?.stop()
        guard history.finish(timeoutMilliseconds: 5000) else {
            let kept = journal == nil ? "" : ", but for what the journal has for the next start"
            log.write(.error, "records are lost\(kept): the history could not be written in time")
            return ExitCode.failure
        }
        // All is in the history, and there is nothing to recover at the next start; unless the
        // history refused what only the journal keeps.
        let hasKeys = keys.flush(timeoutMilliseconds: 5000)
        if !hasKeys { log.write(.error, "the keys of answers could not be written in time") }
        if let journal, service.isAllRecorded, hasKeys { journal.removeAll() }
        log.write(.info, "stopped")
        return ExitCode.success
    }

    private func openStorage() throws -> (HistoryFile, KeyFile, JournalFolder?, Recovery?) {
        do throws(StorageError) {
            let history = try HistoryFile(
                directory: settings.storage.dataFolder,
                durability: settings.storage.durability,
                rotateBytes: settings.storage.historyRotateBytes,
                holdsRotation: settings.storage.keepsJournal
            ) { [log] in log.write($0) }
            let keys = try KeyFile(
                directory: settings.storage.dataFolder,
                durability: settings.storage.durability,
                lifeMilliseconds: 1000 * settings.streams.resumeSeconds
            ) { [log] in log.write($0) }
            guard settings.storage.keepsJournal else { return (history, keys, nil, nil) }
            let journal = try JournalFolder(path: settings.storage.journalFolder)
            var deletions = Deletions(directory: settings.storage.dataFolder)
            try deletions.load()
            let recovery = try Recovery(
                journal,
                history: HistoryFile.paths(in: settings.storage.dataFolder),
                deletions: deletions
            )
            return (history, keys, journal, recovery)
        } catch {
            // Another start finds the same, until somebody puts it right.
            guard error.needsRepair else { throw error }
            throw ConfigurationError(
                StorageSettings.dataFolder.variable,
                "\(error)",
                example: "/var/lib/sse-relay"
            )
        }
    }

    private func listen() throws -> ListeningSocket {
        do throws(SystemCallError) {
            return try ListeningSocket(
                host: settings.listening.address.host,
                port: settings.listening.address.port
            )
        } catch {
            let host = Redaction.clean(address: settings.listening.address.host)
            throw CannotListen(address: "\(host):\(settings.listening.address.port)", error: error)
        }
    }

    private func announce(port: Int, descriptors: Int, simulator: EmbeddedSimulator?) {
        let host =
            settings.listening.address.host.contains(":")
            ? "[\(settings.listening.address.host)]" : settings.listening.address.host
        let answering =
            simulator.map {
                "no key is set: the built-in simulator answers (at \($0.url));"
                    + " set \(ModelSettings.openAIKey.name) or \(ModelSettings.anthropicKey.name)"
            }
            ?? settings.models.descriptions.joined(separator: ", ")
        log.write(
            .info,
            "sse-relay \(Help.number) listening on http://\(host):\(port); \(answering);"
                + " history in \(settings.storage.dataFolder)/history.jsonl; \(settings.process.loops) loops"
        )
        if descriptors < Self.wantedDescriptors {
            log.write(
                .warning,
                "only \(descriptors) descriptors allowed, about \(descriptors / 2) streams at once;"
                    + " raise ulimit -n or LimitNOFILE"
            )
        }
    }

    /// Enough for some ten thousand streams with a connection at each end.
    private static let wantedDescriptors = 20_000

    private func serve(_ service: Service, until arrivals: SignalArrivals) async {
        for await signal in arrivals.stream {
            guard signal == .status else { return }
            let load = await service.load()
            log.write(
                .info,
                "\(load.generations) answers running, \(load.connections) connections open"
            )
        }
    }

    private func announceStop(_ service: Service) async {
        let load = await service.load()
        log.write(
            .info,
            "stopping: \(load.generations) answers may go on for \(settings.process.drainSeconds) s"
        )
    }

    /// Lets answers end, then ends those that have not, truthfully.
    private func letEnd(_ service: Service, _ arrivals: SignalArrivals) async {
        let deadline = monotonicNow() + .seconds(settings.process.drainSeconds)
        while monotonicNow() < deadline, arrivals.stopCount < 2, await !isIdle(service) {
            try? await Task.sleep(nanoseconds: 20_000_000)
        }
        await service.interrupt()
        // The last frames are on their way: a moment for readers that read.
        let last = monotonicNow() + .seconds(2)
        while monotonicNow() < last, await !isIdle(service) {
            try? await Task.sleep(nanoseconds: 10_000_000)
        }
        await service.closeAll()
    }

    private func isIdle(_ service: Service) async -> Bool {
        let load = await service.load()
        return load.generations == 0 && load.connections == 0
    }
}

/// The address that was asked for is not to be had.
struct CannotListen: Error, CustomStringConvertible {
    let address: String
    let error: SystemCallError

    var description: String {
        "cannot listen on \(address): \(error)"
            + " (\(ListeningSettings.address.name) names the address; is another server running there?)"
    }
}
