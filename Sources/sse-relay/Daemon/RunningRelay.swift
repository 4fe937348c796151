import Access
import Generations
import HTTPServer
import Loop
import Relay

/// The relay that serves, and the simulator if it is needed.
struct RunningRelay {
    let service: Service
    /// What is in force.
    private(set) var settings: Settings
    /// Once started it runs as long as the relay: an answer from before a reload may need it.
    private(set) var simulator: EmbeddedSimulator?
    /// How many descriptors the process may have.
    private let descriptors: Int
    private let callers: KnownCallers
    private let rates: RateBook
    private let keptRates: KeptRates
    /// Signs tickets and sessions; nil until callers are known.
    ///
    /// It stays: another secret would log everybody out.
    private var signer: Signer?

    init(
        _ settings: Settings,
        _ storage: OpenedStorage,
        descriptors: Int,
        _ log: Log
    ) throws {
        self.settings = settings
        self.descriptors = descriptors
        signer = try Self.signer(settings)
        let callers = KnownCallers(settings.access.means(signer))
        self.callers = callers
        let folder = settings.storage.dataFolder
        rates = RateBook(
            settings.rates.policy,
            restoring: KeptRates.snapshot(in: folder, log)
        )
        keptRates = KeptRates(rates, in: folder, log)
        let simulator = try EmbeddedSimulator.startIfNeeded(settings)
        self.simulator = simulator
        service = Service(
            configuration: Self.configuration(settings, simulator),
            limits: Self.limits(settings, descriptors: descriptors),
            upstreamSettings: settings.calls.connection,
            staticFolder: settings.listening.staticFolder,
            access: AccessState(callers: callers, budgets: rates),
            history: storage.history,
            keyFile: storage.keys,
            journal: storage.journal,
            durability: settings.storage.durability,
            audit: storage.audit,
            log: log
        )
    }

    /// What signs tickets and sessions; nil, and no file is made, where callers are not known.
    private static func signer(_ settings: Settings) throws -> Signer? {
        guard settings.access.areCallersKnown else { return nil }
        return try settings.access.signer(dataFolder: settings.storage.dataFolder)
    }

    /// Without descriptors for more, a client beyond them would wait in a queue and hear nothing.
    private static func limits(_ settings: Settings, descriptors: Int) -> ServerLimits {
        var limits = settings.limits.server
        limits.maxConnections = Self.maxConnections(settings, descriptors: descriptors)
        limits.proxies = settings.proxies.trust
        return limits
    }

    /// How many connections there may be: each may need a second descriptor, for its upstream.
    static func maxConnections(_ settings: Settings, descriptors: Int) -> Int {
        min(settings.limits.server.maxConnections, max(descriptors / 2, 1))
    }

    private static func configuration(
        _ settings: Settings,
        _ simulator: EmbeddedSimulator?
    ) -> RelayConfiguration {
        let upstreams = settings.models.upstreams
        guard upstreams.isEmpty, let simulator else {
            return settings.relayConfiguration(upstreams)
        }
        return settings.relayConfiguration(simulator.upstreams(model: settings.models.model))
    }

    /// Serves on loops of its own.
    ///
    /// - Parameters:
    ///   - listeners: stay owned by the caller for as long as the relay serves.
    ///   - recovery: what an earlier process left.
    /// - Throws: what keeps a loop from serving.
    func start(on listeners: [Int32], _ recovery: Recovery?) async throws {
        var loops: [EventLoop] = []
        for index in 0..<settings.process.loops { loops.append(try EventLoop(index: index)) }
        try await service.start(on: loops, listeners: listeners, recovery: recovery)
    }

    /// Puts other settings in force; what has begun keeps those that it began with.
    ///
    /// - Throws: if the simulator is needed now and cannot be started, or if callers are known now
    ///   and nothing can sign for them; then nothing has changed.
    mutating func exchange(_ settings: Settings) async throws {
        if signer == nil { signer = try Self.signer(settings) }
        if simulator == nil { simulator = try EmbeddedSimulator.startIfNeeded(settings) }
        self.settings = settings
        await callers.replace(settings.access.means(signer))
        rates.replace(settings.rates.policy)
        await service.reload(
            Self.configuration(settings, simulator),
            limits: Self.limits(settings, descriptors: descriptors)
        )
    }

    /// Keeps what has to outlive the process, once all answers have ended.
    func close() { keptRates.close() }

    /// Who answers, for the log, without secrets.
    var answering: String {
        guard settings.models.upstreams.isEmpty, let simulator else {
            return settings.models.descriptions.joined(separator: ", ")
        }
        return "no key is set: the built-in simulator answers (at \(simulator.url));"
            + " set \(ModelSettings.openAIKey.name) or \(ModelSettings.anthropicKey.name)"
    }
}
