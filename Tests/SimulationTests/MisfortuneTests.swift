import Loop
import Testing

@testable import simulate

/// When things go wrong, and what is safe by then.
@Suite(.timeLimit(.minutes(1)))
struct MisfortuneTests {
    @Test func `what is safe follows the clock at a distance`() {
        var safe = SafeMoment(at: 0)
        safe.follow(.milliseconds(1000))
        #expect(safe.time == 0)
        safe.follow(.milliseconds(4000))
        #expect(safe.time == .milliseconds(2500))
    }

    @Test func `nothing more is safe before what was in the way is long over`() {
        var safe = SafeMoment(at: 0)
        safe.follow(.milliseconds(2000))
        safe.isDisturbed(at: .milliseconds(5000))
        safe.follow(.milliseconds(6400))
        #expect(safe.time == .milliseconds(500))
        safe.follow(.milliseconds(6500))
        #expect(safe.time == .milliseconds(5000))
    }

    @Test func `a stuck thread keeps things from being safe until it goes on`() {
        var safe = SafeMoment(at: 0)
        safe.isStuck(until: .milliseconds(3000))
        safe.follow(.milliseconds(2000))
        safe.follow(.milliseconds(4400))
        #expect(safe.time == 0)
        safe.follow(.milliseconds(4600))
        #expect(safe.time == .milliseconds(3100))
    }

    @Test func `a process dies at the call that was named`() {
        var doom = Doom()
        #expect(!doom.strikes { "history.jsonl 0+1" })
        doom.set(after: 1, at: "keys", losesPower: true)
        #expect(!doom.strikes { "keys 0+1" } && !doom.strikes { "history.jsonl 0+1" })
        #expect(doom.strikes { "keys 1+1" } && doom.losesPower)
        #expect(!doom.strikes { "keys 2+1" })
        doom.clear()
        #expect(!doom.losesPower)
    }
}
