import HTTPServer

/// Which proxies are before the relay, and how they say whose requests they pass on.
struct ProxySettings: Sendable {
    /// Whose word about a client counts.
    let trust: ProxyTrust

    init(_ environment: Environment) throws(ConfigurationError) {
        var trust = ProxyTrust()
        trust.networks = try Self.trusted.value(in: environment)
        trust.field = try Self.field.value(in: environment)
        trust.hasPreambles = try Self.preambles.value(in: environment)
        guard !trust.hasPreambles || !trust.networks.isEmpty else {
            throw ConfigurationError(
                Self.preambles.variable,
                "it is 1, and \(Self.trusted.name) names nobody whose preamble would count",
                example: "0"
            )
        }
        self.trust = trust
    }
}

extension ProxySettings {
    static let group = VariableGroup(
        "Proxies before it",
        [trusted.variable, field.variable, preambles.variable]
    )

    static let trusted = Setting<[AddressNetwork]>(
        Variable(
            "RELAY_TRUSTED_PROXIES",
            example: "loopback, 10.0.0.5, 2001:db8:1::/48",
            summary: "proxies that are believed who asks, by commas: addresses, networks, loopback",
            words: """
                Proxies that are believed when they say who asks: addresses, networks such as \
                `10.0.0.0/24` and `2001:db8::/48`, and `loopback` for this machine; separated by \
                commas. The client is the last address in their list that is not among these. \
                Nobody else is believed. List proxies alone: whoever asks from a listed address \
                may say to be anybody.
                """
        )
    ) { variable, environment throws(ConfigurationError) in
        var networks: [AddressNetwork] = []
        for item in try Setting.list(variable).value(in: environment) {
            networks +=
                item.lowercased() == "loopback"
                ? AddressNetwork.loopback : [try network(item, variable)]
        }
        return networks
    }

    private static func network(
        _ item: String,
        _ variable: Variable
    ) throws(ConfigurationError) -> AddressNetwork {
        do throws(AddressNetwork.Fault) {
            return try AddressNetwork(item)
        } catch {
            let reason =
                switch error {
                case .address:
                    "is no address and no network; names are not looked up"
                case .length: "has no number of bits after its slash that such an address has"
                case .host(let network):
                    "is no network, since bits are set beyond its length; \(network) is one"
                case .everybody: "has everybody in it, who could then say to be anybody"
                }
            throw ConfigurationError(variable, "\(ConfigurationError.shown(item)) \(reason)")
        }
    }

    static let field = Setting.choice(
        Variable(
            "RELAY_FORWARDED_FIELD",
            fallback: "x-forwarded-for",
            summary: "where trusted proxies name the client: x-forwarded-for or forwarded",
            words: """
                The field in which trusted proxies name the client: `x-forwarded-for`, with \
                `X-Forwarded-Proto` for the scheme, or `forwarded`, which has both. The other one \
                is never read: proxies pass it on as clients send it.
                """
        ),
        expected: "x-forwarded-for or forwarded"
    ) { (text: String) -> ProxyTrust.Field? in
        switch text.lowercased() {
        case "x-forwarded-for": .xForwardedFor
        case "forwarded": .forwarded
        default: nil
        }
    }

    static let preambles = Setting.flag(
        Variable(
            "RELAY_PROXY_PROTOCOL",
            fallback: "0",
            summary: "1 where each connection of a trusted proxy begins with a PROXY preamble",
            words: """
                1 where each connection of a trusted proxy begins with a preamble of the PROXY \
                protocol, version 1 or 2, as `send-proxy` in haproxy and `proxy_protocol on` in \
                nginx's `stream` have it. Then a connection of such a proxy without one is \
                refused. From anybody else a preamble is a bad request.
                """
        )
    )
}
