package import HTTPServer
package import Loop
package import Upstream
package import Wire

/// Finds out who asks, from the head of a request.
///
/// There is one for all loops: what it knows outlives a reload of the configuration.
package protocol Callers: Sendable {
    /// Finds out who asks.
    ///
    /// - Parameters:
    ///   - head: the request's.
    ///   - reactor: the loop that asks; a `Ticket` brings a later answer back to it.
    ///   - use: takes the caller, or why there is none; on that loop, now or later.
    func caller(
        of head: RequestHead,
        on reactor: Reactor,
        then use: @escaping (Result<Caller, Problem>) -> Void
    )

    /// Begins what goes on beside requests, such as fetching keys.
    ///
    /// - Parameters:
    ///   - loop: one of those that serve.
    ///   - connection: how connections to other servers are made.
    ///   - report: takes what is worth a line in the log, on any thread.
    func begin(
        on loop: EventLoop,
        _ connection: UpstreamSettings,
        report: @escaping @Sendable (KeySetReport) -> Void
    ) async

    /// Ends it, before the loop ends.
    func end() async
}

/// Most have nothing to do beside requests.
extension Callers {
    package func begin(
        on loop: EventLoop,
        _ connection: UpstreamSettings,
        report: @escaping @Sendable (KeySetReport) -> Void
    ) async {}

    package func end() async {}
}

/// All callers are the anonymous one.
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
