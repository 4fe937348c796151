package import HTTPServer
package import Loop
package import Wire

/// Knows callers by the API keys and tokens that they present; without any, all are anonymous.
package final class KnownCallers: Callers {
    /// An object for its identity alone.
    fileprivate final class Edition: Sendable {}

    /// What callers are known by; nil for what does not count.
    package struct Means: Sendable {
        package let keys: APIKeys?
        package let tokens: JWTVerifier?
        /// Tells what was replaced from what is there now.
        fileprivate let edition = Edition()

        /// Makes none.
        package init(keys: APIKeys? = nil, tokens: JWTVerifier? = nil) {
            self.keys = keys
            self.tokens = tokens
        }
    }

    /// Whom a credential has shown; to find that out costs a tenth of a short request and more.
    private struct Verified {
        let caller: Caller
        /// The second since 1970 from which on it does not count.
        let expiry: Int
    }

    private struct State {
        var means: Means
        /// By the fields' values, whose hashes are seeded: the time of a look-up tells nothing.
        var verified: [CredentialField: Verified] = [:]
    }

    /// What is known before a credential is looked into.
    private enum Knowledge {
        case everybody
        case caller(Caller)
        case nothing(Means)
    }

    /// How many credentials are remembered; then it begins anew.
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
        let field = CredentialField(onlyOneOf: head.fields)
        switch knowledge(of: field, now) {
        case .everybody: return .anonymous
        case .caller(let caller): return caller
        case .nothing(let means):
            let verified = try Self.verified(head, means, now)
            if let field { remember(verified, for: field, by: means) }
            return verified.caller
        }
    }

    private func knowledge(of field: CredentialField?, _ now: Int) -> Knowledge {
        state.withLock { state in
            guard state.means.keys != nil || state.means.tokens != nil else { return .everybody }
            guard let field, let known = state.verified[field], now < known.expiry else {
                return .nothing(state.means)
            }
            return .caller(known.caller)
        }
    }

    /// Remembers what was found out, unless keys and tokens were replaced meanwhile.
    private func remember(
        _ verified: Verified,
        for field: CredentialField,
        by means: Means
    ) {
        state.withLock { state in
            guard state.means.edition === means.edition else { return }
            if state.verified.count >= Self.maxVerified { state.verified = [:] }
            state.verified[field] = verified
        }
    }

    private static func verified(
        _ head: RequestHead,
        _ means: Means,
        _ now: Int
    ) throws(Problem) -> Verified {
        let credential: Credential
        do throws(CredentialError) {
            credential = try Credential(of: head.fields)
        } catch {
            throw Problem(error)
        }
        switch credential {
        case .none: throw missing
        case .apiKey(let text):
            guard let keys = means.keys else { throw invalidKey("no keys are set") }
            return try verified(text, keys, now)
        case .token(let text):
            guard let tokens = means.tokens else { throw invalidKey("no token counts here") }
            return try verified(text, tokens, now)
        case .other: throw invalidKey("not a key of this relay")
        }
    }

    private static func verified(
        _ text: String,
        _ keys: APIKeys,
        _ now: Int
    ) throws(Problem) -> Verified {
        switch keys.find(text, now: now) {
        case .key(let key):
            return Verified(
                caller: Caller(id: key.owner, scopes: key.scopes, limits: key.limits),
                expiry: key.expires ?? .max
            )
        case .expired(let key): throw invalidKey("the key \(key.name) has expired")
        case .unknown: throw invalidKey("an unknown key")
        }
    }

    // MARK: Tokens

    private static func verified(
        _ text: String,
        _ tokens: JWTVerifier,
        _ now: Int
    ) throws(Problem) -> Verified {
        let claims: JWTClaims
        do throws(JWTError) {
            claims = try tokens.verify(text, atUnixSecond: now)
        } catch {
            throw error == .missingScope ? lacksScope : invalidToken(error)
        }
        return Verified(
            caller: Caller(id: owner(claims), scopes: scopes(claims), limits: claims.limits),
            expiry: claims.expiry
        )
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
