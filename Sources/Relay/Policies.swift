import Access
import ChatFormats
import Generations
import HTTPServer
import Loop

/// What one loop derives from a configuration.
///
/// A reload replaces it whole, so that a request sees either the old or the new one, and keeps the
/// one that it began with.
final class Policies {
    /// What the answers that are asked for by these begin with.
    let context: LoopContext
    let gate: Gate
    let models: ModelTable
    /// What happens when an answer's last reader leaves; nil leaves it to the route.
    let onDisconnect: OnDisconnect?
    private let budgets: any Budgets

    /// Derives the policies.
    ///
    /// - Parameters:
    ///   - context: has the configuration.
    ///   - access: has the state that outlives a configuration.
    init(_ context: LoopContext, _ access: AccessState) {
        self.context = context
        let configuration = context.configuration
        gate = Gate(hosts: configuration.hosts, origins: configuration.corsOrigins, access)
        models = ModelTable(configuration.upstreams, context.breakers, context.queues)
        models.bound(by: configuration)
        onDisconnect = configuration.onDisconnect
        budgets = access.budgets
    }

    /// Decides whether a new answer may be asked for; `use` gets the result now or later, on the
    /// loop.
    func reserve(
        _ id: String,
        _ caller: Caller,
        _ exchange: Exchange,
        then use: @escaping (Result<Void, Problem>) -> Void
    ) {
        let address = exchange.clientAddress
        budgets.reserve(id, caller, from: address, on: context.reactor, then: use)
    }

    /// Counts an answer that is over and that the relay did not read.
    func settle(_ id: String, _ bill: RateBill) { budgets.settle(id, bill) }

    /// Gives back what was reserved for a request for which no upstream is asked.
    func release(_ id: String) { budgets.release(id) }
}
