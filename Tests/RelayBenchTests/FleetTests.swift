import Loop
import Simulator
import TestSupport
import Testing

@testable import relay_bench

/// The clients against the simulator, without a relay in between.
@Suite(.timeLimit(.minutes(1)), .serialized)
struct FleetTests {
    private static func run(
        _ load: StreamLoad,
        model: ((Int) -> String)? = nil
    ) async throws -> FleetOutcome {
        let upstream = try SimulatorServer()
        let loop = try EventLoop(index: 0)
        let targets = (0..<load.streams).map { index in
            StreamTarget.openAI(port: upstream.port, model: (model ?? load.model)(index))
        }
        let outcome = await Fleet.run(load, against: targets, watching: nil, on: loop)
        upstream.stop()
        await loop.stop()
        return outcome
    }

    @Test func `every token of every stream is counted, and timed within the window`() async throws
    {
        let load = StreamLoad(
            streams: 10,
            tokens: 200,
            intervalMicroseconds: 10_000,
            ramp: .milliseconds(50),
            timesTokens: true
        )
        let outcome = try await Self.run(load)
        #expect(outcome.failures == [])
        #expect(outcome.tokens == 2000)
        #expect(outcome.answers == 10)
        #expect(outcome.firstTokenDelays.count == 10)
        #expect(outcome.durations.count == 10)
        // About 150 of the 1990 milliseconds are ramp and margins; and a machine that stands still
        // for a while puts tokens out of the window.
        #expect((50..<2000).contains(outcome.latencies.count))
        #expect(outcome.begin != nil)
        #expect(outcome.end != nil)
    }

    @Test func `at full speed streams get all their tokens, too`() async throws {
        let load = StreamLoad(streams: 4, tokens: 500, intervalMicroseconds: 0)
        // They take turns: none waits for another's end. In percent; the machine may hold up one
        // of them in some attempts.
        let isFair = try await isPrompt(within: 150) {
            let outcome = try await Self.run(load)
            #expect(outcome.failures == [])
            #expect(outcome.tokens == 2000)
            let values = outcome.figures(of: load)
            #expect(values[.served] == 100)
            let ratio = try #require(values[.slowestToMedian])
            #expect(ratio >= 1)
            return Int(ratio * 100)
        }
        #expect(isFair)
    }

    @Test func `a connection asks again until the time is over`() async throws {
        var load = StreamLoad(streams: 2, tokens: 5, intervalMicroseconds: 0)
        var outcome = FleetOutcome()
        // A busy machine may need more time for as many.
        for milliseconds in [200, 1000, 5000] where outcome.answers <= 4 {
            load.repetition = .milliseconds(milliseconds)
            outcome = try await Self.run(load)
        }
        #expect(outcome.failures == [])
        #expect(outcome.answers > 4)
        #expect(outcome.tokens == outcome.answers * 5)
        #expect((outcome.figures(of: load)[.requestsPerSecond] ?? 0) > 0)
    }

    @Test func `streams that lack tokens are reported, and their answers do not count`()
        async throws
    {
        let load = StreamLoad(streams: 3, tokens: 5, intervalMicroseconds: 0)
        let outcome = try await Self.run(load) { index in
            load.model(of: index) + (index == 1 ? "&cut_after=2" : index == 2 ? "&status=503" : "")
        }
        #expect(outcome.answers == 1)
        #expect(
            outcome.failures.sorted() == [
                "complete after 2 of 5 tokens", "refused(status: 503) after 0 of 5 tokens",
            ]
        )
        #expect(outcome.figures(of: load)[.served] == 100.0 / 3)
    }

    @Test func `a stream that is not done in time is cut off and counts as failed`() async throws {
        var load = StreamLoad(streams: 2, tokens: 2, intervalMicroseconds: 1000)
        load.patience = .seconds(1)
        let outcome = try await Self.run(load) { _ in
            "bench?stamp=1&tokens=2&pause_after=1&pause_ms=60000"
        }
        #expect(outcome.isCutOff)
        #expect(outcome.tokens == 2)
        #expect(outcome.failures == ["not done in time", "not done in time"])
    }
}
