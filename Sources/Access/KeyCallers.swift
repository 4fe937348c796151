package import HTTPServer
package import Loop
package import Wire

/// Knows callers by the API keys that they present; without a file of keys all are anonymous.
package final class KeyCallers: Callers {
    private let keys: Guarded<APIKeys?>

    /// Takes the keys that are good for something; nil where callers are not told apart.
    package init(_ keys: APIKeys?) { self.keys = Guarded(keys) }

    /// Replaces the keys: requests whose heads come in from now on are measured by these.
    package func replace(_ keys: APIKeys?) { self.keys.withLock { $0 = keys } }

    package func caller(
        of head: RequestHead,
        on reactor: Reactor,
        then use: @escaping (Result<Caller, Problem>) -> Void
    ) {
        guard let keys = keys.withLock({ $0 }) else { return use(.success(.anonymous)) }
        do throws(Problem) {
            use(.success(try Self.caller(head, keys, now: reactor.wallMilliseconds / 1000)))
        } catch {
            use(.failure(error))
        }
    }

    private static func caller(
        _ head: RequestHead,
        _ keys: APIKeys,
        now: Int
    ) throws(Problem) -> Caller {
        let credential: Credential
        do throws(CredentialError) {
            credential = try Credential(of: head.fields)
        } catch {
            throw Problem(error)
        }
        switch credential {
        case .none: throw missing
        case .token, .other: throw invalid
        case .apiKey(let text):
            // That a key has expired is said to whoever has it; the log names it.
            guard case .key(let key) = keys.find(text, now: now) else { throw invalid }
            return Caller(id: key.owner, scopes: key.scopes)
        }
    }

    private static let missing = Problem.unauthorized(
        "this request needs an API key of this relay, as Authorization: Bearer or x-api-key",
        code: "missing_api_key"
    )
    private static let invalid = Problem.unauthorized(
        "this is no API key of this relay, or its time is over",
        code: "invalid_api_key"
    )
}

extension Problem {
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
    static func outOfScope(_ scope: Scope) -> Problem {
        Problem(
            .forbidden,
            type: "permission_error",
            message: "your key lacks the scope \(scope.rawValue)",
            code: "insufficient_scope",
            fields: [
                "WWW-Authenticate":
                    "Bearer realm=\"sse-relay\", error=\"insufficient_scope\","
                    + " scope=\"\(scope.rawValue)\""
            ]
        )
    }
}
