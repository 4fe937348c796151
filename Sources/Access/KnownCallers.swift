package import HTTPServer
package import Loop
package import Wire

/// Knows callers by the API keys and tokens that they present; without any, all are anonymous.
package final class KnownCallers: Callers {
    /// What callers are known by; nil for what does not count.
    package struct Means: Sendable {
        package var keys: APIKeys?
        package var tokens: JWTVerifier?

        /// Makes none.
        package init(keys: APIKeys? = nil, tokens: JWTVerifier? = nil) {
            self.keys = keys
            self.tokens = tokens
        }
    }

    /// A token that was verified, which costs as much as a short request.
    private struct Verified {
        let caller: Caller
        /// The second since 1970 from which on it does not count.
        let expiry: Int
    }

    private struct State {
        var means: Means
        /// By the tokens' texts, whose hashes are seeded: the time of a look-up tells nothing.
        var verified: [String: Verified] = [:]
    }

    /// How many tokens are remembered; then it begins anew.
    static let maxVerified = 1024

    private let state: Guarded<State>

    /// Takes what callers are known by.
    package init(_ means: Means) { state = Guarded(State(means: means)) }

    /// Replaces it: requests whose heads come in from now on are measured by this.
    package func replace(_ means: Means) { state.withLock { $0 = State(means: means) } }

    package func caller(
        of head: RequestHead,
        on reactor: Reactor,
        then use: @escaping (Result<Caller, Problem>) -> Void
    ) {
        do throws(Problem) {
            use(.success(try caller(head, now: reactor.wallMilliseconds / 1000)))
        } catch {
            use(.failure(error))
        }
    }

    private func caller(_ head: RequestHead, now: Int) throws(Problem) -> Caller {
        let means = state.withLock { $0.means }
        guard means.keys != nil || means.tokens != nil else { return .anonymous }
        let credential: Credential
        do throws(CredentialError) {
            credential = try Credential(of: head.fields)
        } catch {
            throw Problem(error)
        }
        switch credential {
        case .none: throw Self.missing
        case .apiKey(let text):
            guard let keys = means.keys else { throw Self.invalidKey("no keys are set") }
            return try Self.caller(text, keys, now)
        case .token(let text):
            guard let tokens = means.tokens else { throw Self.invalidKey("no token counts here") }
            return try caller(text, tokens, now)
        case .other: throw Self.invalidKey("not a key of this relay")
        }
    }

    private static func caller(
        _ text: String,
        _ keys: APIKeys,
        _ now: Int
    ) throws(Problem) -> Caller {
        switch keys.find(text, now: now) {
        case .key(let key):
            return Caller(id: key.owner, scopes: key.scopes, limits: key.limits)
        case .expired(let key): throw invalidKey("the key \(key.name) has expired")
        case .unknown: throw invalidKey("an unknown key")
        }
    }

    // MARK: Tokens

    private func caller(
        _ text: String,
        _ tokens: JWTVerifier,
        _ now: Int
    ) throws(Problem) -> Caller {
        let known = state.withLock { $0.verified[text] }
        if let known, now < known.expiry { return known.caller }
        let claims: JWTClaims
        do throws(JWTError) {
            claims = try tokens.verify(text, atUnixSecond: now)
        } catch {
            throw error == .missingScope ? Self.lacksScope : Self.invalidToken(error)
        }
        let caller = Caller(id: Self.owner(claims), scopes: Self.scopes(claims))
        state.withLock { state in
            if state.verified.count >= Self.maxVerified { state.verified = [:] }
            state.verified[text] = Verified(caller: caller, expiry: claims.expiry)
        }
        return caller
    }

    /// The owner that a token names; no key's owner begins like this.
    private static func owner(_ claims: JWTClaims) -> String { "user/\(claims.subject)" }

    /// What a token allows: the words that begin with `relay:`, or else what everybody needs.
    ///
    /// Other words are for other servers, which may mean something else by `admin`.
    private static func scopes(_ claims: JWTClaims) -> Scopes {
        let own = claims.scopes.filter { $0.hasPrefix("relay:") }
        guard !own.isEmpty else { return .common }
        return own.reduce(into: []) { scopes, word in
            if let scope = Scope(rawValue: String(word.dropFirst("relay:".count))) {
                scopes.insert(Scopes(scope))
            }
        }
    }

    // MARK: Refusals

    private static let missing = Problem.unauthorized(
        "this request needs a key of this relay or a token, as Authorization: Bearer or x-api-key",
        code: "missing_api_key"
    )

    private static func invalidKey(_ word: String) -> Problem {
        var problem = Problem.unauthorized(
            "this is no key of this relay, or its time is over",
            code: "invalid_api_key"
        )
        problem.loggedReason = word
        return problem
    }

    private static func invalidToken(_ error: JWTError) -> Problem {
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

    private static let lacksScope = Problem(
        .forbidden,
        type: "permission_error",
        message: "your token lacks a scope that this relay needs",
        code: "insufficient_scope",
        fields: ["WWW-Authenticate": "Bearer realm=\"sse-relay\", error=\"insufficient_scope\""]
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
            message: "your key or token lacks the scope \(scope.rawValue)",
            code: "insufficient_scope",
            fields: [
                "WWW-Authenticate":
                    "Bearer realm=\"sse-relay\", error=\"insufficient_scope\","
                    + " scope=\"\(scope.rawValue)\""
            ]
        )
    }
}
