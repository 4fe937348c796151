import Access
import Wire

/// How much callers and addresses may ask for.
struct RateSettings: Sendable {
    let policy: RatePolicy

    init(_ environment: Environment, isBehindProxies: Bool) throws(ConfigurationError) {
        var policy = RatePolicy()
        policy.isBehindProxies = isBehindProxies
        policy.perCaller.requestsPerMinute = try Self.callerRequests.value(in: environment)
        policy.perCaller.tokensPerMinute = try Self.callerTokens.value(in: environment)
        policy.perCaller.tokensPerDay = try Self.callerTokensADay.value(in: environment)
        policy.perCaller.nanodollarsPerDay = try Self.callerMoney.value(in: environment)
        policy.perCaller.generations = try Self.callerGenerations.value(in: environment)
        policy.perAddress.requestsPerMinute = try Self.addressRequests.value(in: environment)
        policy.perAddress.tokensPerMinute = try Self.addressTokens.value(in: environment)
        policy.perAddress.tokensPerDay = try Self.addressTokensADay.value(in: environment)
        policy.perAddress.nanodollarsPerDay = try Self.addressMoney.value(in: environment)
        policy.perAddress.generations = try Self.addressGenerations.value(in: environment)
        self.policy = policy
    }
}

extension RateSettings {
    static let group = VariableGroup(
        "How much may be asked",
        [
            callerRequests.variable, callerTokens.variable, callerTokensADay.variable,
            callerMoney.variable, callerGenerations.variable, addressRequests.variable,
            addressTokens.variable, addressTokensADay.variable, addressMoney.variable,
            addressGenerations.variable,
        ],
        closingWords: """
            Each is for one caller: a key or a user of tokens; where callers are not told apart, for \
            all of them together. The `limits` of a key, or `relay_limits` of a token, come before \
            these. Nothing is bounded while none is set.
            """
    )

    private static let range = 1...1_000_000_000_000

    static let callerRequests = Setting.optionalInteger(
        range,
        Variable(
            "RELAY_CALLER_REQUESTS_PER_MINUTE",
            example: "60",
            summary: "new answers a minute for each caller",
            words: "New answers a minute, evenly and with bursts up to all of them."
        )
    )

    static let callerTokens = Setting.optionalInteger(
        range,
        Variable(
            "RELAY_CALLER_TOKENS_PER_MINUTE",
            example: "100000",
            summary: "tokens a minute for each caller, of questions and answers",
            words: """
                Tokens a minute, of questions and answers together. They are known once an answer \
                has ended: what runs may go beyond, and is waited for afterwards.
                """
        )
    )

    static let callerTokensADay = Setting.optionalInteger(
        range,
        Variable(
            "RELAY_CALLER_TOKENS_PER_DAY",
            example: "2000000",
            summary: "tokens a day for each caller",
            words: "The same for a day, which begins at midnight UTC."
        )
    )

    static let callerMoney = money(
        Variable(
            "RELAY_CALLER_MONEY_PER_DAY",
            example: "2.50",
            summary: "US dollars a day for each caller, where prices are known",
            words: """
                US dollars a day. What a model costs is in `prices` of `RELAY_UPSTREAMS_FILE`; an \
                answer of a model without a price costs nothing here.
                """
        )
    )

    /// An amount in US dollars, read as billionths; nil while none is set.
    private static func money(_ variable: Variable) -> Setting<Int?> {
        Setting(variable) { variable, environment throws(ConfigurationError) in
            guard let text = variable.value(setIn: environment) else { return nil }
            guard let dollars = Double(text), CallerLimits.dollars.contains(dollars) else {
                throw ConfigurationError(
                    variable,
                    "expected US dollars, found \(ConfigurationError.shown(text))"
                )
            }
            return CallerLimits.nanodollars(dollars)
        }
    }

    static let callerGenerations = Setting.optionalInteger(
        range,
        Variable(
            "RELAY_CALLER_GENERATIONS",
            example: "4",
            summary: "answers at once for each caller",
            words: "Answers that run at once."
        )
    )

    static let addressRequests = Setting.optionalInteger(
        range,
        Variable(
            "RELAY_ADDRESS_REQUESTS_PER_MINUTE",
            example: "120",
            summary: "new answers a minute for each client address",
            words: """
                New answers a minute for all callers of one address, or of one /64 network of \
                IPv6. This machine's own addresses are not counted, unless proxies are trusted: a \
                proxy here has one for all of its clients.
                """
        )
    )

    static let addressTokens = Setting.optionalInteger(
        range,
        Variable(
            "RELAY_ADDRESS_TOKENS_PER_MINUTE",
            example: "200000",
            summary: "tokens a minute for each client address",
            words: "Tokens a minute for such an address."
        )
    )

    static let addressTokensADay = Setting.optionalInteger(
        range,
        Variable(
            "RELAY_ADDRESS_TOKENS_PER_DAY",
            example: "4000000",
            summary: "tokens a day for each client address",
            words: "The same for a day."
        )
    )

    static let addressMoney = money(
        Variable(
            "RELAY_ADDRESS_MONEY_PER_DAY",
            example: "5.00",
            summary: "US dollars a day for each client address, where prices are known",
            words: "US dollars a day for such an address."
        )
    )

    static let addressGenerations = Setting.optionalInteger(
        range,
        Variable(
            "RELAY_ADDRESS_GENERATIONS",
            example: "20",
            summary: "answers at once for each client address",
            words: "Answers that run at once for such an address."
        )
    )
}
