package import HTTPServer
package import Loop

/// Decides how much may be asked for.
///
/// There is one for all loops: what it has counted outlives a reload of the configuration.
package protocol Budgets: Sendable {
    /// Reserves a place for a request, before any upstream is called.
    ///
    /// - Parameters:
    ///   - id: the answer's; `release` or `settle` follows under it, once it has passed.
    ///   - caller: who asks.
    ///   - address: from where.
    ///   - reactor: the loop that asks; a `Ticket` brings a later answer back to it.
    ///   - use: takes nothing, or why the request is refused; on that loop, now or later.
    func reserve(
        _ id: String,
        _ caller: Caller,
        from address: PeerAddress,
        on reactor: Reactor,
        then use: @escaping (Result<Void, Problem>) -> Void
    )
    /// Gives back what was reserved for a request for which no upstream is called.
    func release(_ id: String)
    /// Counts what an answer has cost, once it has ended; called on any thread.
    ///
    /// - Parameters:
    ///   - id: the answer's.
    ///   - bill: nothing where the upstream was asked and has not said.
    func settle(_ id: String, _ bill: RateBill)
}

/// No limits: everybody may ask for as much as they like.
package struct NoBudgets: Budgets {
    /// Makes one.
    package init() {}

    package func reserve(
        _ id: String,
        _ caller: Caller,
        from address: PeerAddress,
        on reactor: Reactor,
        then use: @escaping (Result<Void, Problem>) -> Void
    ) {
        use(.success(()))
    }

    package func release(_ id: String) {}

    package func settle(_ id: String, _ bill: RateBill) {}
}
