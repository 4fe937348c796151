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
        let descriptors = try await ProcessPreparation.prepare()
        let notifier = SystemdNotifier(settings.environment)
        let arrivals = SignalArrivals()
        let listener = try listen()
        var storage = try OpenedStorage(settings, log)
        let relay = try RunningRelay(settings, storage, log)
        try await relay.start(on: listener.number, storage.takeRecovery())
        Announcement(
            settings: settings,
            port: listener.port,
            descriptors: descriptors,
            simulator: relay.simulator
        ).write(to: log)
        notifier.notify("READY=1")
        storage.history.holdReserve()
        await serve(relay.service, until: arrivals)
        notifier.notify("STOPPING=1")
        let stop = Stop(
            service: relay.service,
            drainSeconds: settings.process.drainSeconds,
            arrivals: arrivals,
            log: log
        )
        await stop.begin()
        // Clients that come now are refused at once instead of waiting in a queue nobody serves.
        _ = consume listener
        await stop.finish()
        relay.simulator?.stop()
        guard storage.close(isAllRecorded: relay.service.isAllRecorded) else {
            return ExitCode.failure
        }
        log.write(.info, "stopped")
        return ExitCode.success
    }

    private func listen() throws(CannotListen) -> ListeningSocket {
        let address = settings.listening.address
        do throws(SystemCallError) {
            return try ListeningSocket(host: address.host, port: address.port)
        } catch {
            throw CannotListen(address: address, error: error)
        }
    }

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
}
