import ChatFormats
package import Loop
import Wire

/// The models that clients are told of: what the configuration names, and what the upstreams say
/// they have.
///
/// An upstream's model is listed only where that upstream is asked for it.
package struct ModelCatalog {
    /// A model that a client can ask for.
    package struct Entry {
        /// The name by which it is asked for.
        package let id: String
        /// In seconds since 1970; 0 where nobody says.
        package let created: Int
        /// Who answers, or whom the upstream names as its maker.
        package let owner: String
    }

    private let table: ModelTable
    private let lists: [ModelList?]

    /// Makes the catalog of a table's upstreams.
    package init(_ table: ModelTable, _ lists: ModelLists) {
        self.table = table
        self.lists = table.upstreams.map { upstream in
            Self.isAsked(upstream, table) ? lists.list(of: upstream.configuration) : nil
        }
    }

    /// Whether an upstream's own list counts: who names models, and no pattern, has said them all,
    /// and who only stands in for others is asked for none.
    private static func isAsked(_ upstream: PreparedUpstream, _ table: ModelTable) -> Bool {
        let configuration = upstream.configuration
        guard configuration.style.quirks.listsItsModels else { return false }
        guard configuration.serves.patterns.isEmpty else { return true }
        return configuration.serves.names.isEmpty && table.asksForOthers(upstream)
    }

    /// Has the lists that are too old asked for.
    ///
    /// - Parameters:
    ///   - context: the loop's.
    ///   - ticket: makes a ticket, which is answered once one upstream has been asked.
    /// - Returns: how many tickets were made.
    package func refresh(_ context: LoopContext, _ ticket: () -> Ticket<Bool>) -> Int {
        var count = 0
        for (upstream, list) in zip(table.upstreams, lists) {
            guard let list else { continue }
            switch list.demand(at: context.reactor.now, ticket()) {
            case .nothing: continue
            case .wait: break
            case .ask: ModelListCall(upstream, for: list, context)
            }
            count += 1
        }
        return count
    }

    /// What is known now, the default first.
    package func entries() -> [Entry] {
        var entries: [Entry] = []
        var ids: Set<[UInt8]> = []
        func add(_ id: String, _ created: Int, _ owner: String) {
            guard ids.insert(Array(id.utf8)).inserted else { return }
            entries.append(Entry(id: id, created: created, owner: owner))
        }
        let known = lists.map { $0?.models ?? [] }
        for (index, upstream) in table.upstreams.enumerated() {
            let asked = upstream.configuration
            guard Self.hasDefault(asked, among: known[index]),
                index == 0 || table.asks(upstream, for: asked.model)
            else { continue }
            let created = known[index].first { equals($0.id, asked.model) }?.created
            add(asked.model, created ?? 0, asked.name)
        }
        for upstream in table.upstreams {
            let serves = upstream.configuration.serves
            for name in serves.names + serves.aliases.keys.sorted() {
                add(name, 0, upstream.configuration.name)
            }
        }
        for (upstream, models) in zip(table.upstreams, known) {
            let patterns = upstream.configuration.serves.patterns
            for model in models {
                guard patterns.isEmpty || patterns.contains(where: { $0.matches(model.id) }),
                    table.asks(upstream, for: model.id)
                else { continue }
                add(model.id, model.created, model.owner ?? upstream.configuration.name)
            }
        }
        return entries
    }

    /// Whether an upstream has the model that it is asked for by default, as far as is known.
    ///
    /// A model that a person named counts: vendors do not list all names that they know. Of the
    /// vendor's default, its list may have a dated form.
    private static func hasDefault(
        _ upstream: RelayConfiguration.Upstream,
        among models: [ModelList.Model]
    ) -> Bool {
        guard upstream.hasVendorsModel, !models.isEmpty else { return true }
        return models.contains {
            equals($0.id, upstream.model) || $0.id.hasPrefix("\(upstream.model)-")
        }
    }
}
