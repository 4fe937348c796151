import Glibc
import Loop
import TestSupport
import Testing

/// Schedules itself for the turn's end so many times, and reports the turn of each.
private final class Again: TurnEndHandler {
    private let reactor: Reactor
    private var left: Int
    private let turns: Recorder<Nanoseconds>

    init(_ reactor: Reactor, times: Int, _ turns: Recorder<Nanoseconds>) {
        self.reactor = reactor
        left = times
        self.turns = turns
    }

    func turnEnded() {
        turns.record(reactor.now)
        left -= 1
        if left > 0 { reactor.atTurnEnd(self) }
    }
}

/// Posts itself again each time it runs.
private final class EndlessPoster: Sendable {
    let isOver = Guarded(false)

    func post(to loop: EventLoop) {
        guard !isOver.withLock({ $0 }) else { return }
        loop.post { self.post(to: $0) }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct EventLoopTests {
    @Test func `work posted from many threads runs once each, in each thread's order`() async throws
    {
        let loop = try EventLoop(index: 0)
        let ran = Recorder<(thread: Int, number: Int)>()
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    for number in 0..<2000 {
                        loop.post { _ in ran.record((thread, number)) }
                    }
                }
            }
        }
        let all = try await ran.wait(count: 16_000)
        for thread in 0..<8 {
            #expect(all.filter { $0.thread == thread }.map(\.number) == Array(0..<2000))
        }
        #expect(all.count == 16_000)
        await loop.stop()
    }

    @Test func `work that posts work does not keep the loop from anything else`() async throws {
        let loop = try EventLoop(index: 0)
        let poster = EndlessPoster()
        poster.post(to: loop)
        let fired = Recorder<Int>()
        await loop.run { loop in
            let deadline = loop.reactor.makeDeadline { fired.record(1) }
            deadline.set(at: loop.reactor.now + .milliseconds(5))
        }
        _ = try await fired.wait(count: 1)
        poster.isOver.withLock { $0 = true }
        await loop.stop()
    }

    @Test func `an actor's job runs on the loop, and its error comes back`() async throws {
        let loop = try EventLoop(index: 7)
        let index = await loop.run { loop in
            loop.assertIsolated()
            return loop.reactor.index
        }
        #expect(index == 7)
        let error = await #expect(throws: SystemCallError.self) {
            try await loop.run { _ throws(SystemCallError) in
                throw SystemCallError("open", ENOENT)
            }
        }
        #expect(error?.description == "open: No such file or directory")
        await loop.stop()
    }

    @Test func `deadlines fire in order and never early`() async throws {
        let loop = try EventLoop(index: 0)
        let fired = Recorder<(due: Nanoseconds, at: Nanoseconds)>()
        await loop.run { loop in
            let reactor = loop.reactor
            for milliseconds in [30, 5, 12, 0, 5, 21, 1, 40] {
                let due = monotonicNow() + .milliseconds(milliseconds)
                let deadline = reactor.makeDeadline { fired.record((due, monotonicNow())) }
                deadline.set(at: due)
            }
        }
        let all = try await fired.wait(count: 8)
        #expect(all.map(\.due) == all.map(\.due).sorted())
        #expect(all.allSatisfy { $0.at >= $0.due })
        await loop.stop()
    }

    @Test func `a deadline earlier than the one the loop waits for wakes it`() async throws {
        let loop = try EventLoop(index: 0)
        let fired = Recorder<String>()
        let late = await loop.run { loop in
            let deadline = loop.reactor.makeDeadline { fired.record("late") }
            deadline.set(at: loop.reactor.now + .seconds(3600))
            loop.reactor.tenants.append(deadline)
            return loop.reactor.now
        }
        // Long enough for the loop to have gone to sleep with its timer armed.
        try await Task.sleep(nanoseconds: 20_000_000)
        await loop.run { loop in
            let deadline = loop.reactor.makeDeadline { fired.record("early") }
            deadline.set(at: loop.reactor.now + .milliseconds(20))
        }
        #expect(try await fired.wait(count: 1) == ["early"])
        #expect(monotonicNow() < late + .seconds(3600))
        await loop.run { loop in
            for case let deadline as Deadline in loop.reactor.tenants { deadline.clear() }
            loop.reactor.tenants = []
        }
        await loop.stop()
    }

    @Test func `what a turn's end leaves for a turn's end belongs to that turn`() async throws {
        let loop = try EventLoop(index: 0)
        let turns = Recorder<Nanoseconds>()
        await loop.run { $0.reactor.atTurnEnd(Again($0.reactor, times: 5, turns)) }
        let all = try await turns.wait(count: 5)
        #expect(Set(all).count == 1)
        await loop.stop()
    }

    @Test func `endless work at turn ends does not keep the loop from others`() async throws {
        let loop = try EventLoop(index: 0)
        let turns = Recorder<Nanoseconds>()
        await loop.run { $0.reactor.atTurnEnd(Again($0.reactor, times: 1000, turns)) }
        // This returns although the handler has not ended.
        await loop.run { _ in }
        let all = try await turns.wait(count: 1000)
        #expect(all.count == 1000)
        #expect(Set(all).count > 10)
        await loop.stop()
    }

    @Test func `loops that come and go leave no descriptor open, and new ones work`() async throws {
        // Dispatch's own descriptors come with the first loop.
        try await useAndDrop(isStopped: true)
        let before = openDescriptorCount()
        for number in 0..<200 { try await useAndDrop(isStopped: number % 2 == 0) }
        // They close when Dispatch releases them, which it does on a thread of its own. Loops of
        // other tests may come and go meanwhile.
        try await eventually { openDescriptorCount() <= before + 30 }
    }

    private func useAndDrop(isStopped: Bool) async throws {
        let loop = try EventLoop(index: 0)
        let fired = Recorder<Int>()
        await loop.run { loop in
            let deadline = loop.reactor.makeDeadline { fired.record(1) }
            deadline.set(at: loop.reactor.now)
        }
        _ = try await fired.wait(count: 1)
        if isStopped { await loop.stop() }
    }
}

/// Work that is left for the next turn.
@Suite struct NextTurnTests {
    private final class Ending: TurnEndHandler {
        private let events: Recorder<String>

        init(_ events: Recorder<String>) { self.events = events }

        func turnEnded() { events.record("end") }
    }

    @Test(.timeLimit(.minutes(1)))
    func `work left for the next turn comes after the end of this one, and at once`()
        async throws
    {
        let loop = try EventLoop(index: 0)
        let events = Recorder<String>()
        loop.post { loop in
            let reactor = loop.reactor
            let first = reactor.turn
            reactor.atNextTurn {
                events.record("\(reactor.turn - first)")
                reactor.atNextTurn { events.record("\(reactor.turn - first)") }
            }
            reactor.atTurnEnd(Ending(events))
            events.record("turn")
        }
        #expect(waits { events.values.count == 4 })
        #expect(events.values == ["turn", "end", "1", "2"])
        await loop.run { $0.stop() }
    }
}
