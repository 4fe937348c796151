import Generations
import Loop
import Relay

/// The relay that serves, with the simulator beside it where that answers.
struct RunningRelay {
    let service: Service
    let simulator: EmbeddedSimulator?
    private let settings: Settings

    init(_ settings: Settings, _ storage: OpenedStorage, _ log: Log) throws {
        self.settings = settings
        simulator = try EmbeddedSimulator.startIfNeeded(settings)
        service = Service(
            configuration: settings.relayConfiguration(
                simulator?.upstreams(model: settings.models.model) ?? settings.models.upstreams
            ),
            limits: settings.limits.server,
            upstreamSettings: settings.calls.connection,
            staticFolder: settings.listening.staticFolder,
            history: storage.history,
            keyFile: storage.keys,
            journal: storage.journal,
            durability: settings.storage.durability,
            log: log
        )
    }

    /// Serves on loops of its own.
    ///
    /// - Parameters:
    ///   - listener: stays owned by the caller for as long as the relay serves.
    ///   - recovery: what an earlier process left.
    /// - Throws: what keeps a loop from serving.
    func start(on listener: Int32, _ recovery: Recovery?) async throws {
        var loops: [EventLoop] = []
        for index in 0..<settings.process.loops { loops.append(try EventLoop(index: index)) }
        try await service.start(on: loops, listener: listener, recovery: recovery)
    }
}
