import Access
import Generations
import Glibc
import Relay
import Wire

/// Where the relay listens, and who may reach it there.
struct ListeningSettings: Sendable {
    let address: ListenAddress
    /// Whether other machines may reach it.
    let mayBeExposed: Bool
    /// Names other than `localhost` under which it is reached.
    let hosts: [String]
    /// Foreign origins whose pages may ask; `*` for all.
    let origins: [String]
    /// The folder of the page; nil where none is served.
    let staticFolder: String?

    /// - Parameters:
    ///   - environment: has the variables.
    ///   - areCallersKnown: whether a request needs a key.
    /// - Throws: what is wrong.
    init(
        _ environment: Environment,
        areCallersKnown: Bool
    ) throws(ConfigurationError) {
        address = try Self.address.value(in: environment)
        let allowsAnyone = try Self.allowsAnyone.value(in: environment)
        // Set once in order to listen, it must not let strangers in later.
        guard !allowsAnyone || !areCallersKnown else {
            throw ConfigurationError(
                Self.allowsAnyone.variable,
                "it is 1, and \(AccessSettings.keys.name) says that a request needs a key;"
                    + " unset one of them",
                example: "0"
            )
        }
        mayBeExposed = areCallersKnown || allowsAnyone
        guard address.isLoopback || mayBeExposed else {
            throw ConfigurationError(
                Self.address.variable,
                "others can reach \(ConfigurationError.shown(address.host)), and could spend the"
                    + " key; \(Self.exposureCure)",
                example: "127.0.0.1:\(address.port)"
            )
        }
        hosts = try Self.hosts.value(in: environment)
        origins = try Self.origins.value(in: environment)
        staticFolder = try Self.staticFolder.value(in: environment)
    }
}

extension ListeningSettings {
    /// How an address is allowed that others can reach.
    static let exposureCure =
        "\(AccessSettings.keys.name) lets those in who have a key of this relay,"
        + " and \(allowsAnyone.name)=1 lets anybody in"
}

/// An address of this machine and a port.
struct ListenAddress: Sendable {
    /// A numeric address without brackets, or a name.
    let host: String
    /// 0 takes a free one.
    let port: Int

    /// Reads `address:port`; nil where the text is something else.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = parseDecimal(String(text[text.index(after: colon)...])), port <= 65_535
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.host = host.isEmpty ? "0.0.0.0" : host
        self.port = port
    }

    /// Whether this machine alone reaches it.
    var isLoopback: Bool {
        host.lowercased() == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    /// The host as a URL has it.
    var urlHost: String { host.contains(":") ? "[\(host)]" : host }
}

extension ListeningSettings {
    static let group = VariableGroup(
        "Where it listens",
        [
            address.variable, allowsAnyone.variable, hosts.variable, origins.variable,
            staticFolder.variable,
        ]
    )

    static let address = Setting.choice(
        Variable(
            "RELAY_LISTEN",
            fallback: "127.0.0.1:8000",
            content: .address,
            change: .restart,
            summary: "address and port to listen on; port 0 takes a free one",
            words: """
                Address and port. Port 0 takes a free one, which the start-up line names. \
                `localhost` is both 127.0.0.1 and ::1, where the machine has them.
                """
        ),
        expected: "address:port"
    ) { ListenAddress($0) }

    static let allowsAnyone = Setting.flag(
        Variable(
            "RELAY_ALLOW_ANONYMOUS",
            fallback: "0",
            change: .restart,
            summary: "1 to listen on an address that others can reach",
            words: """
                Whoever reaches the relay spends the key. An address that others can reach is \
                refused unless this is 1, or a request needs a key (`RELAY_API_KEYS_FILE`); with \
                both the start is refused.
                """
        )
    )

    static let hosts = Setting.list(
        Variable(
            "RELAY_HOSTS",
            example: "chat.example.com",
            content: .address,
            summary: "host names under which the relay is reached, beside localhost; by commas",
            words: """
                Host names under which browsers reach the relay, beside localhost and plain \
                addresses; separated by commas. Others are refused (421), which stops DNS rebinding.
                """
        )
    )

    static let origins = Setting<[String]>(
        Variable(
            "RELAY_CORS_ORIGINS",
            example: "https://app.example.com",
            content: .address,
            summary: "origins of other pages that may ask, by commas; * for all",
            words: """
                Origins of other pages that may ask, as browsers send them: a scheme, a host and \
                perhaps a port, such as `https://app.example.com`, `chrome-extension://…` or \
                `tauri://localhost`; `null` for pages from files; separated by commas. `*` is for \
                all, and there are no other patterns. Others are refused (403).
                """
        )
    ) { variable, environment throws(ConfigurationError) in
        var origins: [String] = []
        for item in try Setting.list(variable).value(in: environment) {
            origins.append(item == "*" ? item : try origin(item, variable).text)
        }
        return origins
    }

    /// One item of the list, also with the slash with which an address bar shows it.
    private static func origin(
        _ item: String,
        _ variable: Variable
    ) throws(ConfigurationError) -> Origin {
        let hasSlash = item.hasSuffix("/") && !item.hasSuffix("://")
        do throws(Origin.Fault) {
            return try Origin(hasSlash ? String(item.dropLast()) : item)
        } catch {
            let reason =
                switch error {
                case .noScheme: "it has no scheme, such as https://"
                case .noHost: "it has no host; pages from files have the origin null"
                case .path: "something follows the host; origins have no path"
                case .wildcard: "patterns are not known; list each origin, or * alone for all"
                case .user: "it has a user"
                case .port: "its port is no number"
                case .notASCII: "browsers send names in ASCII, as xn--…"
                case .character: "it holds a character that no origin has"
                }
            let shown = ConfigurationError.shown(item)
            throw ConfigurationError(variable, "\(shown) is no origin: \(reason)")
        }
    }

    static let staticFolder = Setting<String?>(
        Variable(
            "RELAY_STATIC_DIR",
            fallback: "static",
            change: .restart,
            emptiness: .value,
            summary: "the folder of the page; empty for none",
            words: "The folder of the page; set to nothing for none."
        )
    ) { variable, environment throws(ConfigurationError) in
        let path = variable.value(in: environment)
        guard !path.isEmpty else { return nil }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw ConfigurationError(variable, "\(Redaction.clean(path)) is no folder")
        }
        return path
    }
}
