import Testing

@testable import relay_bench

/// Rounds, and whether they keep the promises.
@Suite struct CaseResultTests {
    private static func sample(
        _ contestant: String,
        _ round: Int,
        _ values: [Metric: Double],
        failures: Int = 0
    ) -> Sample {
        Sample(
            contestant: contestant,
            round: round,
            values: values,
            failures: failures,
            firstFailure: failures > 0 ? "closed after 3 of 5 tokens" : nil,
            coresOfOthers: 0
        )
    }

    private static func result(_ key: String, _ rounds: [[Sample]]) throws -> CaseResult {
        let one = try #require(Case.all(isSmall: false).first { $0.key == key })
        var result = CaseResult(one)
        for round in rounds { result.add(round) }
        return result
    }

    @Test func `what a relay adds is the difference within its round`() throws {
        let result = try Self.result(
            "latency",
            [
                [
                    Self.sample("direct", 0, [.latencyP50: 40]),
                    Self.sample("sse-relay", 0, [.latencyP50: 100, .processorPerToken: 7]),
                ],
                [
                    Self.sample("sse-relay", 1, [.latencyP50: 90]),
                    Self.sample("direct", 1, [.latencyP50: 80]),
                ],
            ]
        )
        #expect(result.rounds(.addedP50, of: "sse-relay") == [0: 60, 1: 10])
        #expect(result.summary(.addedP50, of: "direct") == nil)
        #expect(result.summary(.processorPerToken, of: "sse-relay")?.values == [7])
    }

    @Test func `a promise is kept when the ratio of the rounds keeps it`() throws {
        func row(_ ours: Double) throws -> Row {
            let rounds = (0..<5).map { round in
                [
                    Self.sample("nginx", round, [.processorPerToken: 20]),
                    Self.sample("sse-relay", round, [.processorPerToken: ours]),
                ]
            }
            let target = try #require(Target.all.first { $0.caseKey == "full-speed" })
            return try #require(Row(target, try Self.result("full-speed", rounds)))
        }
        #expect(try row(12).isMet == true)
        #expect(try row(12.2).isMet == false)
        #expect(try row(12).ratio?.median == 0.6)
        #expect(try row(12).target.text == "≤ 0.6 x nginx")
    }

    @Test func `what the journal costs is a ratio to the daemon without one`() throws {
        func row(_ ours: Double) throws -> Row {
            let rounds = [
                [
                    Self.sample("sse-relay", 0, [.processorPerToken: ours]),
                    Self.sample("without journal", 0, [.processorPerToken: 100]),
                ]
            ]
            let target = try #require(Target.all.first { $0.caseKey == "journal-latency" })
            return try #require(Row(target, try Self.result("journal-latency", rounds)))
        }
        #expect(try row(115).isMet == true)
        #expect(try row(116).isMet == false)
        #expect(try row(115).target.text == "≤ 1.15 x without journal")
    }

    @Test func `without the peer a ratio is neither reached nor missed`() throws {
        let rounds = [[Self.sample("sse-relay", 0, [.processorPerToken: 1])]]
        let target = try #require(Target.all.first { $0.caseKey == "paced" })
        let row = try #require(Row(target, try Self.result("paced", rounds)))
        #expect(row.isMet == nil)
        #expect(row.ratio == nil)
    }

    @Test func `less by so many times is the peer's figure divided by ours`() throws {
        let rounds = [
            [
                Self.sample("LiteLLM", 0, [.processorPerToken: 700]),
                Self.sample("sse-relay", 0, [.processorPerToken: 20]),
            ]
        ]
        let target = try #require(Target.all.first { $0.peer == "LiteLLM" })
        let row = try #require(Row(target, try Self.result("paced", rounds)))
        #expect(row.ratio?.median == 35)
        #expect(row.isMet == true)
    }

    @Test func `a stream lost in one round breaks the promise to serve all`() throws {
        let rounds = [100.0, 100, 99.9].enumerated().map { round, share in
            [Self.sample("sse-relay", round, [.served: share])]
        }
        let target = try #require(Target.all.first { $0.metric == .served })
        let row = try #require(Row(target, try Self.result("open", rounds)))
        #expect(row.ours.median == 100)
        #expect(row.isMet == false)
    }

    @Test func `failed streams are reported with the reason of the first`() throws {
        let result = try Self.result(
            "open",
            [
                [Self.sample("nginx", 0, [:]), Self.sample("sse-relay", 0, [:], failures: 2)],
                [Self.sample("nginx", 1, [:]), Self.sample("sse-relay", 1, [:], failures: 1)],
            ]
        )
        let text = try #require(result.failures(of: "sse-relay"))
        #expect(text.contains("3 streams in 2 rounds"))
        #expect(text.contains("closed after 3 of 5 tokens"))
        #expect(result.failures(of: "nginx") == nil)
    }

    @Test func `every promise belongs to a case that is measured`() {
        let cases =
            Case.all(isSmall: false) + Case.allWithTwoWorkers(isSmall: false)
            + [StartCase.measured]
        for target in Target.all {
            let one = cases.first { $0.key == target.caseKey && $0.workers == target.workers }
            #expect(one?.metrics.contains(target.metric) == true, "\(target)")
        }
    }
}
