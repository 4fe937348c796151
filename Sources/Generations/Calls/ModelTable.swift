import ChatFormats
package import Loop

/// Which upstreams are asked for a model, and in which order.
package struct ModelTable {
    /// An upstream that can answer, and what it calls the model.
    package struct Candidate {
        package let upstream: PreparedUpstream
        package let model: String

        var speaksOpenAI: Bool { upstream.configuration.provider == .openAI }

        func isSame(as other: Candidate) -> Bool {
            upstream === other.upstream && model == other.model
        }
    }

    let upstreams: [PreparedUpstream]
    /// Prefixes of model names for which one upstream is asked, whichever upstream is the first.
    private let prefixes: [(prefix: String, upstream: PreparedUpstream)]

    /// Makes the table.
    ///
    /// - Parameters:
    ///   - configurations: the upstreams, at least one; the first is asked for every model that no
    ///     other upstream names as its own.
    ///   - breakers: what is known of the upstreams' failures, on all loops.
    ///   - queues: who waits for them, on all loops.
    package init(
        _ configurations: [RelayConfiguration.Upstream],
        _ breakers: Breakers = Breakers(),
        _ queues: CallQueues = CallQueues()
    ) {
        let upstreams = configurations.map {
            PreparedUpstream($0, breakers.breaker(of: $0), queues.queue(of: $0))
        }
        self.upstreams = upstreams
        prefixes = upstreams.flatMap { upstream in
            upstream.configuration.provider.modelPrefixes.map { ($0, upstream) }
        }
    }

    /// Sets how many answers each upstream may give at once, from now on.
    package func bound(by configuration: RelayConfiguration) {
        for upstream in upstreams { upstream.bound(by: configuration) }
    }

    /// Finds who is asked for the model that a client named, or for no named model.
    ///
    /// - Returns: the candidates in the order in which they are asked; at least one, and none
    ///   twice.
    package func candidates(for model: String?) -> [Candidate] {
        candidates(for: model, orElse: upstreams[0])
    }

    /// Finds who is asked for what only OpenAI's protocol has, such as embeddings.
    ///
    /// - Returns: the candidates that speak it; none where the model's own upstream does not.
    package func openAICandidates(for model: String?) -> [Candidate] {
        guard let general = upstreams.first(where: { $0.configuration.provider == .openAI })
        else { return [] }
        let chain = candidates(for: model, orElse: general)
        guard chain[0].speaksOpenAI else { return [] }
        return chain.filter { $0.speaksOpenAI }
    }

    /// Whether an upstream is asked for a model before anybody stands in.
    func asks(_ upstream: PreparedUpstream, for model: String) -> Bool {
        named(model, orElse: upstreams[0]).contains { $0.upstream === upstream }
    }

    /// Whether an upstream is asked for models that nobody names, of all kinds or of its vendor's.
    func asksForOthers(_ upstream: PreparedUpstream) -> Bool {
        guard upstream !== upstreams.first else { return true }
        return prefixes.contains { own in
            own.upstream === upstream
                && prefixes.first { $0.prefix == own.prefix }?.upstream === upstream
        }
    }

    private func candidates(
        for model: String?,
        orElse general: PreparedUpstream
    ) -> [Candidate] {
        var chain = named(model, orElse: general)
        // Who stands in is asked after all that name the model, and has nobody to stand in for it:
        // two upstreams may name each other.
        for one in chain {
            let serves = one.upstream.configuration.serves
            for fallback in serves.fallbacks(of: one.model) {
                guard let candidate = candidate(fallback) else { continue }
                if !chain.contains(where: { $0.isSame(as: candidate) }) { chain.append(candidate) }
            }
        }
        return chain
    }

    /// The names of the upstreams that are left out at this time.
    package func leftOut(at now: Nanoseconds) -> [String] {
        upstreams.filter { $0.breaker.isOpen(at: now) }.map(\.configuration.name)
    }

    /// How many upstreams there are.
    package var count: Int { upstreams.count }

    /// Who is asked for a model before anybody stands in.
    ///
    /// - Parameters:
    ///   - model: its name; nil for the default.
    ///   - general: who is asked for what nobody names.
    /// - Returns: at least one.
    private func named(_ model: String?, orElse general: PreparedUpstream) -> [Candidate] {
        guard let model else { return [defaultCandidate(general)] }
        let exact = upstreams.compactMap { upstream in
            upstream.configuration.serves.model(named: model).map {
                Candidate(upstream: upstream, model: $0)
            }
        }
        if !exact.isEmpty { return exact }
        let patterned = upstreams.filter { upstream in
            upstream.configuration.serves.patterns.contains { $0.matches(model) }
        }
        if !patterned.isEmpty { return patterned.map { Candidate(upstream: $0, model: model) } }
        let own = prefixes.first { model.hasPrefix($0.prefix) }
        return [Candidate(upstream: own?.upstream ?? general, model: model)]
    }

    private func candidate(_ fallback: ServedModels.Fallback) -> Candidate? {
        let upstream = upstreams.first { $0.configuration.name == fallback.upstream }
        return upstream.map { upstream in
            let serves = upstream.configuration.serves
            guard let model = fallback.model else { return defaultCandidate(upstream) }
            return Candidate(upstream: upstream, model: serves.aliases[model] ?? model)
        }
    }

    private func defaultCandidate(_ upstream: PreparedUpstream) -> Candidate {
        let model = upstream.configuration.model
        return Candidate(
            upstream: upstream,
            model: upstream.configuration.serves.aliases[model] ?? model
        )
    }
}
