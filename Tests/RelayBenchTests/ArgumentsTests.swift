import Testing

@testable import relay_bench

/// The command line.
@Suite struct ArgumentsTests {
    @Test func `the daemon alone is measured with small cases`() throws {
        let arguments = try BenchArguments(["daemon"])
        #expect(arguments.daemon == "daemon")
        #expect(arguments.isSmall)
        #expect(arguments.rounds == 3)
        #expect(arguments.starts == 11)
        let plan = Plan(arguments)
        #expect(!plan.cases.contains { $0.part == "two-loops" })
        #expect(plan.growthRounds == 0)
        #expect(plan.seconds(arguments.peers, isSmall: true) <= 180)
    }

    @Test func `with all peers a run takes at most half an hour`() throws {
        let arguments = try BenchArguments([
            "--nginx", "/n", "--haproxy", "/h", "--fastapi", "/p", "--fastapi-app", "/a",
            "--litellm", "/l", "daemon",
        ])
        #expect(!arguments.isSmall)
        #expect(arguments.rounds == 5)
        let plan = Plan(arguments)
        #expect(plan.cases.contains { $0.part == "two-loops" })
        #expect(plan.seconds(arguments.peers, isSmall: false) <= 1800)
    }

    @Test func `options say what is measured and where it is written`() throws {
        let arguments = try BenchArguments([
            "--json", "a.json", "--markdown", "a.md", "--charts", "charts", "--commit", "abc",
            "--rounds", "7", "--starts", "2", "--only", "paced,growth", "daemon",
        ])
        #expect(arguments.jsonPath == "a.json")
        #expect(arguments.markdownPath == "a.md")
        #expect(arguments.chartsFolder == "charts")
        #expect(arguments.commit == "abc")
        let plan = Plan(arguments)
        #expect(plan.cases.map(\.key) == ["paced"])
        #expect(plan.rounds == 7)
        #expect(plan.growthRounds == 3)
        #expect(plan.starts == 0)
    }

    @Test(arguments: [
        ("journal", ["journal-paced", "journal-latency"]), ("resume", ["resume-20", "resume-10"]),
        ("fan-out", ["fan-out"]), ("restart", ["restart"]), ("stalled", ["stalled"]),
        ("two-loops", ["paced", "latency", "full-speed", "short", "open"]),
    ])
    func `one part can be measured alone`(part: String, keys: [String]) throws {
        let plan = Plan(try BenchArguments(["--only", part, "daemon"]))
        #expect(plan.cases.map(\.key) == keys)
        #expect(plan.starts == 0)
        #expect(plan.growthRounds == 0)
    }

    @Test func `every case belongs to a part`() {
        for one in Case.all(isSmall: true) { #expect(Plan.parts.contains(one.part ?? one.key)) }
    }

    @Test func `help needs nothing else and names every option`() throws {
        #expect(try BenchArguments(["--help"]).wantsHelp)
        for option in [
            "nginx", "haproxy", "fastapi", "fastapi-app", "litellm", "rounds", "starts", "growth",
            "only", "json", "markdown", "charts", "commit",
        ] {
            #expect(BenchArguments.help.contains("--\(option) "))
        }
    }

    @Test(arguments: [
        ([], BenchArgumentError.noDaemon),
        (["--wat", "d"], .unknown("--wat")),
        (["d", "e"], .unknown("e")),
        (["d", "--json"], .missingValue("--json")),
        (["d", "--rounds", "0"], .badValue("--rounds", "0", 1...100)),
        (["d", "--rounds", "+5"], .badValue("--rounds", "+5", 1...100)),
        (["d", "--starts", "many"], .badValue("--starts", "many", 1...1000)),
        (["d", "--only", "paced,all"], .unknownPart("all")),
        (["d", "--only", ","], .missingValue("--only")),
        (["d", "--fastapi", "python"], .halfFastAPI),
        (["d", "--fastapi-app", "app.py"], .halfFastAPI),
    ])
    func `an argument that makes no sense is named`(words: [String], error: BenchArgumentError) {
        #expect(throws: error) { try BenchArguments(words) }
        #expect(!error.description.isEmpty)
    }
}
