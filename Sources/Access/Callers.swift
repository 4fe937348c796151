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
    ///   - tickets: what a ticket in its query may be used for.
    ///   - reactor: the loop that asks; a `Ticket` brings a later answer back to it.
    ///   - use: takes the caller, or why there is none; on that loop, now or later.
    func caller(
        of head: RequestHead,
        tickets: TicketUse,
        on reactor: Reactor,
        then use: @escaping (Result<Caller, Problem>) -> Void
    )

    /// Whether anybody is asked who they are.
    var areKnown: Bool { get }

    /// Begins a session.
    ///
    /// - Parameters:
    ///   - credential: the text of a key or a token.
    ///   - reactor: the loop that asks.
    ///   - use: takes the session for the browser's cookie; or 401 as for a wrong key, 404 where
    ///     nobody is asked who they are. On that loop, now or later.
    func logIn(
        _ credential: String,
        on reactor: Reactor,
        then use: @escaping (Result<Session, Problem>) -> Void
    )

    /// Gives a ticket to a caller, with which a stream can be opened and read on.
    ///
    /// - Parameters:
    ///   - caller: is known.
    ///   - now: the second since 1970.
    /// - Returns: its text, and for how many seconds it begins something.
    /// - Throws: 401 where the caller's own time is over, 404 where nobody is asked who they are.
    func streamTicket(
        for caller: Caller,
        now: Int
    ) throws(Problem) -> (text: String, seconds: Int)

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

/// What holds where nobody is asked who they are, and nothing goes on beside requests.
extension Callers {
    package var areKnown: Bool { false }

    package func logIn(
        _ credential: String,
        on reactor: Reactor,
        then use: @escaping (Result<Session, Problem>) -> Void
    ) {
        use(.failure(.nobodyLogsIn))
    }

    package func streamTicket(
        for caller: Caller,
        now: Int
    ) throws(Problem) -> (text: String, seconds: Int) {
        throw .nobodyLogsIn
    }

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
        tickets: TicketUse,
        on reactor: Reactor,
        then use: @escaping (Result<Caller, Problem>) -> Void
    ) {
        use(.success(.anonymous))
    }
}
