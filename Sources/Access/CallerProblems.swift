import HTTPServer
import Wire

/// What is said to a request whose sender is not known, or may not do what it asks for.
extension Problem {
    /// A request without any credential.
    static let missingCredential = Problem.unauthorized(
        "this request needs a key of this relay or a token, as Authorization: Bearer or x-api-key",
        code: "missing_api_key"
    )

    /// A key that does not count; the log alone says why.
    static func invalidKey(_ reason: String) -> Problem {
        var problem = Problem.unauthorized(
            "this is no key of this relay, or its time is over",
            code: "invalid_api_key"
        )
        problem.loggedReason = reason
        return problem
    }

    /// A token that does not count; the log alone says why.
    init(_ error: JWTError) {
        self = error == .missingScope ? .lacksScope : .invalidToken(error)
    }

    /// A token that is none of the issuer's, or not for this server, or not now.
    static func invalidToken(_ error: JWTError) -> Problem {
        var problem = Problem.unauthorized(
            "this token does not count here, or does not any more",
            code: JWTError.wordForClients
        )
        problem.fields = [
            "WWW-Authenticate": "Bearer realm=\"sse-relay\", error=\"\(JWTError.wordForClients)\""
        ]
        problem.loggedReason = "a token that does not count: \(error.word)"
        return problem
    }

    /// A token that nobody can judge now; a 401 would have its client throw it away.
    static func noKeySet(_ seconds: Int) -> Problem {
        var problem = Problem(
            .serviceUnavailable,
            type: "server_error",
            message: "the keys that tokens are checked with cannot be fetched now;"
                + " send the same request again in \(seconds) s",
            code: "key_set_unavailable",
            fields: ["Retry-After": "\(seconds)"]
        )
        problem.loggedReason = "a token that cannot be checked: key set unreachable"
        return problem
    }

    private static let lacksScope = Problem(
        .forbidden,
        type: "permission_error",
        message: "your token lacks a scope that this relay needs",
        code: "insufficient_scope",
        fields: ["WWW-Authenticate": "Bearer realm=\"sse-relay\", error=\"insufficient_scope\""]
    )

    /// A request whose sender is not known (RFC 9110 §15.5.2, RFC 6750 §3).
    static func unauthorized(_ message: String, code: String) -> Problem {
        Problem(
            .unauthorized,
            type: "authentication_error",
            message: message,
            code: code,
            fields: ["WWW-Authenticate": "Bearer realm=\"sse-relay\""]
        )
    }

    /// A credential that cannot be read.
    init(_ error: CredentialError) {
        let message =
            switch error {
            case .ambiguous: "the request has several credentials; send one"
            case .unsupportedScheme: "Authorization has another scheme than Bearer"
            case .malformed: "the credential is empty, or holds a blank"
            case .tooLong: "the credential is longer than \(Credential.maxBytes) bytes"
            }
        self = .unauthorized(message, code: "invalid_credential")
    }

    /// A caller that lacks a scope (RFC 6750 §3.1).
    static func outOfScope(_ scope: Scope, _ caller: Caller) -> Problem {
        var problem = Problem(
            .forbidden,
            type: "permission_error",
            message: "your key or token lacks the scope \(scope.rawValue)",
            code: "insufficient_scope",
            fields: [
                "WWW-Authenticate":
                    "Bearer realm=\"sse-relay\", error=\"insufficient_scope\","
                    + " scope=\"\(scope.rawValue)\""
            ]
        )
        problem.caller = caller.id
        return problem
    }
}
