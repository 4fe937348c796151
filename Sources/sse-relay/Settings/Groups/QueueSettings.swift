import Wire

/// How many answers run at once, and who waits.
struct QueueSettings: Sendable {
    /// For each upstream; nil for any number.
    let maxGenerations: Int?
    let maxQueued: Int
    let queueSeconds: Int
    let maxMemoryBytes: Int

    init(_ environment: Environment) throws(ConfigurationError) {
        maxGenerations = try Self.maxGenerations.value(in: environment)
        maxQueued = try Self.maxQueued.value(in: environment)
        queueSeconds = try Self.queueSeconds.value(in: environment)
        maxMemoryBytes = try Self.maxMemoryBytes.value(in: environment) ?? MachineMemory.half
    }
}

extension QueueSettings {
    static let group = VariableGroup(
        "When there is no room",
        [
            maxGenerations.variable, maxQueued.variable, queueSeconds.variable,
            maxMemoryBytes.variable,
        ],
        closingWords: """
            What waits is served in turns: each key and each user in turn, and each one's own in the \
            order in which they came. `events` tells a client its place.
            """
    )

    static let maxGenerations = Setting.optionalInteger(
        1...1_000_000,
        Variable(
            "RELAY_UPSTREAM_GENERATIONS",
            example: "64",
            summary: "answers that one upstream gives at once; others wait",
            words: """
                How many answers one upstream gives at once; others wait. `generations` of \
                `RELAY_UPSTREAMS_FILE` says it for one of them.
                """
        )
    )

    static let maxQueued = Setting.integer(
        0...1000,
        Variable(
            "RELAY_QUEUE",
            fallback: "100",
            summary: "how many may wait for one upstream, 0 for none; then 503",
            words: """
                How many may wait for one upstream; 0 for none. A key or a user may have a quarter \
                of them.
                """
        )
    )

    static let queueSeconds = Setting.integer(
        1...3600,
        Variable(
            "RELAY_QUEUE_S",
            fallback: "30",
            summary: "how long one waits for its upstream, in s; then 503",
            words: "How long one waits, in seconds."
        )
    )

    static let maxMemoryBytes = Setting.optionalInteger(
        8 << 20...1 << 50,
        Variable(
            "RELAY_MAX_MEMORY",
            example: "1073741824",
            summary: "bytes that answers and clients may hold until new ones wait",
            words: """
                How many bytes answers, clients and the bodies of requests may hold until new \
                answers wait. What is held is counted, and not the size of the process, which is \
                some 20 MB more. It is half of what the machine or the container has, unless it is \
                set.
                """
        )
    )
}
