import ChatFormats
import Generations
import Glibc
import HTTPServer
import Relay
import Storage
import Upstream
import Wire

/// The whole configuration, checked.
struct Settings: Sendable {
    /// Who answers by default.
    enum Source: String {
        case openai, anthropic, simulator
    }

    let environment: Environment
    let host: String
    let port: Int
    let loops: Int
    let staticFolder: String?
    let dataFolder: String
    let durability: Durability
    let keepsJournal: Bool
    /// The size of the history at which a new file is begun, in bytes; 0 for never.
    let historyRotateBytes: Int
    let drainSeconds: Int
    /// How long ended answers and their keys stay.
    let resumeSeconds: Int
    let logsRequests: Bool
    /// The upstreams by name, the default first; empty where the simulator answers.
    let upstreams: [RelayConfiguration.Upstream]
    /// The model that `RELAY_MODEL` names.
    let model: String?
    let limits: ServerLimits
    let upstreamSettings: UpstreamSettings
    private let tune: @Sendable (inout RelayConfiguration) -> Void

    init(environment: Environment) throws(ConfigurationError) {
        let reader = SettingReader(environment: environment)
        self.environment = environment
        (host, port) = try Self.address(reader)
        loops = try Self.loopCount(reader)
        // Set to nothing means no page, where not set means the default folder.
        let isPageOff =
            environment.isSet("RELAY_STATIC_DIR") && environment["RELAY_STATIC_DIR"] == nil
        staticFolder = isPageOff ? nil : reader.text("RELAY_STATIC_DIR")
        if let staticFolder { try Self.checkFolder("RELAY_STATIC_DIR", staticFolder) }
        dataFolder = reader.text("RELAY_DATA_DIR") ?? "data"
        durability = try Self.durability(reader)
        keepsJournal = try reader.flag("RELAY_JOURNAL")
        historyRotateBytes =
            try reader.integer("RELAY_HISTORY_ROTATE_MB", in: 0...(1 << 20)) << 20
        drainSeconds = try reader.integer("RELAY_DRAIN_S", in: 0...86_400)
        resumeSeconds = try Self.resumeSeconds(reader)
        logsRequests = try reader.flag("RELAY_LOG_REQUESTS")
        model = environment["RELAY_MODEL"]
        upstreams = try Self.upstreams(reader, model: model)
        limits = try Self.limits(reader)
        upstreamSettings = try Self.upstreamSettings(reader)
        tune = try Self.tuning(reader)
    }

    /// The relay's configuration.
    ///
    /// - Parameter upstreams: at least one, the default first.
    /// - Returns: the configuration with all that the variables say.
    func relayConfiguration(
        _ upstreams: [RelayConfiguration.Upstream]
    ) -> RelayConfiguration {
        var configuration = RelayConfiguration(upstreams: upstreams)
        tune(&configuration)
        return configuration
    }
}
