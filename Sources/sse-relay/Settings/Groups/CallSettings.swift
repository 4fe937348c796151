import Generations
import Upstream

/// How an upstream is called.
struct CallSettings: Sendable {
    let maxRetries: Int
    let firstByteSeconds: Int
    let idleSeconds: Int
    let totalSeconds: Int
    /// What holds for every connection to an upstream.
    let connection: UpstreamSettings

    init(_ environment: Environment) throws(ConfigurationError) {
        maxRetries = try Self.maxRetries.value(in: environment)
        firstByteSeconds = try Self.firstByteSeconds.value(in: environment)
        idleSeconds = try Self.idleSeconds.value(in: environment)
        totalSeconds = try Self.totalSeconds.value(in: environment)
        var connection = UpstreamSettings()
        connection.connectSeconds = try Self.connectSeconds.value(in: environment)
        // libcurl reads the proxies' variables itself; those of the certificates only its command
        // does.
        let bundle = try Self.certificateBundle.value(in: environment)
        let file = try Self.certificateFile.value(in: environment)
        connection.certificateFile = bundle ?? file
        connection.certificateFolder = try Self.certificateFolder.value(in: environment)
        self.connection = connection
    }
}

extension CallSettings {
    static let group = VariableGroup(
        "Upstream",
        [
            maxRetries.variable, connectSeconds.variable, firstByteSeconds.variable,
            idleSeconds.variable, totalSeconds.variable, certificateBundle.variable,
            certificateFile.variable, certificateFolder.variable,
        ],
        closingWords: """
            Proxies are taken from the variables that curl users know: `http_proxy`, \
            `https_proxy`, `all_proxy`, `no_proxy`. They count in the process's own environment \
            alone, not in a file. An upstream on this machine is always reached directly; through \
            which proxy another one is reached, `--check` says.
            """
    )

    static let maxRetries = Setting.integer(
        0...10,
        Variable(
            "RELAY_RETRIES",
            fallback: "2",
            summary: "how often a failed call is made again before its first token, 0 to 10",
            words: """
                How often a failed call is made again while nothing of the answer has come, 0 to \
                10.
                """
        )
    )

    static let connectSeconds = seconds(
        Variable(
            "RELAY_CONNECT_TIMEOUT_S",
            fallback: "10",
            change: .restart,
            summary: "until a connection to the upstream is made, in s",
            words: "The first of four clocks, in seconds: until a connection is made."
        ),
        upTo: 600
    )

    static let firstByteSeconds = seconds(
        Variable(
            "RELAY_FIRST_BYTE_TIMEOUT_S",
            fallback: "120",
            summary: "until the upstream's first data, in s",
            words: "The second clock: until the first data."
        )
    )

    static let idleSeconds = seconds(
        Variable(
            "RELAY_IDLE_TIMEOUT_S",
            fallback: "120",
            summary: "between two data events of the upstream, in s",
            words: "The third clock: between two data events. Comments do not count."
        )
    )

    static let totalSeconds = seconds(
        Variable(
            "RELAY_TOTAL_TIMEOUT_S",
            fallback: "3600",
            summary: "from the request to the end of the answer, in s",
            words: "The fourth clock: from the request to the end of the answer."
        )
    )

    private static func seconds(_ variable: Variable, upTo most: Int = 86_400) -> Setting<Int> {
        .integer(1...most, variable)
    }

    static let certificateBundle = Setting.optionalText(
        Variable(
            "CURL_CA_BUNDLE",
            example: "/etc/ssl/certs/ca-certificates.crt",
            change: .restart,
            summary: "a file of certificates to trust instead of the system's",
            words: """
                A file of certificates to trust instead of the system's, under the name that curl \
                users know.
                """
        )
    )

    static let certificateFile = Setting.optionalText(
        Variable(
            "SSL_CERT_FILE",
            example: "/etc/ssl/certs/ca-certificates.crt",
            change: .restart,
            summary: "the same, under OpenSSL's name",
            words: "The same under OpenSSL's name; `CURL_CA_BUNDLE` wins."
        )
    )

    static let certificateFolder = Setting.optionalText(
        Variable(
            "SSL_CERT_DIR",
            example: "/etc/ssl/certs",
            change: .restart,
            summary: "a folder of certificates to trust",
            words: "A folder of certificates to trust, as OpenSSL's `c_rehash` prepares it."
        )
    )
}
