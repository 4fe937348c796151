import Generations
import HTTPServer
import Wire

/// How large requests and answers may be.
struct LimitSettings: Sendable {
    /// What a connection and its requests may take.
    let server: ServerLimits
    /// The longest answer, in bytes of text.
    let maxAnswerBytes: Int

    init(_ environment: Environment) throws(ConfigurationError) {
        let maxBody = try Self.maxBodyBytes.value(in: environment)
        let memory = try Self.bodyMemoryBytes.value(in: environment)
        guard memory >= maxBody else {
            throw ConfigurationError(
                Self.bodyMemoryBytes.variable,
                "\(memory) is less than \(Self.maxBodyBytes.name), \(maxBody):"
                    + " the largest body could never come in",
                example: "\(maxBody)"
            )
        }
        var server = ServerLimits()
        server.request.maxBodyBytes = maxBody
        server.bodyMemoryBytes = memory
        self.server = server
        maxAnswerBytes = try Self.maxAnswerBytes.value(in: environment)
    }
}

extension LimitSettings {
    static let group = VariableGroup(
        "Limits",
        [maxBodyBytes.variable, bodyMemoryBytes.variable, maxAnswerBytes.variable]
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
