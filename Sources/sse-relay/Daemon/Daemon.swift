import HTTPServer
import Loop
import Relay
import Storage

/// The process from its start to its end.
struct Daemon {
    private let settings: Settings
    /// The file that the command line names; nil for `.env`.
    private let envFile: String?
    private let log: Log

    init(_ settings: Settings, envFile: String?) {
        self.settings = settings
        self.envFile = envFile
        log = Log(
            logsRequests: settings.process.logsRequests,
            format: settings.process.logFormat,
            hasPriorities: JournalStream.isStandardError
        )
    }

    /// Serves until a signal ends it.
    ///
    /// - Returns: the process's exit code.
    func run() async throws -> Int32 {
        let descriptors = try await ProcessPreparation.prepare()
        let notifier = SystemdNotifier(settings.environment)
        let arrivals = SignalArrivals()
        let listeners = try Listeners.open(settings.listening)
        var storage = try OpenedStorage(settings, log)
        var relay = try RunningRelay(
            settings,
            storage,
            descriptors: descriptors,
            storage.requestLog
        )
        try await relay.start(on: listeners.numbers, storage.takeRecovery())
        let control = control(of: relay.service, storage)
        Announcement(
            settings: settings,
            urls: listeners.urls(settings.listening),
            descriptors: descriptors,
            answering: relay.answering
        ).write(to: log)
        if let warning = listeners.warning(settings.environment) { log.write(.warning, warning) }
        notifier.notify("READY=1")
        let heartbeat = Task { [service = relay.service] in
            await Heartbeat(notifier: notifier) { await service.load() }.run()
        }
        defer { heartbeat.cancel() }
        storage.history.holdReserve()
        await serve(&relay, storage, until: arrivals, telling: notifier)
        let drainSeconds = relay.settings.process.drainSeconds
        notifier.notify(Stop.notice(drainSeconds: drainSeconds))
        let stop = Stop(
            service: relay.service,
            drainSeconds: drainSeconds,
            arrivals: arrivals,
            log: log
        )
        await stop.begin()
        // Clients that come now are refused at once, and do not wait in a queue nobody serves.
        _ = consume listeners
        await stop.finish()
        relay.simulator?.stop()
        relay.close()
        control?.close()
        guard storage.close(isAllRecorded: relay.service.isAllRecorded) else {
            return ExitCode.failure
        }
        log.write(.info, "stopped")
        return ExitCode.success
    }

    /// Where the relay is asked on its machine; nil, which is logged, where it cannot be.
    private func control(of service: Service, _ storage: OpenedStorage) -> ControlSocket? {
        do throws(SystemCallError) {
            return try ControlSocket(
                folder: settings.storage.dataFolder,
                service: service,
                history: storage.history,
                log: log
            )
        } catch {
            log.write(.warning, "sse-relay history cannot reach this relay: \(error)")
            return nil
        }
    }

    private func serve(
        _ relay: inout RunningRelay,
        _ storage: OpenedStorage,
        until arrivals: SignalArrivals,
        telling notifier: SystemdNotifier
    ) async {
        let reloading = Reloading(envFile: envFile, log: log)
        for await signal in arrivals.stream {
            switch signal {
            case .stop: return
            case .reload:
                // systemctl waits with what comes next until it is ready again.
                notifier.notify("RELOADING=1\nMONOTONIC_USEC=\(monotonicNow() / 1000)")
                storage.reopenLines()
                await reloading.reload(&relay)
                notifier.notify("READY=1")
            case .load: await logLoad(of: relay.service)
            }
        }
    }

    private func logLoad(of service: Service) async {
        let load = await service.load()
        log.write(
            .info,
            "\(load.generations) answers running, \(load.connections) connections open"
        )
    }
}
