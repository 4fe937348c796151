package import HTTPServer
package import Wire

/// Whether a request may be answered, decided by its head alone.
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

    /// Makes a gate.
    ///
    /// - Parameters:
    ///   - hosts: the names under which the server may be reached, beside its addresses.
    ///   - origins: the origins whose pages may ask, beside the server's own; `*` for all.
    package init(hosts: [String], origins: [String]) {
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
}
