import Loop
import Testing
import Wire

@testable import Simulator

/// The options that the benchmark uses.
@Suite struct StampTests {
    @Test func `a stamped token is the instant at which it was written`() throws {
        let behaviour = try Behaviour(modelName: "bench?stamp=1&tokens=2")
        #expect(behaviour.hasStamps)
        let facts = AnswerFacts(
            number: 1,
            model: "bench",
            created: 0,
            promptTokens: 1,
            hasUsage: true,
            wantsUsage: false
        )
        var script = Script(
            behaviour,
            OpenAIEvents(facts, EventFraming(behaviour)),
            answer: try Answer.tokens(for: behaviour, Playback.request("m"), calls: []),
            finish: .stop
        )
        var out: [UInt8] = []
        #expect(script.next(into: &out) == .send)
        out = []
        let before = monotonicNow()
        #expect(script.next(into: &out) == .send)
        let after = monotonicNow()
        let text = String(decoding: out, as: UTF8.self)
        let value = try #require(text.split(separator: "\"content\":\"").last)
        let digits = String(value.prefix { $0.isNumber })
        let stamp = Nanoseconds(try #require(parseDecimal(digits)))
        #expect((before...after).contains(stamp))
        #expect(value.dropFirst(digits.count).hasPrefix(" \""))
    }

    @Test(arguments: ["say=a&stamp=1", "echo=1&stamp=1"])
    func `stamps take the place of any other text`(options: String) {
        #expect(throws: BehaviourError.self) { try Behaviour(modelName: "bench?\(options)") }
    }

    @Test(arguments: [0, 1, 7_000, 19_999, 20_000, 45_000])
    func `a stream with a phase counts from the last instant in it`(phase: Int) throws {
        let behaviour = try Behaviour(modelName: "bench?interval_ms=20&phase_us=\(phase)")
        for now: Nanoseconds in [100_000_000, 107_000_000, 119_999_999, 123_456_789] {
            let begin = behaviour.begin(at: now)
            #expect(begin <= now)
            #expect(now - begin < 20_000_000)
            #expect(begin % 20_000_000 == Nanoseconds(phase) * 1000 % 20_000_000)
        }
    }

    @Test func `a stream without a phase counts from its beginning`() throws {
        #expect(try Behaviour(modelName: "bench").begin(at: 12_345) == 12_345)
    }
}
