import Access
import ChatFormats
import Generations
import HTTPServer
import Loop

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

    /// Says whether a new answer may be asked for: now or later, on the loop.
    func reserve(
        _ caller: Caller,
        _ request: ChatRequest,
        on reactor: Reactor,
        then use: @escaping (Result<Void, Problem>) -> Void
    ) {
        gate.reserve(caller, request, on: reactor, then: use)
    }

    /// Gives back what was reserved for a request that nobody is asked for.
    func release(_ caller: Caller, _ request: ChatRequest) { gate.release(caller, request) }
}
