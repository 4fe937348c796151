package import Wire

/// What a server allows its connections to hold and to take, each with the answer it gives; and
/// whose word about them counts.
package struct ServerLimits: Sendable {
    /// Bounds on one request; 413, 414 or 431.
    package var request = RequestLimits()
    /// Bodies of all connections together hold at most so much, until their requests are
    /// understood; 503.
    ///
    /// At least the largest body, which could never come in otherwise.
    package var bodyMemoryBytes = 64 * 1024 * 1024
    /// A head must be whole this long after its first byte; 408.
    package var headSeconds = 15
    /// A body must be whole this long after its head; 408.
    package var bodySeconds = 60
    /// So much of a refused request's body is read past to keep the connection; with more to come,
    /// the connection ends with the answer.
    package var maxDroppedBytes = 64 * 1024
    /// How many connections the process takes; 503 beyond.
    package var maxConnections = 20_000
    /// How many of them may come from one address, or from one network of IPv6; 429 beyond.
    ///
    /// This machine is not counted, since a proxy on it has one address for all clients.
    package var maxConnectionsPerAddress = 1000
    /// How many requests one connection carries; the answer to the last one closes it.
    package var maxRequests = 10_000
    /// How long a connection is used; the answer to a request that comes later closes it.
    package var connectionSeconds = 3600
    /// How long a connection may wait between requests before it is closed.
    ///
    /// Longer than clients and proxies keep one that is idle (90 and 60 seconds): a request must
    /// not meet the close on its way.
    package var idleSeconds = 130
    /// The same where three quarters of the connections are taken.
    package var crowdedIdleSeconds = 5
    /// A reader that takes no byte for this long is dropped.
    package var stalledSeconds = 60
    /// How long a closing connection waits for the peer to close as well.
    package var lingerSeconds = 2
    /// Output above this has the producer wait.
    package var outputHighWater = 32 * 1024
    /// Whose word about a client counts.
    package var proxies = ProxyTrust()
    /// Input read ahead while an answer is under way; beyond it, reading waits.
    package var maxPipelinedBytes = 64 * 1024

    /// The defaults.
    package init() {}
}
