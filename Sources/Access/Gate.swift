package import ChatFormats
package import HTTPServer
package import Loop
package import Wire

/// What of access has state, and so outlives a reload of the configuration.
package struct AccessState: Sendable {
    package let callers: any Callers
    package let budgets: any Budgets

    /// Puts it together; unless told otherwise, nobody is told apart and nothing is limited.
    package init(
        callers: any Callers = AnonymousCallers(),
        budgets: any Budgets = NoBudgets()
    ) {
        self.callers = callers
        self.budgets = budgets
    }
}

/// Whether a request may be answered: by its head before its body is read, and by what it asks
/// after that.
package struct Gate: Sendable {
    /// What a request would do, as far as it matters who asks.
    package enum Demand: Sendable {
        /// Nothing that costs, and nothing of anybody's.
        case nothing
        /// It reads or changes somebody's answers.
        case answers
        /// It begins an answer, which costs, by a GET, which browsers send for any page.
        case generationByGet
    }

    private var hosts: HostPolicy
    private let origins: OriginPolicy
    private let state: AccessState

    /// Makes a gate.
    ///
    /// - Parameters:
    ///   - hosts: the names under which the server may be reached, beside its addresses.
    ///   - origins: the origins whose pages may ask, beside the server's own; `*` for all.
    ///   - state: what outlives the gate.
    package init(hosts: [String], origins: [String], _ state: AccessState = AccessState()) {
        self.state = state
        self.hosts = HostPolicy(names: hosts)
        self.origins = OriginPolicy(origins: origins)
    }

    /// The fields that every page the server sends has, so that it may ask by GET.
    package static var pageFields: HeaderFields { GetPolicy.pageFields }

    /// The fields that let a listed page read an answer; none for our own page and for programs.
    package func responseFields(_ head: RequestHead) -> HeaderFields {
        origins.responseFields(head)
    }

    /// The answer to a preflight (Fetch Standard, CORS-preflight fetch).
    package func preflightFields(_ head: RequestHead, methods: String) -> HeaderFields {
        origins.preflightFields(head, methods: methods)
    }

    /// Refuses a request that calls the server by a name that is not its own.
    ///
    /// - Returns: what host was named.
    /// - Throws: 421.
    package mutating func checkHost(_ head: RequestHead) throws(Problem) -> HostKind {
        try hosts.check(head)
    }

    /// Refuses what a foreign page asks.
    ///
    /// - Parameters:
    ///   - head: the request's.
    ///   - host: what `checkHost` returned.
    ///   - demand: what it would do.
    /// - Throws: 403, or 503 for a prefetch.
    package func check(_ head: RequestHead, host: HostKind, _ demand: Demand) throws(Problem) {
        switch demand {
        case .nothing: return
        case .answers: try origins.check(head)
        case .generationByGet:
            try origins.check(head)
            try GetPolicy.check(head, host: host)
        }
    }

    /// Says who asks, before the request's body is read.
    ///
    /// - Parameters:
    ///   - head: the request's; it has passed `check`.
    ///   - demand: what it would do; for nothing of anybody's nobody is looked up.
    ///   - reactor: the loop's.
    ///   - use: takes the caller, or why the request is refused; on the loop, now or later.
    package func admit(
        _ head: RequestHead,
        _ demand: Demand,
        on reactor: Reactor,
        then use: @escaping (Result<Caller, Problem>) -> Void
    ) {
        switch demand {
        case .nothing: use(.success(.anonymous))
        case .answers, .generationByGet: state.callers.caller(of: head, on: reactor, then: use)
        }
    }

    /// Says whether a new answer may be asked for, once it is known what is asked.
    ///
    /// - Parameters:
    ///   - caller: who asks.
    ///   - request: what is asked.
    ///   - reactor: the loop's.
    ///   - use: takes nothing, or why it is refused; on the loop, now or later.
    package func reserve(
        _ caller: Caller,
        _ request: ChatRequest,
        on reactor: Reactor,
        then use: @escaping (Result<Void, Problem>) -> Void
    ) {
        state.budgets.reserve(caller, request, on: reactor, then: use)
    }

    /// Gives back what was reserved for a request that nobody is asked for.
    package func release(_ caller: Caller, _ request: ChatRequest) {
        state.budgets.release(caller, request)
    }
}
