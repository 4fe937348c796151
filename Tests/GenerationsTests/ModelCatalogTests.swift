import ChatFormats
import Loop
import Testing
import Wire

@testable import Generations

/// Which models clients are told of.
@Suite struct ModelCatalogTests {
    private func upstream(
        _ name: String,
        _ model: String,
        _ provider: Provider = .openAI
    ) -> RelayConfiguration.Upstream {
        RelayConfiguration.Upstream(
            name: name,
            provider: provider,
            baseURL: "http://127.0.0.1:1",
            key: nil,
            model: model
        )
    }

    private func read(_ text: String) -> [ModelList.Model]? {
        ModelList.read(Array(text.utf8).span)
    }

    /// The ids where each upstream says that it has these; nil for one that has said nothing.
    private func ids(
        _ upstreams: [RelayConfiguration.Upstream],
        _ known: [[String]?]
    ) -> [String] {
        let lists = ModelLists()
        for (upstream, names) in zip(upstreams, known) {
            guard let names else { continue }
            let models = names.map { ModelList.Model(id: $0, created: 0, owner: nil) }
            lists.list(of: upstream).answered(models, at: 0)
        }
        return ModelCatalog(ModelTable(upstreams), lists).entries().map(\.id)
    }

    @Test func `the default is first, then names and aliases, then what the upstreams say`() {
        var first = upstream("first", "b")
        first.serves.aliases = ["quick": "b", "fast": "a"]
        let second = upstream("second", "claude-x", .anthropic)
        #expect(
            ids([first, second], [["a", "b", "c", "a"], ["claude-y", "claude-x"]])
                == ["b", "claude-x", "fast", "quick", "a", "c", "claude-y"]
        )
    }

    @Test func `what another upstream would be asked for is not listed`() {
        let first = upstream("first", "a")
        let second = upstream("second", "b")
        let third = upstream("third", "claude-x", .anthropic)
        #expect(
            ids([first, second, third], [["a", "claude-own"], ["b", "c"], ["gpt"]])
                == ["a", "claude-x"]
        )
    }

    @Test func `who only stands in for others is not asked for its list`() {
        let first = upstream("first", "a")
        let standIn = upstream("second", "b")
        let own = upstream("third", "claude-x", .anthropic)
        let table = ModelTable([first, standIn, own])
        #expect(table.upstreams.map(table.asksForOthers) == [true, false, true])
    }

    @Test func `an upstream that names its models, or patterns of them, has no others`() {
        var named = upstream("named", "a")
        named.serves.names = ["a", "b"]
        #expect(ids([named], [["c"]]) == ["a", "b"])
        named.serves.patterns = [ModelPattern("gpt-*")]
        #expect(ids([named], [["c", "gpt-5"]]) == ["a", "b", "gpt-5"])
        var deployed = upstream("azure", "mine")
        deployed.style.quirks = .azure
        #expect(ids([deployed], [["all", "that", "there", "are"]]) == ["mine"])
    }

    @Test(
        arguments: [
            (nil, ["gpt-4o-mini"]), ([], ["gpt-4o-mini"]), (["llama"], ["llama"]),
            (["gpt-4o-mini-2024-07-18"], ["gpt-4o-mini", "gpt-4o-mini-2024-07-18"]),
            (["x", "gpt-4o-mini"], ["gpt-4o-mini", "x"]),
        ] as [([String]?, [String])]
    )
    func `a vendor's default that a server does not have is not listed, unless it was named`(
        known: [String]?,
        listed: [String]
    ) {
        var own = upstream("own", "gpt-4o-mini")
        own.hasVendorsModel = true
        #expect(ids([own], [known]) == listed)
        own.hasVendorsModel = false
        #expect(ids([own], [known]).first == "gpt-4o-mini")
    }

    @Test func `lists are read in each vendor's form, and only names count`() throws {
        let texts = [
            #"{"data":[{"id":"a","created":5,"owned_by":"me"},{"id":7},{"id":"b"}]}"#,
            #"[{"id":"a","created":5,"owned_by":"me"},{},{"id":"b","owned_by":null}]"#,
            #"{"data":[{"type":"model","id":"a","created_at":"1970-01-01T00:00:05Z","owned_by":"me"},{"id":"b"}],"has_more":false}"#,
        ]
        for text in texts {
            let models = try #require(read(text))
            #expect(models.map(\.id) == ["a", "b"])
            #expect(models.map(\.created) == [5, 0])
            #expect(models.map(\.owner) == ["me", nil])
        }
        for text in ["", "{}", #"{"data":{}}"#, "7"] {
            #expect(read(text) == nil)
        }
        let many = (0..<5000).map { #"{"id":"m\#($0)"}"# }.joined(separator: ",")
        #expect(read("[\(many)]")?.count == ModelList.maxModels)
    }

    @Test func `a list is asked for once, again when it is old, and later where it failed`()
        async throws
    {
        let loop = try EventLoop(index: 0)
        await loop.run { loop in
            let list = ModelList()
            let ticket = Ticket<Bool>(on: loop.reactor) { _ in }
            let model = ModelList.Model(id: "a", created: 0, owner: nil)
            let life = Nanoseconds.seconds(ModelList.lifeSeconds)
            let pause = Nanoseconds.seconds(ModelList.pauseSeconds)
            #expect(list.demand(at: 1, ticket) == .ask)
            #expect(list.demand(at: 1, ticket) == .wait)
            list.answered([model], at: 2)
            #expect(list.demand(at: 1 + life, ticket) == .nothing)
            #expect(list.demand(at: 2 + life, ticket) == .ask)
            list.answered(nil, at: 3 + life)
            #expect(list.models?.map(\.id) == ["a"])
            #expect(list.demand(at: 2 + life + pause, ticket) == .nothing)
            #expect(list.demand(at: 3 + life + pause, ticket) == .ask)
            // Whoever asked is gone, and says nothing.
            let end = 3 + life + pause + .seconds(2 * ModelList.askSeconds)
            #expect(list.demand(at: end - 1, ticket) == .wait)
            #expect(list.demand(at: end, ticket) == .ask)
        }
        await loop.stop()
    }
}
