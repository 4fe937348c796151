import HTTPServer

/// How many connections there may be, and how long each may take for what.
extension LimitSettings {
    static func readConnections(
        into server: inout ServerLimits,
        _ environment: Environment
    ) throws(ConfigurationError) {
        server.maxConnections = try maxConnections.value(in: environment)
        server.maxConnectionsPerAddress = try maxConnectionsPerAddress.value(in: environment)
        server.maxRequests = try maxRequests.value(in: environment)
        server.headSeconds = try headSeconds.value(in: environment)
        server.bodySeconds = try bodySeconds.value(in: environment)
        server.idleSeconds = try idleSeconds.value(in: environment)
        server.stalledSeconds = try stalledSeconds.value(in: environment)
        server.connectionSeconds = try connectionSeconds.value(in: environment)
    }

    static let connectionGroup = VariableGroup(
        "Connections",
        [
            maxConnections.variable, maxConnectionsPerAddress.variable, maxRequests.variable,
            headSeconds.variable, bodySeconds.variable, idleSeconds.variable,
            stalledSeconds.variable, connectionSeconds.variable,
        ]
    )

    static let maxConnections = Setting.integer(
        1...10_000_000,
        Variable(
            "RELAY_MAX_CONNECTIONS",
            fallback: "20000",
            summary: "the most client connections at a time; 503 beyond",
            words: """
                How many connections of clients there may be; one more gets 503. Half of the \
                descriptors that the process may have, if that is less. Where three quarters are \
                taken, an idle one is closed after 5 seconds.
                """
        )
    )

    static let maxConnectionsPerAddress = Setting.integer(
        1...10_000_000,
        Variable(
            "RELAY_MAX_CONNECTIONS_PER_ADDRESS",
            fallback: "1000",
            summary: "the most connections of one address at a time; 429 beyond",
            words: """
                How many of them may come from one address, or from one /64 network of IPv6; one \
                more gets 429. This machine's own addresses are not counted.
                """
        )
    )

    static let maxRequests = Setting.integer(
        1...1_000_000_000,
        Variable(
            "RELAY_MAX_REQUESTS_PER_CONNECTION",
            fallback: "10000",
            summary: "requests that one connection carries before it is closed",
            words: "How many requests one connection carries; the answer to the last one closes it."
        )
    )

    static let headSeconds = Setting.integer(
        1...3600,
        Variable(
            "RELAY_REQUEST_HEAD_S",
            fallback: "15",
            summary: "seconds for the head of a request; 408 after that",
            words: "How many seconds a request's head may take from its first byte; then 408."
        )
    )

    static let bodySeconds = Setting.integer(
        1...86_400,
        Variable(
            "RELAY_REQUEST_BODY_S",
            fallback: "60",
            summary: "seconds for the body of a request; 408 after that",
            words: "How many seconds a request's body may take after its head; then 408."
        )
    )

    static let idleSeconds = Setting.integer(
        1...86_400,
        Variable(
            "RELAY_CONNECTION_IDLE_S",
            fallback: "130",
            summary: "seconds that a connection may wait between requests",
            words: """
                How many seconds a connection may wait between requests before it is closed. More \
                than clients and proxies wait, so that no request meets the close on its way.
                """
        )
    )

    static let stalledSeconds = Setting.integer(
        1...86_400,
        Variable(
            "RELAY_READER_STALL_S",
            fallback: "60",
            summary: "seconds without a byte after which a client that must read is dropped",
            words: """
                How many seconds a client may leave what is sent to it unread before its \
                connection is reset. The answer goes on as for any client that leaves.
                """
        )
    )

    static let connectionSeconds = Setting.integer(
        1...31_536_000,
        Variable(
            "RELAY_CONNECTION_S",
            fallback: "3600",
            summary: "seconds after which a connection takes no further request",
            words: """
                How many seconds a connection is used; the answer to the first request after that \
                closes it. An answer under way is never cut by it.
                """
        )
    )
}
