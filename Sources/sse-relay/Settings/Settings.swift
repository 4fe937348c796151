import Generations
import HTTPServer
import Relay

/// The whole configuration, checked: what the variables said at one moment.
struct Settings: Sendable {
    let environment: Environment
    let models: ModelSettings
    let listening: ListeningSettings
    let proxies: ProxySettings
    let storage: StorageSettings
    let streams: StreamSettings
    let limits: LimitSettings
    let calls: CallSettings
    let filtering: FilterSettings
    let access: AccessSettings
    let rates: RateSettings
    let queue: QueueSettings
    let process: ProcessSettings

    /// Reads every variable.
    ///
    /// - Throws: the first one that is wrong.
    init(environment: Environment) throws(ConfigurationError) {
        self.environment = environment
        access = try AccessSettings(environment)
        queue = try QueueSettings(environment)
        listening = try ListeningSettings(environment, areCallersKnown: access.areCallersKnown)
        proxies = try ProxySettings(environment)
        rates = try RateSettings(environment, isBehindProxies: !proxies.trust.networks.isEmpty)
        storage = try StorageSettings(environment)
        models = try ModelSettings(environment)
        streams = try StreamSettings(environment)
        limits = try LimitSettings(environment)
        calls = try CallSettings(environment)
        filtering = try FilterSettings(environment)
        process = try ProcessSettings(environment)
    }

    /// Names that somebody may have meant to be read and that are not, a sentence for each.
    var unreadNames: [String] {
        environment.unreadNames(but: Set(models.upstreams.compactMap(\.keyVariable)))
    }

    /// The relay's configuration.
    ///
    /// - Parameter upstreams: at least one, the default first; those of the simulator if none is
    ///   configured.
    /// - Returns: a value that holds all that the variables say about the relay.
    func relayConfiguration(
        _ upstreams: [RelayConfiguration.Upstream]
    ) -> RelayConfiguration {
        var configuration = RelayConfiguration(upstreams: upstreams)
        configuration.headSeconds = calls.headSeconds
        configuration.firstDataSeconds = calls.firstDataSeconds
        configuration.idleSeconds = calls.idleSeconds
        configuration.totalSeconds = calls.totalSeconds
        configuration.maxRetries = calls.maxRetries
        configuration.retryBudgetSeconds = calls.retryBudgetSeconds
        configuration.clockNames = calls.clockNames
        configuration.breakerFailures = calls.breakerFailures
        configuration.breakerSeconds = calls.breakerSeconds
        configuration.maxGenerations = queue.maxGenerations
        configuration.maxQueued = queue.maxQueued
        configuration.queueSeconds = queue.queueSeconds
        configuration.maxMemoryBytes = queue.maxMemoryBytes
        configuration.keepAliveSeconds = streams.keepAliveSeconds
        configuration.headHoldSeconds = streams.headHoldSeconds
        configuration.onDisconnect = streams.onDisconnect
        configuration.readerBufferBytes = streams.readerBufferBytes
        configuration.logWindowBytes = streams.logWindowBytes
        configuration.maxAnswerBytes = limits.maxAnswerBytes
        configuration.resumeSeconds = streams.resumeSeconds
        configuration.contextTokens = storage.contextTokens
        configuration.corsOrigins = listening.origins
        configuration.hosts = listening.hosts
        configuration.filters = filtering.filters
        configuration.logsContent = process.logsContent
        return configuration
    }
}
