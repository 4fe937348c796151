import Generations
import HTTPServer
import Wire

/// How large requests and answers may be, and what a connection may take.
struct LimitSettings: Sendable {
    /// What a connection and its requests may take.
    let server: ServerLimits
    /// The longest answer, in bytes of text.
    let maxAnswerBytes: Int

    init(_ environment: Environment) throws(ConfigurationError) {
        var server = ServerLimits()
        server.request = try Self.requestLimits(environment)
        server.bodyMemoryBytes = try Self.bodyMemoryBytes.value(in: environment)
        let maxBody = server.request.maxBodyBytes
        guard server.bodyMemoryBytes >= maxBody else {
            throw ConfigurationError(
                Self.bodyMemoryBytes.variable,
                "\(server.bodyMemoryBytes) is less than \(Self.maxBodyBytes.name), \(maxBody):"
                    + " the largest body could never come in",
                example: "\(maxBody)"
            )
        }
        server.maxPipelinedBytes = try Self.maxPipelinedBytes.value(in: environment)
        try Self.readConnections(into: &server, environment)
        self.server = server
        maxAnswerBytes = try Self.maxAnswerBytes.value(in: environment)
    }

    private static func requestLimits(
        _ environment: Environment
    ) throws(ConfigurationError) -> RequestLimits {
        var limits = RequestLimits()
        limits.maxTargetBytes = try maxTargetBytes.value(in: environment)
        limits.maxHeadBytes = try maxHeadBytes.value(in: environment)
        guard limits.maxHeadBytes > limits.maxTargetBytes else {
            throw ConfigurationError(
                maxHeadBytes.variable,
                "\(limits.maxHeadBytes) is not more than \(maxTargetBytes.name),"
                    + " \(limits.maxTargetBytes): the longest target is a part of the head",
                example: "\(2 * limits.maxTargetBytes)"
            )
        }
        limits.maxFieldCount = try maxFieldCount.value(in: environment)
        limits.maxBodyBytes = try maxBodyBytes.value(in: environment)
        limits.maxChunkLineBytes = try maxChunkLineBytes.value(in: environment)
        limits.maxExtensionBytes = try maxExtensionBytes.value(in: environment)
        limits.maxTrailerBytes = try maxTrailerBytes.value(in: environment)
        return limits
    }
}

extension LimitSettings {
    static let group = VariableGroup(
        "Limits",
        [
            maxTargetBytes.variable, maxHeadBytes.variable, maxFieldCount.variable,
            maxBodyBytes.variable, maxChunkLineBytes.variable, maxExtensionBytes.variable,
            maxTrailerBytes.variable, maxPipelinedBytes.variable, bodyMemoryBytes.variable,
            maxAnswerBytes.variable,
        ]
    )

    static let maxTargetBytes = Setting.integer(
        256...(1 << 20),
        Variable(
            "RELAY_MAX_URL",
            fallback: "16384",
            summary: "the longest request target in bytes; 414 above",
            words: "The longest path with its query in bytes; 414 above."
        )
    )

    static let maxHeadBytes = Setting.integer(
        1024...(1 << 22),
        Variable(
            "RELAY_MAX_HEAD",
            fallback: "32768",
            summary: "the largest request head in bytes; 431 above",
            words: "The largest head of a request in bytes, its first line included; 431 above."
        )
    )

    static let maxFieldCount = Setting.integer(
        8...10_000,
        Variable(
            "RELAY_MAX_FIELDS",
            fallback: "100",
            summary: "the most header lines of a request; 431 above",
            words: "How many header lines a request may have, and as many trailer lines; 431 above."
        )
    )

    static let maxBodyBytes = Setting.integer(
        1024...(1 << 30),
        Variable(
            "RELAY_MAX_BODY",
            fallback: "8388608",
            summary: "the largest request body in bytes",
            words: "The largest request body in bytes, after decompression; 413 above."
        )
    )

    static let maxChunkLineBytes = Setting.integer(
        32...(1 << 20),
        Variable(
            "RELAY_MAX_CHUNK_LINE",
            fallback: "4096",
            summary: "the longest line before a chunk in bytes; 400 above",
            words: "The longest line with a chunk's size and extensions in bytes; 400 above."
        )
    )

    static let maxExtensionBytes = Setting.integer(
        0...(1 << 20),
        Variable(
            "RELAY_MAX_CHUNK_EXTENSIONS",
            fallback: "16384",
            summary: "the most bytes of chunk extensions in one body; 400 above",
            words: "How many bytes the extensions of all chunks of a body may have; 400 above."
        )
    )

    static let maxTrailerBytes = Setting.integer(
        2...(1 << 20),
        Variable(
            "RELAY_MAX_TRAILERS",
            fallback: "8192",
            summary: "the most bytes after a body's last chunk; 431 above",
            words: "How many bytes may follow a body's last chunk, as trailers; 431 above."
        )
    )

    static let maxPipelinedBytes = Setting.integer(
        1024...(1 << 24),
        Variable(
            "RELAY_MAX_PIPELINED",
            fallback: "65536",
            summary: "bytes read ahead during an answer; beyond it the relay reads no more",
            words: """
                How many bytes of further requests are read while one is answered; beyond it the \
                connection is not read until the answer is done.
                """
        )
    )

    static let bodyMemoryBytes = Setting.integer(
        1024...(1 << 40),
        Variable(
            "RELAY_BODY_MEMORY",
            fallback: "67108864",
            change: .restart,
            summary: "bytes that the request bodies of all connections hold together; 503 beyond",
            words: """
                How many bytes the bodies of all requests may hold together until they are \
                understood; beyond that a request gets 503 and asks again. At least \
                `RELAY_MAX_BODY`.
                """
        )
    )

    static let maxAnswerBytes = Setting.integer(
        1024...(1 << 31),
        Variable(
            "RELAY_MAX_ANSWER",
            fallback: "67108864",
            summary: "the longest answer in bytes of text",
            words: "The longest answer in bytes of text; it ends as `upstream_error` there."
        )
    )
}
