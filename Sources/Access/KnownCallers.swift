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
        /// Signs tickets and sessions; nil where there are none.
        package let signer: Signer?
        /// Tells what was replaced from what is there now.
        fileprivate let edition = Edition()

        /// Makes none.
        package init(
            keys: APIKeys? = nil,
            tokens: TokenMeans? = nil,
            signer: Signer? = nil
        ) {
            self.keys = keys
            self.tokens = tokens
            self.signer = signer
        }

        func desk(_ now: Int) -> TicketDesk? {
            signer.map { .init(signer: $0, keys: keys, takesTokens: tokens != nil, now: now) }
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

    private struct State {
        var means: Means
        /// By the fields' values, whose hashes are seeded: the time of a look-up tells nothing.
        var verified: [CredentialField: Verification.Result] = [:]
        /// Nil while nobody serves.
        var home: Home?
    }

    /// What is known before a credential is looked into.
    private enum Knowledge {
        case everybody
        /// What callers are known by, and the caller whom the same field has shown before.
        case known(Means, Caller?)
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
        if new !== old { await old?.endReplaced() }
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

    package var areKnown: Bool {
        if case .known = knowledge(of: nil, 0) { true } else { false }
    }

    package func caller(
        of head: RequestHead,
        tickets: TicketUse,
        on reactor: Reactor,
        then use: @escaping (Result<Caller, Problem>) -> Void
    ) {
        do throws(Verification.Obstacle) {
            use(.success(try caller(head, tickets, now: reactor.wallMilliseconds / 1000)))
        } catch {
            overcome(error, on: reactor, use) { [self] in
                caller(of: head, tickets: tickets, on: reactor, then: use)
            }
        }
    }

    /// Says why there is nobody, or tries again once there are other keys.
    private func overcome<Answer>(
        _ obstacle: Verification.Obstacle,
        on reactor: Reactor,
        _ use: @escaping (Result<Answer, Problem>) -> Void,
        again: @escaping () -> Void
    ) {
        switch obstacle {
        case .refused(let problem): use(.failure(problem))
        case .needsKeys(let keys, let number):
            keys.wait(forNewerThan: number, on: reactor) { answer in
                switch answer {
                case .changed: again()
                case .unchanged: use(.failure(.invalidToken(.unknownKey)))
                case .unavailable(let seconds): use(.failure(.noKeySet(seconds)))
                }
            }
        }
    }

    func caller(
        _ head: RequestHead,
        _ tickets: TicketUse,
        now: Int
    ) throws(Verification.Obstacle) -> Caller {
        let field = CredentialField(onlyOneOf: head)
        guard case .known(let means, let known) = knowledge(of: field, now) else {
            return .anonymous
        }
        if let caller = try Verification(means, now).caller(showingTicketFor: tickets, head) {
            return caller
        }
        if let known { return known }
        let verified = try Verification(means, now).result(of: head)
        if let field { remember(verified, for: field, by: means) }
        return verified.caller
    }

    private func knowledge(of field: CredentialField?, _ now: Int) -> Knowledge {
        state.withLock { state in
            guard state.means.keys != nil || state.means.tokens != nil else { return .everybody }
            guard let field, let known = state.verified[field], now < known.caller.proof.end,
                // A key that the issuer has withdrawn counts for no token any more.
                known.setNumber == nil || known.setNumber == state.means.setNumber
            else { return .known(state.means, nil) }
            return .known(state.means, known.caller)
        }
    }

    /// Remembers what was found out, unless keys and tokens were replaced meanwhile.
    ///
    /// To find it out costs a tenth of a short request and more.
    private func remember(
        _ verified: Verification.Result,
        for field: CredentialField,
        by means: Means
    ) {
        state.withLock { state in
            guard state.means.edition === means.edition else { return }
            if state.verified.count >= Self.maxVerified { state.verified = [:] }
            state.verified[field] = verified
        }
    }

    // MARK: Tickets and sessions

    package func logIn(
        _ credential: String,
        on reactor: Reactor,
        then use: @escaping (Result<Session, Problem>) -> Void
    ) {
        do throws(Verification.Obstacle) {
            use(.success(try session(for: credential, now: reactor.wallMilliseconds / 1000)))
        } catch {
            overcome(error, on: reactor, use) { [self] in
                logIn(credential, on: reactor, then: use)
            }
        }
    }

    func session(for credential: String, now: Int) throws(Verification.Obstacle) -> Session {
        guard case .known(let means, _) = knowledge(of: nil, now), let desk = means.desk(now) else {
            throw .refused(.nobodyLogsIn)
        }
        let caller = try Verification(means, now).result(of: Credential(credential)).caller
        do throws(Problem) {
            return try desk.begin(caller)
        } catch {
            throw .refused(error)
        }
    }

    package func streamTicket(
        for caller: Caller,
        now: Int
    ) throws(Problem) -> (text: String, seconds: Int) {
        guard case .known(let means, _) = knowledge(of: nil, now), let desk = means.desk(now) else {
            throw .nobodyLogsIn
        }
        let given = try desk.give(.stream, to: caller)
        return (given.text, given.seconds)
    }
}
