package import ChatFormats
package import HTTPServer
package import Loop

/// Decides how much a caller may ask for.
///
/// There is one for all loops: what it has counted outlives a reload of the configuration.
package protocol Budgets: Sendable {
    /// Reserves what a request may cost at most, before any upstream is called.
    ///
    /// - Parameters:
    ///   - caller: who asks.
    ///   - request: what is asked.
    ///   - reactor: the loop that asks; a `Ticket` brings a later answer back to it.
    ///   - use: takes nothing, or why the request is refused; on that loop, now or later.
    func reserve(
        _ caller: Caller,
        _ request: ChatRequest,
        on reactor: Reactor,
        then use: @escaping (Result<Void, Problem>) -> Void
    )
    /// Gives back what was reserved for a request for which no upstream is called.
    func release(_ caller: Caller, _ request: ChatRequest)
    /// Counts what an answer has cost, once it has ended; called on any thread.
    ///
    /// - Parameters:
    ///   - owner: the caller's id, as the answer's record has it.
    ///   - usage: nil if the upstream did not report it.
    func settle(_ owner: String?, _ usage: Usage?)
}

/// No limits: every caller may ask for as much as they like.
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
