/// Which proxies there are before the server, and how they say whose requests they pass on.
///
/// Nobody else is believed: a client can send the same fields.
package struct ProxyTrust: Sendable, Equatable {
    /// The field in which proxies name the client.
    ///
    /// Only one of them is read. A proxy that writes one passes the other on as the client sent it,
    /// so whoever reads both reads what the client made up.
    package enum Field: Sendable, Equatable {
        /// `X-Forwarded-For`, and `X-Forwarded-Proto` for the scheme.
        case xForwardedFor
        /// `Forwarded` (RFC 7239), which has both.
        case forwarded
    }

    /// The addresses of the proxies; without any, nobody is believed.
    package var networks: [AddressNetwork] = []
    /// Where they name the client.
    package var field = Field.xForwardedFor

    /// Whether each connection of a proxy begins with a preamble (PROXY protocol).
    ///
    /// It is not guessed: a client could write one, where the proxy does not.
    package var hasPreambles = false

    /// Believes nobody.
    package init() {}

    /// Whether an address is a proxy's.
    package func trusts(_ address: PeerAddress) -> Bool {
        networks.contains { $0.contains(address) }
    }
}
