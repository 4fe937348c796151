package import ChatFormats
package import HTTPServer
package import Loop

/// Says how much a caller may ask for.
///
/// One for all loops: what it has counted outlives a reload of the configuration.
package protocol Budgets: Sendable {
    /// Takes what a request may cost at most, before anybody is asked.
    ///
    /// - Parameters:
    ///   - caller: who asks.
    ///   - request: what is asked.
    ///   - reactor: the loop's that asks; a `Ticket` brings what is known later back to it.
    ///   - use: takes nothing, or why it may not be asked; on that loop, now or later.
    func reserve(
        _ caller: Caller,
        _ request: ChatRequest,
        on reactor: Reactor,
        then use: @escaping (Result<Void, Problem>) -> Void
    )
    /// Gives back what was reserved for a request that nobody is asked for.
    func release(_ caller: Caller, _ request: ChatRequest)
    /// Takes what an answer has cost, once it has ended; called on any thread.
    ///
    /// - Parameters:
    ///   - owner: the caller's id, as the answer's record has it.
    ///   - usage: nil where the upstream did not say it.
    func settle(_ owner: String?, _ usage: Usage?)
}

/// Everybody may ask for as much as they like.
package struct NoBudgets: Budgets {
    /// Makes one.
    package init() {}

    package func reserve(
        _ caller: Caller,
        _ request: ChatRequest,
        on reactor: Reactor,
        then use: @escaping (Result<Void, Problem>) -> Void
    ) {
        use(.success(()))
    }

    package func release(_ caller: Caller, _ request: ChatRequest) {}

    package func settle(_ owner: String?, _ usage: Usage?) {}
}
