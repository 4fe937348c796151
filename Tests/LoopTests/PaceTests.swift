import Testing

@testable import Loop

@Suite struct PaceTests {
    /// Turns of so many tokens and events each, one every `microseconds`, for half a second.
    private func rests(
        tokens: Int,
        events: Int,
        every microseconds: Int,
        hurries: Bool = false,
        hasWork: Bool = false
    ) -> [Nanoseconds] {
        var pace = Pace()
        return (0..<(500_000 / microseconds)).map { turn in
            pace.count(tokens: tokens)
            if hurries { pace.hurry() }
            let now = Nanoseconds(turn * microseconds * 1000 + 1)
            return pace.turnEnded(events: events, now: now, hasWork: hasWork)
        }
    }

    @Test func `a loop that is not busy never rests`() {
        #expect(rests(tokens: 1, events: 1, every: 110).allSatisfy { $0 == 0 })
    }

    @Test func `a busy loop rests once it is known to be busy, too briefly for anyone to see`() {
        let rests = rests(tokens: 1, events: 1, every: 50)
        #expect(rests.prefix(2000).allSatisfy { $0 == 0 })
        #expect(rests.dropFirst(4001).allSatisfy { $0 == 200_000 })
    }

    @Test func `the rest grows if one event brings several tokens, up to a bound`() {
        #expect(rests(tokens: 40, events: 10, every: 500).last == 800_000)
        #expect(rests(tokens: 1000, events: 10, every: 500).last == .milliseconds(2))
    }

    @Test func `no rest follows a turn in which a client waits for a beginning or an end`() {
        #expect(rests(tokens: 9, events: 9, every: 100, hurries: true).allSatisfy { $0 == 0 })
    }

    @Test func `no rest follows a turn with other events than tokens`() {
        #expect(rests(tokens: 9, events: 10, every: 100).allSatisfy { $0 == 0 })
    }

    @Test func `a loop that is behind does not rest`() {
        #expect(rests(tokens: 999, events: 256, every: 500, hasWork: true).allSatisfy { $0 == 0 })
    }

    @Test func `no rest follows an empty turn`() {
        var pace = Pace()
        for turn in 0..<10_000 as Range<Nanoseconds> {
            pace.count(tokens: 20)
            _ = pace.turnEnded(events: 20, now: turn * 20_000, hasWork: false)
        }
        #expect(pace.turnEnded(events: 0, now: 200_000_000, hasWork: false) == 0)
    }
}
