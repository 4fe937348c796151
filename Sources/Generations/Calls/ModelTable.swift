import ChatFormats

/// Which upstream is asked for a model.
package struct ModelTable {
    /// An upstream that can answer, and what it calls the model.
    package struct Candidate {
        package let upstream: PreparedUpstream
        package let model: String
    }

    private let upstreams: [PreparedUpstream]
    /// Prefixes of model names for which one upstream is asked, whichever upstream is the first.
    private let prefixes: [(prefix: String, upstream: PreparedUpstream)]

    /// Makes the table.
    ///
    /// - Parameter configurations: the upstreams, at least one; the first is asked for every model
    ///   that no other upstream names as its own.
    package init(_ configurations: [RelayConfiguration.Upstream]) {
        let upstreams = configurations.map(PreparedUpstream.init)
        self.upstreams = upstreams
        prefixes = upstreams.flatMap { upstream in
            upstream.configuration.provider.modelPrefixes.map { ($0, upstream) }
        }
    }

    /// Finds the upstream for the model that a client named, or for no named model.
    package func candidate(for model: String?) -> Candidate {
        guard let model else {
            return Candidate(upstream: upstreams[0], model: upstreams[0].configuration.model)
        }
        let own = prefixes.first { model.hasPrefix($0.prefix) }
        return Candidate(upstream: own?.upstream ?? upstreams[0], model: model)
    }
}
