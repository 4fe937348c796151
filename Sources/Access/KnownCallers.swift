package import HTTPServer
package import Loop
package import Upstream
package import Wire

/// Knows callers by the API keys and tokens that they present; without any, all are anonymous.
package final class KnownCallers: Callers {
    /// An object for its identity alone.
    fileprivate final class Edition: Sendable {}

    /// What callers are known by; nil for what does not count.
    package struct Means: Sendable {
        package let keys: APIKeys?
        package private(set) var tokens: TokenMeans?
        /// Tells what was replaced from what is there now.
        fileprivate let edition = Edition()

        /// Makes none.
        package init(keys: APIKeys? = nil, tokens: TokenMeans? = nil) {
            self.keys = keys
            self.tokens = tokens
        }

        /// The number of the fetched keys that count now; nil where none are fetched.
        fileprivate var setNumber: Int? { tokens?.fetched?.edition.number }

        /// Goes on with what others have fetched already, where the address is the same.
        fileprivate mutating func keep(from others: Means) {
            guard case .fetched(let new, let rules) = tokens, let known = others.tokens?.fetched,
                equals(known.url, new.url)
            else { return }
            tokens = .fetched(known, rules)
        }
    }

    /// Where keys are fetched: what `begin` was given.
    private struct Home: Sendable {
        let loop: EventLoop
        let connection: UpstreamSettings
        let report: @Sendable (KeySetReport) -> Void
    }

    /// Whom a credential has shown; to find that out costs a tenth of a short request and more.
    private struct Verified {
        let caller: Caller
        /// The second since 1970 from which on it does not count.
        let expiry: Int
        /// The number of the fetched set of keys that it was checked with, if it was.
        var setNumber: Int?
    }

    private struct State {
        var means: Means
        /// By the fields' values, whose hashes are seeded: the time of a look-up tells nothing.
        var verified: [CredentialField: Verified] = [:]
        /// Nil while nobody serves.
        var home: Home?
    }

    /// Why there is no caller, or not yet.
    private enum Obstacle: Error {
        case refused(Problem)
        /// The token cannot be judged without a newer set of keys than that of this number.
        case needsKeys(FetchedKeys, newerThan: Int)
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
    ///
    /// Keys that were fetched from an address stay where the address does.
    package func replace(_ means: Means) async {
        var means = means
        let (old, home) = state.withLock { state in
            means.keep(from: state.means)
            return (state.means.tokens?.fetched, state.home)
        }
        let new = means.tokens?.fetched
        // Fetched before it counts: no request finds keys that nobody fetches.
        if new !== old, let home { await begin(new, home) }
        let inForce = means
        state.withLock { $0 = State(means: inForce, home: $0.home) }
        if new !== old { await old?.end() }
    }

    package func begin(
        on loop: EventLoop,
        _ connection: UpstreamSettings,
        report: @escaping @Sendable (KeySetReport) -> Void
    ) async {
        let home = Home(loop: loop, connection: connection, report: report)
        let keys = state.withLock { state in
            state.home = home
            return state.means.tokens?.fetched
        }
        await begin(keys, home)
    }

    private func begin(_ keys: FetchedKeys?, _ home: Home) async {
        await keys?.begin(on: home.loop, home.connection, report: home.report)
    }

    package func end() async {
        let keys = state.withLock { state in
            state.home = nil
            return state.means.tokens?.fetched
        }
        await keys?.end()
    }

    package func caller(
        of head: RequestHead,
        on reactor: Reactor,
        then use: @escaping (Result<Caller, Problem>) -> Void
    ) {
        do throws(Obstacle) {
            use(.success(try caller(head, now: reactor.wallMilliseconds / 1000)))
        } catch {
            switch error {
            case .refused(let problem): use(.failure(problem))
            case .needsKeys(let keys, let number):
                keys.wait(forNewerThan: number, on: reactor) { [self] answer in
                    switch answer {
                    case .changed: caller(of: head, on: reactor, then: use)
                    case .unchanged: use(.failure(.invalidToken(.unknownKey)))
                    case .unavailable(let seconds): use(.failure(.noKeySet(seconds)))
                    }
                }
            }
        }
    }

    private func caller(_ head: RequestHead, now: Int) throws(Obstacle) -> Caller {
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
            guard let field, let known = state.verified[field], now < known.expiry,
                // A key that the issuer has withdrawn counts for no token any more.
                known.setNumber == nil || known.setNumber == state.means.setNumber
            else { return .nothing(state.means) }
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
    ) throws(Obstacle) -> Verified {
        let credential: Credential
        do throws(CredentialError) {
            credential = try Credential(of: head.fields)
        } catch {
            throw .refused(Problem(error))
        }
        switch credential {
        case .none: throw .refused(.missingCredential)
        case .apiKey(let text):
            guard let keys = means.keys else { throw .refused(.invalidKey("no keys are set")) }
            return try verified(text, keys, now)
        case .token(let text):
            guard let tokens = means.tokens else {
                throw .refused(.invalidKey("no token counts here"))
            }
            return try verified(text, tokens, now)
        case .other: throw .refused(.invalidKey("not a key of this relay"))
        }
    }

    private static func verified(
        _ text: String,
        _ keys: APIKeys,
        _ now: Int
    ) throws(Obstacle) -> Verified {
        switch keys.find(text, now: now) {
        case .key(let key):
            return Verified(
                caller: Caller(id: key.owner, scopes: key.scopes, limits: key.limits),
                expiry: key.expires ?? .max
            )
        case .expired(let key): throw .refused(.invalidKey("the key \(key.name) has expired"))
        case .unknown: throw .refused(.invalidKey("an unknown key"))
        }
    }

    // MARK: Tokens

    private static func verified(
        _ text: String,
        _ tokens: TokenMeans,
        _ now: Int
    ) throws(Obstacle) -> Verified {
        switch tokens {
        case .held(let verifier):
            do throws(JWTError) {
                return try verified(text, verifier, now)
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
                var verified = try verified(text, JWTVerifier(keys: set, rules), now)
                verified.setNumber = edition.number
                return verified
            } catch {
                guard error == .unknownKey else { throw .refused(Problem(error)) }
                throw .needsKeys(keys, newerThan: edition.number)
            }
        }
    }

    private static func verified(
        _ text: String,
        _ tokens: JWTVerifier,
        _ now: Int
    ) throws(JWTError) -> Verified {
        let claims = try tokens.verify(text, atUnixSecond: now)
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
}
