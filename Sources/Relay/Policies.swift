import Access
import Generations

/// What one loop derives from a configuration.
///
/// It is replaced whole at a reload, so that a request sees the one or the other, and keeps what it
/// began with.
final class Policies {
    let configuration: RelayConfiguration
    let gate: Gate
    let models: ModelTable

    /// Derives them.
    ///
    /// - Parameters:
    ///   - configuration: what the process was told.
    ///   - access: what has state and outlives the configuration.
    init(_ configuration: RelayConfiguration, _ access: AccessState) {
        self.configuration = configuration
        gate = Gate(hosts: configuration.hosts, origins: configuration.corsOrigins, access)
        models = ModelTable(configuration.upstreams)
    }
}
