import Loop
import Testing

/// Tests of a loop whose turns run when they are asked for, on the thread that asks.
struct SteppedLoopTests {
    private let clock = ManualClock(start: .seconds(1), wallMilliseconds: 5000)

    @Test func postedWorkRunsInOrderInTheNextStep() throws {
        let loop = try EventLoop(stepped: 0, clock: clock)
        let notes = Notes()
        for number in 1...3 { loop.post { _ in notes.add("\(number)") } }
        #expect(notes.all.isEmpty)
        loop.step()
        #expect(notes.all == ["1", "2", "3"])
    }

    @Test func whatATurnPostsWaitsForTheNextStep() throws {
        let loop = try EventLoop(stepped: 0, clock: clock)
        let notes = Notes()
        loop.post { loop in
            notes.add("first")
            loop.post { _ in notes.add("second") }
        }
        loop.step()
        #expect(notes.all == ["first"])
        loop.step()
        #expect(notes.all == ["first", "second"])
    }

    @Test func aDeadlineFiresInTheStepAfterTheClockMoved() throws {
        let loop = try EventLoop(stepped: 0, clock: clock)
        let notes = Notes()
        let deadline = loop.assumeIsolated { loop in
            let deadline = loop.reactor.makeDeadline { notes.add("due") }
            deadline.set(at: loop.reactor.now + .seconds(1))
            return OnOneThread(deadline)
        }
        loop.step()
        clock.move(by: .seconds(1) - 1)
        loop.step()
        #expect(notes.all.isEmpty)
        clock.move(by: 1)
        #expect(notes.all.isEmpty)
        loop.step()
        #expect(notes.all == ["due"])
        #expect(loop.assumeIsolated { $0.reactor.now } == clock.now)
        loop.step()
        #expect(notes.all == ["due"])
        withExtendedLifetime(deadline) {}
    }

    @Test func aTurnEndsAfterItsEventsAndItsDeadlines() throws {
        let loop = try EventLoop(stepped: 0, clock: clock)
        let notes = Notes()
        let deadline = loop.assumeIsolated { loop in
            loop.reactor.atTurnEnd(NotedEnd(notes))
            loop.reactor.atNextTurn { notes.add("postponed") }
            let deadline = loop.reactor.makeDeadline { notes.add("due") }
            deadline.set(at: loop.reactor.now)
            return OnOneThread(deadline)
        }
        loop.post { _ in notes.add("event") }
        loop.step()
        #expect(notes.all == ["event", "postponed", "due", "end"])
        withExtendedLifetime(deadline) {}
    }

    @Test func workLeftForTheNextTurnRunsInTheNextStep() throws {
        let loop = try EventLoop(stepped: 0, clock: clock)
        let notes = Notes()
        loop.post { $0.reactor.atNextTurn { notes.add("left") } }
        loop.step()
        #expect(notes.all.isEmpty)
        #expect(loop.nextWork == clock.now)
        loop.step()
        #expect(notes.all == ["left"])
    }

    @Test func nextWorkIsNowWhereSomethingWaits() throws {
        let loop = try EventLoop(stepped: 0, clock: clock)
        #expect(loop.nextWork == nil)
        loop.post { _ in }
        clock.move(by: 7)
        #expect(loop.nextWork == clock.now)
        loop.step()
        #expect(loop.nextWork == nil)
        loop.assumeIsolated { $0.reactor.atTurnEnd(NotedEnd(Notes())) }
        #expect(loop.nextWork == clock.now)
        loop.step()
        #expect(loop.nextWork == nil)
    }

    @Test func nextWorkIsElseTheEarliestDeadline() throws {
        let loop = try EventLoop(stepped: 0, clock: clock)
        let deadlines = loop.assumeIsolated { loop in
            [3, 2].map { seconds in
                let deadline = loop.reactor.makeDeadline()
                deadline.set(at: loop.reactor.now + .seconds(seconds))
                return OnOneThread(deadline)
            }
        }
        let start = clock.now
        #expect(loop.nextWork == start + .seconds(2))
        clock.move(by: .seconds(2))
        loop.step()
        #expect(loop.nextWork == start + .seconds(3))
        clock.move(by: .seconds(1))
        loop.step()
        #expect(loop.nextWork == nil)
        withExtendedLifetime(deadlines) {}
    }

    @Test func aStoppedLoopDoesNothing() throws {
        let loop = try EventLoop(stepped: 0, clock: clock)
        let notes = Notes()
        loop.post { _ in notes.add("late") }
        loop.assumeIsolated { $0.stop() }
        loop.step()
        #expect(notes.all.isEmpty)
    }
}

/// What has happened, in order.
private final class Notes: Sendable {
    private let notes = Guarded<[String]>([])

    var all: [String] { notes.withLock { $0 } }

    func add(_ note: String) { notes.withLock { $0.append(note) } }
}

/// Notes that a turn has ended.
private final class NotedEnd: TurnEndHandler {
    private let notes: Notes

    init(_ notes: Notes) { self.notes = notes }

    func turnEnded() { notes.add("end") }
}
