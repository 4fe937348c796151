import ChatFormats
import Loop
import Testing

@testable import Generations

/// When an upstream that fails is left out, and when it is asked again.
@Suite struct BreakerTests {
    private static let second: Nanoseconds = 1_000_000_000

    private func fail(_ breaker: Breaker, _ times: Int, at now: Nanoseconds = 0) -> [Breaker.Change]
    {
        (0..<times).map { _ in breaker.failed(at: now, most: 3, for: 20) }
    }

    @Test func `failures in a row leave an upstream out, and one answer between them does not`() {
        let breaker = Breaker()
        #expect(fail(breaker, 2) == [.none, .none])
        #expect(breaker.answered() == .none)
        #expect(fail(breaker, 3) == [.none, .none, .opened(failures: 3)])
        #expect(breaker.isOpen(at: 19 * Self.second))
        #expect(!breaker.admits(at: 19 * Self.second, for: 30))
    }

    @Test func `after the pause one attempt tries it, and others wait for what comes of it`() {
        let breaker = Breaker()
        _ = fail(breaker, 3)
        #expect(breaker.admits(at: 20 * Self.second, for: 30))
        #expect(!breaker.admits(at: 21 * Self.second, for: 30))
        #expect(breaker.isOpen(at: 21 * Self.second))
        #expect(breaker.answered() == .closed)
        #expect(!breaker.isOpen(at: 21 * Self.second))
        #expect(breaker.admits(at: 21 * Self.second, for: 30))
    }

    @Test func `a trial that fails leaves it out again, and one that never ends does not`() {
        let breaker = Breaker()
        _ = fail(breaker, 3)
        #expect(breaker.admits(at: 20 * Self.second, for: 30))
        #expect(fail(breaker, 1, at: 25 * Self.second) == [.none])
        #expect(!breaker.admits(at: 44 * Self.second, for: 30))
        #expect(breaker.admits(at: 45 * Self.second, for: 30))
        #expect(breaker.admits(at: 75 * Self.second, for: 30))
    }

    @Test func `a trial for which nobody waits any more lets the next one try`() {
        let breaker = Breaker()
        breaker.abandoned(at: 0)
        _ = fail(breaker, 3)
        breaker.abandoned(at: 1)
        #expect(!breaker.admits(at: 19 * Self.second, for: 30))
        #expect(breaker.admits(at: 20 * Self.second, for: 30))
        breaker.abandoned(at: 21 * Self.second)
        #expect(breaker.admits(at: 21 * Self.second, for: 30))
        #expect(!breaker.admits(at: 21 * Self.second, for: 30))
    }

    @Test func `who is asked meanwhile because nobody else is left does not put off the trial`() {
        let breaker = Breaker()
        _ = fail(breaker, 3)
        _ = fail(breaker, 5, at: 19 * Self.second)
        #expect(breaker.admits(at: 20 * Self.second, for: 30))
    }

    @Test func `an upstream keeps its breaker until its name, address or key is another`() {
        let breakers = Breakers()
        var upstream = RelayConfiguration.Upstream(
            name: "one",
            provider: .openAI,
            baseURL: "http://127.0.0.1:1",
            key: "k",
            model: "m"
        )
        let breaker = breakers.breaker(of: upstream)
        upstream.model = "other"
        #expect(breakers.breaker(of: upstream) === breaker)
        upstream.key = "new"
        let other = breakers.breaker(of: upstream)
        #expect(other !== breaker)
        // A key may be in a header, and the deployment in a query.
        upstream.style.fields = [RequestStyle.Field(name: "X-Key", value: "v")]
        let third = breakers.breaker(of: upstream)
        #expect(third !== other)
        upstream.style.query = "api-version=1"
        #expect(breakers.breaker(of: upstream) !== third)
    }
}
