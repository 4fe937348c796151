import Generations
import Upstream

/// How an upstream is called.
struct CallSettings: Sendable {
    let maxRetries: Int
    let headSeconds: Int
    let firstDataSeconds: Int
    let idleSeconds: Int
    let totalSeconds: Int
    let retryBudgetSeconds: Int
    let breakerFailures: Int
    let breakerSeconds: Int
    /// What an operator should know of old variables; nil where none is set.
    let warning: String?
    /// What holds for every connection to an upstream.
    let connection: UpstreamSettings

    init(_ environment: Environment) throws(ConfigurationError) {
        maxRetries = try Self.maxRetries.value(in: environment)
        // The old clock counted from the request to the first data.
        let firstByte = try Self.firstByteSeconds.value(in: environment)
        let isHeadSet = Self.headSeconds.variable.value(setIn: environment) != nil
        let isDataSet = Self.firstDataSeconds.variable.value(setIn: environment) != nil
        let head = try Self.headSeconds.value(in: environment)
        let firstData = try Self.firstDataSeconds.value(in: environment)
        headSeconds = isHeadSet ? head : firstByte ?? head
        firstDataSeconds = isDataSet ? firstData : firstByte ?? firstData
        warning = firstByte.map { _ in
            "\(Self.firstByteSeconds.name) is old: \(Self.headSeconds.name) and"
                + " \(Self.firstDataSeconds.name) take its place"
        }
        idleSeconds = try Self.idleSeconds.value(in: environment)
        totalSeconds = try Self.totalSeconds.value(in: environment)
        retryBudgetSeconds = try Self.retryBudgetSeconds.value(in: environment)
        breakerFailures = try Self.breakerFailures.value(in: environment)
        breakerSeconds = try Self.breakerSeconds.value(in: environment)
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

    /// By what names the clocks are set.
    var clockNames: [UpstreamClock: String] {
        [
            .head: Self.headSeconds.name, .firstData: Self.firstDataSeconds.name,
            .idle: Self.idleSeconds.name, .total: Self.totalSeconds.name,
            .budget: Self.retryBudgetSeconds.name,
        ]
    }
}

extension CallSettings {
    static let group = VariableGroup(
        "Upstream",
        [
            maxRetries.variable, retryBudgetSeconds.variable, connectSeconds.variable,
            headSeconds.variable, firstDataSeconds.variable, firstByteSeconds.variable,
            idleSeconds.variable, totalSeconds.variable, breakerFailures.variable,
            breakerSeconds.variable, certificateBundle.variable, certificateFile.variable,
            certificateFolder.variable,
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
            words: "The first of five clocks, in seconds: until a connection is made."
        ),
        upTo: 600
    )

    static let headSeconds = seconds(
        Variable(
            "RELAY_HEAD_TIMEOUT_S",
            fallback: "90",
            summary: "until the head of the upstream's answer, in s",
            words: """
                The second clock: until the head of the answer. The same upstream is not asked again \
                after it, since the first call may be paid; the next one of a chain is.
                """
        )
    )

    static let firstDataSeconds = seconds(
        Variable(
            "RELAY_FIRST_DATA_TIMEOUT_S",
            fallback: "600",
            summary: "from that head to the first data, in s",
            words: """
                The third clock: from that head to the first data. A model may think for long, and \
                that is paid. Comments show that a queue moves, and begin it anew.
                """
        )
    )

    static let firstByteSeconds = Setting.optionalInteger(
        1...86_400,
        Variable(
            "RELAY_FIRST_BYTE_TIMEOUT_S",
            example: "120",
            summary: "an old name that sets both of these",
            words: "An old name. It sets both of these where they are not set."
        )
    )

    static let idleSeconds = seconds(
        Variable(
            "RELAY_IDLE_TIMEOUT_S",
            fallback: "120",
            summary: "between two data events of the upstream, in s",
            words: "The fourth clock: between two data events. Comments do not count."
        )
    )

    static let totalSeconds = seconds(
        Variable(
            "RELAY_TOTAL_TIMEOUT_S",
            fallback: "3600",
            summary: "from the request to the end of the answer, in s",
            words: "The fifth clock: from the request to the end of the answer."
        )
    )

    static let retryBudgetSeconds = seconds(
        Variable(
            "RELAY_RETRY_BUDGET_S",
            fallback: "95",
            summary: "how long calls may be made until one is answered, in s",
            words: """
                How long calls may be made for one request until one is answered, in seconds. With \
                several upstreams, each has its share of what is left to send the head of its answer.
                """
        )
    )

    static let breakerFailures = Setting.integer(
        1...1000,
        Variable(
            "RELAY_BREAKER_FAILURES",
            fallback: "5",
            summary: "after how many failures in a row an upstream is left out",
            words: """
                After how many failures in a row an upstream is left out for a while. It is still \
                asked where nobody else can be.
                """
        )
    )

    static let breakerSeconds = seconds(
        Variable(
            "RELAY_BREAKER_OPEN_S",
            fallback: "20",
            summary: "for how long it is left out, in s",
            words: "For how long, in seconds. Then one call tries it again."
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
