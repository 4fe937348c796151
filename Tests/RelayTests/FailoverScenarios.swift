import Testing

@testable import Generations

/// How an upstream misbehaves, and what comes of it.
extension FailoverTests {
    enum Outcome: Sendable, Equatable {
        /// The upstream's own answer.
        case own
        /// The stand-in's.
        case rescued
        /// This status and this word for programs.
        case failed(Int, String?)
    }

    struct Scenario: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let behaviour: String
        let alone: Outcome
        let helped: Outcome
        /// How often the upstream itself is asked.
        let calls: Int

        init(
            _ name: String,
            _ behaviour: String,
            alone: Outcome,
            helped: Outcome,
            calls: Int
        ) {
            testDescription = name
            self.behaviour = behaviour
            self.alone = alone
            self.helped = helped
            self.calls = calls
        }
    }

    static let standIn = "claude-x?say=rescued&interval_ms=0"
    static let text = "&tokens=6&interval_ms=0"

    static let scenarios = [
        Scenario(
            "429 with a wait, once",
            "status=429&times=1&retry_after=2",
            alone: .own,
            helped: .own,
            calls: 2
        ),
        Scenario(
            "429 without a wait",
            "status=429",
            alone: .failed(429, nil),
            helped: .rescued,
            calls: 3
        ),
        Scenario(
            "429 with a long wait",
            "status=429&retry_after=600",
            alone: .failed(429, nil),
            helped: .rescued,
            calls: 1
        ),
        Scenario("500 once", "status=500&times=1", alone: .own, helped: .own, calls: 2),
        Scenario(
            "503 for good",
            "status=503",
            alone: .failed(503, nil),
            helped: .rescued,
            calls: 3
        ),
        Scenario(
            "a wrong key",
            "status=401",
            alone: .failed(401, nil),
            helped: .rescued,
            calls: 1
        ),
        Scenario(
            "a model that is not there",
            "status=404",
            alone: .failed(404, nil),
            helped: .rescued,
            calls: 1
        ),
        Scenario("a reset, once", "reset_after=0&times=1", alone: .own, helped: .own, calls: 2),
        Scenario(
            "no answer at all",
            "hang=1",
            alone: .failed(504, "head_timeout"),
            helped: .rescued,
            calls: 1
        ),
        Scenario("a late first token", "first_ms=8000", alone: .own, helped: .own, calls: 1),
        Scenario(
            "a stream that is cut",
            "cut_after=3",
            alone: .failed(502, "truncated"),
            helped: .failed(502, "truncated"),
            calls: 1
        ),
        Scenario(
            "a stream that stalls",
            "pause_after=3&pause_ms=60000",
            alone: .failed(504, "idle_timeout"),
            helped: .failed(504, "idle_timeout"),
            calls: 1
        ),
        Scenario(
            "garbage in the stream",
            "bad_json_after=3",
            alone: .failed(502, "malformed"),
            helped: .failed(502, "malformed"),
            calls: 1
        ),
        Scenario(
            "garbage before the first token",
            "bad_json_after=0",
            alone: .failed(502, "malformed"),
            helped: .rescued,
            calls: 1
        ),
        Scenario(
            "an error in the stream",
            "error_after=3",
            alone: .failed(500, nil),
            helped: .failed(500, nil),
            calls: 1
        ),
        Scenario(
            "an error before the first token",
            "error_after=0",
            alone: .failed(500, nil),
            helped: .rescued,
            calls: 3
        ),
        Scenario(
            "a whole stream without its last mark",
            "no_done=1",
            alone: .own,
            helped: .own,
            calls: 1
        ),
        Scenario(
            "a stream without its last mark and without a reason",
            "cut_after=6",
            alone: .failed(502, "truncated"),
            helped: .failed(502, "truncated"),
            calls: 1
        ),
        Scenario(
            "a request that nobody would take",
            "status=422",
            alone: .failed(422, nil),
            helped: .failed(422, nil),
            calls: 1
        ),
    ]
}
