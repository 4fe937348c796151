import ChatFormats
import Generations
import Glibc
import HTTPServer
import Relay
import Storage
import Upstream
import Wire

/// How each group of variables is read.
extension Settings {
    /// Splits `RELAY_LISTEN`, and refuses an address that others can reach: whoever reaches the
    /// relay spends its key.
    static func address(_ reader: SettingReader) throws(ConfigurationError) -> (String, Int) {
        let name = "RELAY_LISTEN"
        let text = reader.text(name) ?? ""
        guard let colon = text.lastIndex(of: ":"),
            let port = parseDecimal(String(text[text.index(after: colon)...])), port <= 65_535
        else {
            throw ConfigurationError(
                name,
                "expected address:port, found \(SettingReader.shown(text))",
                example: "127.0.0.1:8000"
            )
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if host.isEmpty { host = "0.0.0.0" }
        let isLoopback = host == "localhost" || host == "::1" || host.hasPrefix("127.")
        let allowsAnyone = try reader.flag("RELAY_ALLOW_ANONYMOUS")
        guard isLoopback || allowsAnyone else {
            throw ConfigurationError(
                name,
                "\(SettingReader.shown(host)) can be reached by others, who could spend the key;"
                    + " RELAY_ALLOW_ANONYMOUS=1 allows it",
                example: "127.0.0.1:\(port)"
            )
        }
        return (host, port)
    }

    static func loopCount(_ reader: SettingReader) throws(ConfigurationError) -> Int {
        let count = try reader.integer("RELAY_LOOPS", in: 0...64)
        guard count == 0 else { return count }
        return min(64, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    static func checkFolder(_ name: String, _ path: String) throws(ConfigurationError) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw ConfigurationError(
                name,
                "\(Redaction.clean(path)) is no folder",
                example: "static"
            )
        }
    }

    static func durability(_ reader: SettingReader) throws(ConfigurationError) -> Durability {
        let text = reader.text("RELAY_FSYNC") ?? ""
        guard let durability = Durability(rawValue: text) else {
            throw ConfigurationError(
                "RELAY_FSYNC",
                "expected interval, always or never, found \(SettingReader.shown(text))",
                example: "interval"
            )
        }
        return durability
    }

    static func limits(_ reader: SettingReader) throws(ConfigurationError) -> ServerLimits {
        var limits = ServerLimits()
        let maxBody = try reader.integer("RELAY_MAX_BODY", in: 1024...(1 << 30))
        let memory = try reader.integer("RELAY_BODY_MEMORY", in: 1024...(1 << 40))
        guard memory >= maxBody else {
            throw ConfigurationError(
                "RELAY_BODY_MEMORY",
                "\(memory) is less than RELAY_MAX_BODY, \(maxBody):"
                    + " the largest body could never come in",
                example: "\(maxBody)"
            )
        }
        limits.request.maxBodyBytes = maxBody
        limits.bodyMemoryBytes = memory
        return limits
    }

    static func upstreamSettings(
        _ reader: SettingReader
    ) throws(ConfigurationError) -> UpstreamSettings {
        var settings = UpstreamSettings()
        settings.connectSeconds = try reader.integer("RELAY_CONNECT_TIMEOUT_S", in: 1...600)
        // libcurl reads the proxies' variables itself; those of the certificates only its command
        // does.
        let environment = reader.environment
        settings.certificateFile = environment["CURL_CA_BUNDLE"] ?? environment["SSL_CERT_FILE"]
        settings.certificateFolder = environment["SSL_CERT_DIR"]
        return settings
    }

    /// The upstreams that are configured, the default first.
    static func upstreams(
        _ reader: SettingReader,
        model: String?
    ) throws(ConfigurationError) -> [RelayConfiguration.Upstream] {
        let chosen = try source(reader)
        guard chosen != .simulator else { return [] }
        var upstreams: [RelayConfiguration.Upstream] = []
        if isConfigured("OPENAI", reader) || chosen == .openai {
            upstreams.append(try upstream(.openai, reader))
        }
        if isConfigured("ANTHROPIC", reader) || chosen == .anthropic {
            upstreams.append(try upstream(.anthropic, reader))
        }
        if chosen == .anthropic { upstreams.reverse() }
        if let model, !upstreams.isEmpty { upstreams[0].model = model }
        return upstreams
    }

    private static func source(_ reader: SettingReader) throws(ConfigurationError) -> Source? {
        guard let text = reader.environment["RELAY_UPSTREAM"] else { return nil }
        guard let source = Source(rawValue: text) else {
            throw ConfigurationError(
                "RELAY_UPSTREAM",
                "expected openai, anthropic or simulator, found \(SettingReader.shown(text))",
                example: "openai"
            )
        }
        return source
    }

    private static func isConfigured(_ prefix: String, _ reader: SettingReader) -> Bool {
        reader.environment[prefix + "_API_KEY"] != nil
            || reader.environment[prefix + "_BASE_URL"] != nil
    }

    private static func upstream(
        _ source: Source,
        _ reader: SettingReader
    ) throws(ConfigurationError) -> RelayConfiguration.Upstream {
        let isOpenAI = source == .openai
        let prefix = isOpenAI ? "OPENAI" : "ANTHROPIC"
        let isOwnServer = reader.environment[prefix + "_BASE_URL"] != nil
        let key = try reader.key(prefix + "_API_KEY")
        guard key != nil || isOwnServer else {
            throw ConfigurationError(
                prefix + "_API_KEY",
                "is not set, though RELAY_UPSTREAM is \(source.rawValue)"
            )
        }
        return RelayConfiguration.Upstream(
            name: source.rawValue,
            provider: isOpenAI ? .openAI : .anthropic,
            baseURL: try reader.url(prefix + "_BASE_URL"),
            key: key,
            model: isOpenAI ? "gpt-4o-mini" : "claude-haiku-4-5"
        )
    }

    /// What of the relay's configuration does not depend on the upstreams.
    static func tuning(
        _ reader: SettingReader
    ) throws(ConfigurationError) -> @Sendable (inout RelayConfiguration) -> Void {
        let day = 86_400
        let firstByte = try reader.integer("RELAY_FIRST_BYTE_TIMEOUT_S", in: 1...day)
        let idle = try reader.integer("RELAY_IDLE_TIMEOUT_S", in: 1...day)
        let total = try reader.integer("RELAY_TOTAL_TIMEOUT_S", in: 1...day)
        let retries = try reader.integer("RELAY_RETRIES", in: 0...10)
        let keepAlive = try reader.integer("RELAY_KEEPALIVE_S", in: 1...15)
        let headHold = try reader.integer("RELAY_HEAD_HOLD_S", in: 0...15)
        let resume = try resumeSeconds(reader)
        let contextTokens = try reader.integer("RELAY_CONTEXT_TOKENS", in: 0...10_000_000)
        let readerBuffer = try reader.integer("RELAY_READER_BUFFER", in: 4096...(1 << 30))
        let logWindow = try reader.integer("RELAY_LOG_WINDOW", in: 65_536...(1 << 31))
        let maxAnswer = try reader.integer("RELAY_MAX_ANSWER", in: 1024...(1 << 31))
        let origins = reader.list("RELAY_CORS_ORIGINS")
        for origin in origins where origin != "*" && !isOrigin(origin) {
            throw ConfigurationError(
                "RELAY_CORS_ORIGINS",
                "\(SettingReader.shown(origin)) is no origin",
                example: "https://chat.example.com"
            )
        }
        let hosts = reader.list("RELAY_HOSTS")
        let onDisconnect = try onDisconnect(reader)
        return { configuration in
            configuration.firstByteSeconds = firstByte
            configuration.idleSeconds = idle
            configuration.totalSeconds = total
            configuration.maxRetries = retries
            configuration.keepAliveSeconds = keepAlive
            configuration.headHoldSeconds = headHold
            configuration.resumeSeconds = resume
            configuration.contextTokens = contextTokens
            configuration.readerBufferBytes = readerBuffer
            configuration.logWindowBytes = logWindow
            configuration.maxAnswerBytes = maxAnswer
            configuration.corsOrigins = origins
            configuration.hosts = hosts
            configuration.onDisconnect = onDisconnect
        }
    }

    /// What was set; nil leaves it to the route.
    private static func onDisconnect(
        _ reader: SettingReader
    ) throws(ConfigurationError) -> OnDisconnect? {
        guard let text = reader.environment["RELAY_ON_DISCONNECT"] else { return nil }
        if let value = OnDisconnect(text) { return value }
        throw ConfigurationError(
            "RELAY_ON_DISCONNECT",
            "expected cancel, finish or grace:<seconds>, found \(SettingReader.shown(text))",
            example: "grace:30"
        )
    }

    /// How long ended answers and their keys stay.
    static func resumeSeconds(_ reader: SettingReader) throws(ConfigurationError) -> Int {
        try reader.integer("RELAY_RESUME_S", in: 0...86_400)
    }

    private static func isOrigin(_ text: String) -> Bool {
        for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
            let rest = text.dropFirst(scheme.count)
            return !rest.isEmpty && !rest.contains { "/ @?#".contains($0) }
        }
        return false
    }
}
