package import HTTPServer
package import Loop
package import Wire

/// Tells who asks, from the head of a request.
///
/// One for all loops: what it knows outlives a reload of the configuration.
package protocol Callers: Sendable {
    /// Tells it.
    ///
    /// - Parameters:
    ///   - head: the request's.
    ///   - reactor: the loop's that asks; a `Ticket` brings what is known later back to it.
    ///   - use: takes the caller, or why there is none; on that loop, now or later.
    func caller(
        of head: RequestHead,
        on reactor: Reactor,
        then use: @escaping (Result<Caller, Problem>) -> Void
    )
}

/// Nobody is told apart.
package struct AnonymousCallers: Callers {
    /// Makes one.
    package init() {}

    package func caller(
        of head: RequestHead,
        on reactor: Reactor,
        then use: @escaping (Result<Caller, Problem>) -> Void
    ) {
        use(.success(.anonymous))
    }
}
