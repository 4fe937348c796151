package import HTTPServer
package import Loop
package import Wire

/// The parts of access that have state, and so outlive a reload of the configuration.
package struct AccessState: Sendable {
    package let callers: any Callers
    package let budgets: any Budgets

    /// Makes the state; by default callers are not told apart and nothing is limited.
    package init(
        callers: any Callers = AnonymousCallers(),
        budgets: any Budgets = NoBudgets()
    ) {
        self.callers = callers
        self.budgets = budgets
    }
}

/// Decides whether a request may be answered: by its head before its body is read, and then by what
/// it asks.
package struct Gate: Sendable {
    /// What a request would do, as far as that decides whether it is allowed.
    package enum Demand: Sendable, Equatable {
        /// It costs nothing, touches no caller's answers, and anybody may know what it says.
        case nothing
        /// The same, but only for callers who are known.
        case knowledge
        /// It begins, reads or changes a caller's answers, for which that scope is needed.
        case answers(Scope)
        /// It begins an answer, which costs money, by GET, which any page can make a browser send.
        case generationByGet
        /// It gives a ticket, to a caller who may do something with it.
        case ticket
        /// It begins or ends a session, by what it says itself and whoever it comes from.
        case session

        /// What a caller lacks; nil where that is nothing.
        func missingScope(of scopes: Scopes) -> Scope? {
            switch self {
            case .nothing, .knowledge, .session: nil
            case .answers(let scope): scopes.allows(scope) ? nil : scope
            case .generationByGet: scopes.allows(.chat) ? nil : .chat
            case .ticket: scopes.allows(.chat) || scopes.allows(.read) ? nil : .read
            }
        }

        /// Whether it would change something, or cost money, or give a right away.
        var changes: Bool {
            switch self {
            case .nothing, .knowledge, .answers(.read), .answers(.metrics): false
            case .answers, .generationByGet, .ticket, .session: true
            }
        }
    }

    private var hosts: HostPolicy
    private let origins: OriginPolicy
    private let state: AccessState

    /// Makes a gate.
    ///
    /// - Parameters:
    ///   - hosts: the names under which the server may be reached, besides its addresses. Their
    ///     pages are the server's own, also where a proxy names it otherwise.
    ///   - origins: the origins whose pages may ask, besides the server's own; `*` for all.
    ///   - state: what outlives the gate.
    package init(hosts: [String], origins: [String], _ state: AccessState = AccessState()) {
        self.state = state
        self.hosts = HostPolicy(names: hosts)
        self.origins = OriginPolicy(origins: origins, hosts: hosts)
    }

    /// The fields of every page that the server sends, which let the page ask by GET.
    package static var pageFields: HeaderFields { GetPolicy.pageFields }

    /// The fields that let a listed page read an answer; none for our own page or for programs.
    package func responseFields(_ head: RequestHead) -> HeaderFields {
        origins.responseFields(head)
    }

    /// The answer to a preflight (Fetch Standard, CORS-preflight fetch).
    package func preflightFields(_ head: RequestHead, methods: String) -> HeaderFields {
        origins.preflightFields(head, methods: methods)
    }

    /// Refuses a request that calls the server by a name that is not its own.
    ///
    /// - Returns: what kind of host it names.
    /// - Throws: 421.
    package mutating func checkHost(_ head: RequestHead) throws(Problem) -> HostKind {
        try hosts.check(head)
    }

    /// Refuses a request of a foreign page.
    ///
    /// - Parameters:
    ///   - head: the request's.
    ///   - host: what `checkHost` returned.
    ///   - demand: what the request would do.
    ///   - isSecure: whether it is known to come by https.
    /// - Throws: 403, or 503 for a prefetch.
    package func check(
        _ head: RequestHead,
        host: HostKind,
        _ demand: Demand,
        isSecure: Bool = false
    ) throws(Problem) {
        switch demand {
        case .nothing, .knowledge: return
        case .answers, .ticket: try origins.check(head, isSecure: isSecure)
        // Somebody must not be logged in as somebody else without noticing.
        case .session:
            try origins.check(head, isSecure: isSecure)
            try origins.checkIsOwnPage(head)
        case .generationByGet:
            try origins.check(head, isSecure: isSecure)
            try GetPolicy.check(head, host: host)
        }
    }

    /// Finds out who asks, before the request's body is read.
    ///
    /// - Parameters:
    ///   - head: the request's; it has passed `check`.
    ///   - demand: what the request would do; for `nothing`, no caller is looked up.
    ///   - tickets: what a ticket in its query may be used for.
    ///   - reactor: the loop's.
    ///   - use: takes the caller, or why the request is refused; on the loop, now or later.
    package func admit(
        _ head: RequestHead,
        _ demand: Demand,
        tickets: TicketUse = .nothing,
        on reactor: Reactor,
        then use: @escaping (Result<Caller, Problem>) -> Void
    ) {
        guard demand != .nothing, demand != .session else { return use(.success(.anonymous)) }
        // A browser sends a cookie whoever makes it ask. This is found out here, since a closure
        // that holds the head would cost each request more than all of this.
        let isUnproven =
            demand.changes && head.fields.first("Cookie") != nil && !origins.isOwnPage(head)
        state.callers.caller(of: head, tickets: tickets, on: reactor) { result in
            guard case .success(let caller) = result else { return use(result) }
            if let scope = demand.missingScope(of: caller.scopes) {
                use(.failure(.outOfScope(scope, caller)))
            } else if isUnproven, caller.proof.kind == .session {
                use(.failure(OriginPolicy.unproven))
            } else {
                use(result)
            }
        }
    }
}
