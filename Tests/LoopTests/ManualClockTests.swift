import Loop
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ManualClockTests {
    /// Sets deadlines so many milliseconds from now, which report when they are due.
    private func set(
        _ spans: [Int],
        on loop: EventLoop,
        _ fired: Recorder<Int>
    ) async {
        await loop.run { loop in
            let reactor = loop.reactor
            for span in spans {
                let deadline = reactor.makeDeadline { fired.record(span) }
                deadline.set(at: reactor.now + .milliseconds(span))
            }
        }
    }

    struct Turn: Sendable {
        let by: Nanoseconds
        let fired: [Int]
    }

    @Test func `deadlines fire in order when the clock is advanced, and none before`()
        async throws
    {
        let clock = ManualClock()
        let loop = try EventLoop(index: 0, time: .manual(clock))
        let fired = Recorder<Int>()
        await set([3000, 1000, 2000, 3_600_000, 0], on: loop, fired)
        let turns = [
            Turn(by: 0, fired: [0]),
            Turn(by: .milliseconds(1000) - 1, fired: [0]),
            Turn(by: 1, fired: [0, 1000]),
            Turn(by: .milliseconds(2000), fired: [0, 1000, 2000, 3000]),
            Turn(by: .seconds(3597) - 1, fired: [0, 1000, 2000, 3000]),
            Turn(by: 1, fired: [0, 1000, 2000, 3000, 3_600_000]),
        ]
        for turn in turns {
            await clock.advance(by: turn.by)
            #expect(fired.values == turn.fired)
        }
        await loop.stop()
    }

    @Test func `advancing the clock wakes a loop that waits for its descriptors`()
        async throws
    {
        let clock = ManualClock()
        let loop = try EventLoop(index: 0, time: .manual(clock))
        let fired = Recorder<Int>()
        await set([1000, 2000], on: loop, fired)
        // At first the loop lingers in its own wait; after the linger it waits in Dispatch's.
        await clock.advance(by: .seconds(1))
        #expect(fired.values == [1000])
        try await Task.sleep(nanoseconds: 120_000_000)
        #expect(fired.values == [1000])
        await clock.advance(by: .seconds(1))
        #expect(fired.values == [1000, 2000])
        await loop.stop()
    }

    @Test func `loops that share a clock advance together`() async throws {
        let clock = ManualClock()
        let first = try EventLoop(index: 0, time: .manual(clock))
        let second = try EventLoop(index: 1, time: .manual(clock))
        let (one, two) = (Recorder<Int>(), Recorder<Int>())
        await set([10, 30], on: first, one)
        await set([20, 40], on: second, two)
        await clock.advance(by: .milliseconds(20))
        #expect(one.values == [10] && two.values == [20])
        // The clock waits neither for a loop that was stopped nor for one that is gone.
        await first.stop()
        do { _ = try EventLoop(index: 2, time: .manual(clock)) }
        await clock.advance(by: .milliseconds(20))
        #expect(one.values == [10] && two.values == [20, 40])
        await second.stop()
    }

    @Test func `a deadline that an action sets again counts from the new time`() async throws {
        let clock = ManualClock()
        let loop = try EventLoop(index: 0, time: .manual(clock))
        let rings = Recorder<Nanoseconds>()
        let start = clock.now
        await loop.run { loop in
            let reactor = loop.reactor
            let deadline = reactor.makeDeadline()
            deadline.whenDue { [unowned deadline, unowned reactor] in
                rings.record(reactor.now - start)
                deadline.set(at: reactor.now + .seconds(1))
            }
            deadline.set(at: reactor.now + .seconds(1))
            reactor.tenants.append(deadline)
        }
        for seconds in [5, 1, 1] { await clock.advance(by: .seconds(seconds)) }
        #expect(rings.values == [5, 6, 7].map { .seconds($0) })
        await loop.run { $0.reactor.tenants = [] }
        await loop.stop()
    }

    @Test func `a loop's time for people is that of its clock`() async throws {
        let clock = ManualClock()
        let loop = try EventLoop(index: 0, time: .manual(clock))
        let before = await loop.run { $0.reactor.wallMilliseconds }
        #expect(before == clock.wallMilliseconds)
        await clock.advance(by: .seconds(86_400))
        #expect(await loop.run { $0.reactor.wallMilliseconds } == before + 86_400_000)
        await loop.stop()
    }
}
