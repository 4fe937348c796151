import HTTPServer
import Wire

/// Finds out whom a credential shows, by what callers are known by at the time.
struct Verification {
    /// Whom a credential has shown.
    struct Result {
        let caller: Caller
        /// The number of the fetched set of keys that it was checked with, if it was.
        var setNumber: Int?
    }

    /// Why there is no caller, or not yet.
    enum Obstacle: Error {
        case refused(Problem)
        /// The token cannot be judged without a newer set of keys than that of this number.
        case needsKeys(FetchedKeys, newerThan: Int)
    }

    private let means: KnownCallers.Means
    /// The second since 1970.
    private let now: Int

    init(_ means: KnownCallers.Means, _ now: Int) {
        self.means = means
        self.now = now
    }

    /// The caller who shows a ticket; nil where the request has none.
    func caller(
        showingTicketFor use: TicketUse,
        _ head: RequestHead
    ) throws(Obstacle) -> Caller? {
        do throws(Problem) {
            guard let ticket = try TicketInQuery.text(of: head, for: use) else { return nil }
            // A cookie comes by itself, and the ticket is what the page has chosen.
            guard try credential(of: head) == .none else { throw Problem(.ambiguous) }
            guard let desk = means.desk(now) else { throw .nobodyLogsIn }
            return try desk.caller(
                showing: ticket,
                for: .stream,
                isReadingOn: use == .readingOn
            )
        } catch {
            throw .refused(error)
        }
    }

    // MARK: Keys and tokens

    /// What a request shows of itself.
    ///
    /// A proxy's own password (RFC 7617), which a browser sends with each request, is none of ours:
    /// where there is a session, that counts.
    private func ownCredential(of head: RequestHead) throws(Problem) -> Credential {
        do throws(CredentialError) {
            return try Credential(of: head.fields)
        } catch {
            if error == .unsupportedScheme, SessionCookie.value(in: head) != nil { return .none }
            throw Problem(error)
        }
    }

    private func credential(of head: RequestHead) throws(Problem) -> Credential {
        do throws(CredentialError) {
            return try Credential(of: head.fields)
        } catch {
            throw Problem(error)
        }
    }

    /// What a request shows: a key, a token, or else the cookie of a session.
    func result(of head: RequestHead) throws(Obstacle) -> Result {
        let shown: Credential
        do throws(Problem) {
            shown = try ownCredential(of: head)
            if shown == .none, let session = SessionCookie.value(in: head),
                let desk = means.desk(now)
            {
                return Result(caller: try desk.caller(showing: session, for: .session))
            }
        } catch {
            throw .refused(error)
        }
        return try result(of: shown)
    }

    /// What a key or a token shows.
    func result(of credential: Credential) throws(Obstacle) -> Result {
        switch credential {
        case .none: throw .refused(.missingCredential)
        case .apiKey(let text):
            guard let keys = means.keys else { throw .refused(.invalidKey("no keys are set")) }
            return try result(of: text, keys)
        case .token(let text):
            guard let tokens = means.tokens else {
                throw .refused(.invalidKey("no token counts here"))
            }
            return try result(of: text, tokens)
        case .other: throw .refused(.invalidKey("not a key of this relay"))
        }
    }

    private func result(of text: String, _ keys: APIKeys) throws(Obstacle) -> Result {
        switch keys.find(text, now: now) {
        case .key(let key):
            return Result(
                caller: Caller(
                    id: key.owner,
                    scopes: key.scopes,
                    limits: key.limits,
                    proof: Proof(.header, key: key.id, end: key.expires ?? .max)
                )
            )
        case .expired(let key): throw .refused(.invalidKey("the key \(key.name) has expired"))
        case .unknown: throw .refused(.invalidKey("an unknown key"))
        }
    }

    // MARK: Tokens

    private func result(of text: String, _ tokens: TokenMeans) throws(Obstacle) -> Result {
        switch tokens {
        case .held(let verifier):
            do throws(JWTError) {
                return try result(of: text, verifier)
            } catch {
                throw .refused(Problem(error))
            }
        case .fetched(let keys, let rules):
            let edition = keys.edition
            do throws(JWTError) {
                guard let set = edition.keys else {
                    // What is no token at all waits for no keys.
                    _ = try SignedToken(text.utf8.span)
                    throw .unknownKey
                }
                var verified = try result(of: text, JWTVerifier(keys: set, rules))
                verified.setNumber = edition.number
                return verified
            } catch {
                guard error == .unknownKey else { throw .refused(Problem(error)) }
                throw .needsKeys(keys, newerThan: edition.number)
            }
        }
    }

    private func result(
        of text: String,
        _ tokens: JWTVerifier
    ) throws(JWTError) -> Result {
        let claims = try tokens.verify(text, atUnixSecond: now)
        return Result(
            caller: Caller(
                id: owner(claims),
                scopes: scopes(claims),
                limits: claims.limits,
                proof: Proof(.header, end: claims.expiry)
            )
        )
    }

    /// The owner that a token names; no key's owner begins like this.
    private func owner(_ claims: JWTClaims) -> String { "user/\(claims.subject)" }

    /// What a token allows: the words that begin with `relay:`, or else what everybody needs.
    ///
    /// Other words are for other servers, which may mean something else by `admin`.
    private func scopes(_ claims: JWTClaims) -> Scopes {
        let own = claims.scopes.filter { $0.hasPrefix("relay:") }
        guard !own.isEmpty else { return .common }
        return own.reduce(into: []) { scopes, word in
            if let scope = Scope(rawValue: String(word.dropFirst("relay:".count))) {
                scopes.insert(Scopes(scope))
            }
        }
    }
}
