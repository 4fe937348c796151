import Loop
import Simulator
import Testing

@testable import relay_bench

/// Clients that read nothing, and the answers that they leave unread, without a relay in between.
@Suite(.timeLimit(.minutes(1))) struct StalledClientsTests {
    /// The failures of clients that ask the simulator for such models.
    private static func failures(_ models: [String]) throws -> [String] {
        let upstream = try SimulatorServer()
        defer { upstream.stop() }
        let targets = models.map { StreamTarget.openAI(port: upstream.port, model: $0) }
        return try StalledClients(asking: targets).failures()
    }

    @Test func `an endless answer has no pauses and no stamps`() throws {
        let behaviour = try Behaviour(modelName: Bench.endless)
        #expect(behaviour.intervalMicroseconds == 0)
        #expect(behaviour.batch > 1)
        #expect(!behaviour.hasStamps)
        // More than the longest answer that a relay takes: it never ends while a client is there.
        #expect((behaviour.tokens ?? 0) >= 1_000_000_000)
    }

    @Test func `clients for which an endless answer comes are served`() throws {
        #expect(try Self.failures([Bench.endless, Bench.endless]) == [])
    }

    @Test(arguments: [
        ("bench?status=503", "503"), ("bench?tokens=3&interval_us=0&http=close", "ends"),
        ("bench?tokens=3&interval_us=0&reset_after=2", "recv"),
    ])
    func `clients that are refused or get too little fail`(model: String, reason: String) throws {
        let failures = try Self.failures([Bench.endless, model])
        #expect(failures.count == 1)
        #expect(failures.first?.contains(reason) == true, "\(failures)")
    }

    @Test func `a plan knows how long a load takes whose answers never end`() throws {
        let arguments = try BenchArguments(["--only", "stalled", "--rounds", "1", "daemon"])
        #expect((7...10).contains(Plan(arguments).seconds(arguments.peers, isSmall: true)))
    }
}
