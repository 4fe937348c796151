import Generations
import Relay

/// How streams are kept alive, held and left.
struct StreamSettings: Sendable {
    let keepAliveSeconds: Int
    let headHoldSeconds: Int
    /// What was set; nil leaves it to the route.
    let onDisconnect: OnDisconnect?
    /// How long ended answers and their keys stay.
    let resumeSeconds: Int
    let readerBufferBytes: Int
    let logWindowBytes: Int

    init(_ environment: Environment) throws(ConfigurationError) {
        keepAliveSeconds = try Self.keepAliveSeconds.value(in: environment)
        headHoldSeconds = try Self.headHoldSeconds.value(in: environment)
        onDisconnect = try Self.onDisconnect.value(in: environment)
        resumeSeconds = try Self.resumeSeconds.value(in: environment)
        readerBufferBytes = try Self.readerBufferBytes.value(in: environment)
        logWindowBytes = try Self.logWindowBytes.value(in: environment)
    }
}

extension StreamSettings {
    static let group = VariableGroup(
        "Streams",
        [
            keepAliveSeconds.variable, headHoldSeconds.variable, onDisconnect.variable,
            resumeSeconds.variable, readerBufferBytes.variable, logWindowBytes.variable,
        ]
    )

    static let keepAliveSeconds = Setting.integer(
        1...15,
        Variable(
            "RELAY_KEEPALIVE_S",
            fallback: "10",
            summary: "longest silence on a stream before it is filled, 1 to 15 s",
            words: """
                The longest silence on a stream before it is filled, 1 to 15 seconds: proxies cut \
                silent ones.
                """
        )
    )

    static let headHoldSeconds = Setting.integer(
        0...15,
        Variable(
            "RELAY_HEAD_HOLD_S",
            fallback: "8",
            summary: "how long a POST waits for the upstream's verdict before its 200, 0 to 15 s",
            words: """
                How long a POST waits for the upstream's verdict before its 200, 0 to 15 seconds. \
                Until then an upstream's error is an honest status; afterwards it is an event in \
                the stream.
                """
        )
    )

    static let onDisconnect = Setting.optionalChoice(
        Variable(
            "RELAY_ON_DISCONNECT",
            fallback: "grace:30",
            summary:
                "when the last reader leaves: cancel, finish or grace:<seconds>; else cancel on /v1",
            words: """
                What happens to an answer when its last reader leaves: `cancel`, `finish`, or \
                `grace:<seconds>` to wait for one to come back. A request may say otherwise with \
                `on_disconnect`. While this is not set, it is `cancel` on `/v1/chat/completions` \
                for requests without an `Idempotency-Key`, whose clients stop an answer by leaving \
                and cannot come back.
                """
        ),
        expected: "cancel, finish or grace:<seconds>"
    ) { OnDisconnect($0) }

    static let resumeSeconds = Setting.integer(
        0...86_400,
        Variable(
            "RELAY_RESUME_S",
            fallback: "600",
            change: .restart,
            summary: "how long an ended answer is kept for a reader that lost its end, in s",
            words: """
                For how many seconds an ended answer is kept for a reader that lost its end, and its \
                `Idempotency-Key` stands for it; also while the relay starts again.
                """
        )
    )

    static let readerBufferBytes = Setting.integer(
        4096...(1 << 30),
        Variable(
            "RELAY_READER_BUFFER",
            fallback: "163840",
            summary:
                "bytes held for a reader at which it holds up the upstream; cut off if others keep up",
            words: """
                A reader for which this many bytes are held in memory (what it lacks of the \
                answer, five bytes more for each token, and what it has not taken) holds up the \
                upstream while it is alone; where others keep up, it is cut off instead, and comes \
                back with its last id. So is one that takes nothing for a minute.
                """
        )
    )

    static let logWindowBytes = Setting.integer(
        65_536...(1 << 31),
        Variable(
            "RELAY_LOG_WINDOW",
            fallback: "262144",
            summary: "bytes of a running answer in memory; the rest is read back from the journal",
            words: """
                This many bytes of a running answer are kept in memory; what came before is read \
                back from the journal. Without a journal, and while it cannot be written, the whole \
                answer is kept.
                """
        )
    )
}
