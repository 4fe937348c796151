import Loop

/// How much a connection has been used; it goes with the connection to another loop.
struct ConnectionAge: Sendable {
    /// When it was accepted.
    let since: Nanoseconds
    /// How many requests have begun on it.
    var requestCount = 0

    /// How long after it was accepted its first request may still be on its way.
    static let firstRequestSeconds = 1

    /// Whether its first request may be on its way.
    func isNew(at now: Nanoseconds) -> Bool {
        requestCount == 0 && now < since + .seconds(Self.firstRequestSeconds)
    }

    /// Whether no other request shall follow the one under way.
    ///
    /// The time is that of a loop's turn, which may have begun before another loop accepted it.
    func isSpent(at now: Nanoseconds, _ limits: ServerLimits) -> Bool {
        requestCount >= limits.maxRequests || now >= since + .seconds(limits.connectionSeconds)
    }
}
