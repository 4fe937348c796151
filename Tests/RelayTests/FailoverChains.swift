import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// What becomes of upstreams that refuse connections, alone and among others, and of time.
extension FailoverTests {
    private static let nobody = "http://127.0.0.1:1/v1"

    @Test(.timeLimit(.minutes(5)), arguments: [false, true])
    func `a connection that is refused is made good too`(isHelped: Bool) async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock, modelClock: clock, baseURL: Self.nobody) {
            Self.configure(&$0, isHelped: isHelped)
        } _: { relay in
            let (head, json) = try await ask(relay, "simulator", clock)
            #expect(head.status == (isHelped ? 200 : 502))
            let code = json["error"]?["code"]?.stringValue
            #expect(code == (isHelped ? nil : "not_connected"))
            #expect(relay.calls(Self.standIn).calls == (isHelped ? 1 : 0))
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [true, false])
    func `in a chain of several, who refuses connections leads to the next like who fails`(
        isRefusedFirst: Bool
    ) async throws {
        let clock = ManualClock()
        let failing = "claude-x?status=503"
        try await withRelay(
            clock: clock,
            modelClock: clock,
            baseURL: isRefusedFirst ? Self.nobody : nil
        ) {
            Self.configure(&$0, isHelped: true)
            var down = $0.upstreams[0]
            down.name = "down"
            down.baseURL = Self.nobody
            $0.upstreams.append(down)
            $0.upstreams[0].serves.fallbacks.insert(
                isRefusedFirst
                    ? .init(upstream: "claude-simulator", model: failing)
                    : .init(upstream: "down", model: nil),
                at: 0
            )
        } _: { relay in
            let (head, json) = try await ask(relay, "simulator?status=503", clock)
            #expect(head.status == 200)
            #expect(json["model"]?.stringValue == Self.standIn)
            #expect(relay.calls(Self.standIn).calls == 1)
            #expect(relay.calls(isRefusedFirst ? failing : "simulator?status=503").calls == 3)
            #expect(try relay.record(head.id)["upstream"]?.stringValue == "claude-simulator")
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            "hang=1", "status=503", "status=429&retry_after=60",
        ],
        [false, true]
    )
    func `nobody waits a hundred seconds where the clocks are as they come`(
        behaviour: String,
        isHelped: Bool
    ) async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock, modelClock: clock) {
            let clocks = $0
            Self.configure(&$0, isHelped: isHelped)
            $0.headSeconds = clocks.headSeconds
            $0.idleSeconds = clocks.idleSeconds
            $0.retryBudgetSeconds = clocks.retryBudgetSeconds
        } _: { relay in
            let start = clock.now
            let (head, _) = try await ask(relay, "simulator?" + behaviour + Self.text, clock)
            #expect(clock.now - start < .seconds(100))
            #expect((head.status == 200) == isHelped)
        }
    }
}
