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
    /// What the answers that are asked for by these begin with.
    let context: LoopContext
    let gate: Gate
    let models: ModelTable

    /// Derives them.
    ///
    /// - Parameters:
    ///   - context: has the configuration.
    ///   - access: what has state and outlives the configuration.
    init(_ context: LoopContext, _ access: AccessState) {
        self.context = context
        let configuration = context.configuration
        gate = Gate(hosts: configuration.hosts, origins: configuration.corsOrigins, access)
        models = ModelTable(configuration.upstreams)
    }

    var configuration: RelayConfiguration { context.configuration }

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
