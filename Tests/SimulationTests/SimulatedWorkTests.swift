import Loop
import Testing

@testable import simulate

@Suite struct SimulatedWorkTests {
    private let clock = ManualClock(start: 0, wallMilliseconds: 0)
    private let work: SimulatedWork
    private let story = Lines()

    /// What happened, in order.
    ///
    /// `@unchecked`: these tests run their work on their own thread.
    private final class Lines: @unchecked Sendable {
        var all: [String] = []
    }

    /// Ends the threads with the test: until then they and their queues keep each other.
    private final class End: Sendable {
        let work: SimulatedWork
        init(_ work: SimulatedWork) { self.work = work }
        deinit { work.end() }
    }
    private let end: End

    init() {
        work = SimulatedWork(clock: clock, chance: Chance(seed: 1))
        end = End(work)
    }

    @Test func aQueueRunsInOrder() {
        let queue = work.queue("a", .usual)
        for number in 0..<5 { queue.async { story.all.append("\(number)") } }
        #expect(story.all.isEmpty)
        while work.runOne() {}
        #expect(story.all == ["0", "1", "2", "3", "4"])
        #expect(work.readyCount == 0)
    }

    @Test func differentQueuesRunInAnyOrder() {
        var orders: Set<[String]> = []
        for seed in 0..<50 {
            let work = SimulatedWork(clock: clock, chance: Chance(seed: UInt64(seed)))
            defer { work.end() }
            let story = Lines()
            for name in ["a", "b", "c"] {
                work.queue(name, .usual).async { story.all.append(name) }
            }
            #expect(work.readyCount == 3)
            while work.runOne() {}
            orders.insert(story.all)
        }
        #expect(orders.count == 6)
    }

    @Test func whatIsPutOffWaitsForTheClock() {
        let queue = work.queue("a", .usual)
        queue.after(milliseconds: 10) { story.all.append("late") }
        queue.after(milliseconds: 5) { story.all.append("soon") }
        queue.after(milliseconds: 10) { story.all.append("last") }
        #expect(!work.runOne())
        #expect(work.nextDue == .milliseconds(5))
        clock.move(by: .milliseconds(10))
        queue.async { story.all.append("now") }
        while work.runOne() {}
        #expect(story.all == ["soon", "late", "last", "now"])
        #expect(work.nextDue == nil)
    }

    @Test func aHeldQueueStandsStillUntilTheClockHasMovedOn() {
        let queue = work.queue("a", .usual)
        queue.async { story.all.append("done") }
        #expect(work.hold(milliseconds: 7) == "a")
        #expect(!work.runOne())
        #expect(work.nextDue == .milliseconds(7))
        clock.move(by: .milliseconds(7))
        #expect(work.runOne())
        #expect(story.all == ["done"])
    }

    @Test func whoeverWaitsForAHeldQueueWaitsAsLong() {
        let queue = work.queue("a", .usual)
        queue.async { story.all.append("before") }
        work.hold(milliseconds: 7)
        queue.sync { story.all.append("done") }
        #expect(story.all == ["before", "done"])
        #expect(clock.now == .milliseconds(7))
        #expect(work.deadlock == nil)
    }

    @Test func aQueueThatWaitsForItselfIsNoticed() {
        let first = work.queue("a", .usual)
        let second = work.queue("b", .usual)
        first.async { second.sync { first.sync { story.all.append("done") } } }
        #expect(work.runOne())
        #expect(work.deadlock == "a")
        #expect(story.all == ["done"])
    }

    @Test func aSignalIsWaitedForWhileOthersWork() {
        let signal = work.makeSignal()
        let first = work.queue("a", .usual)
        let second = work.queue("b", .usual)
        second.after(milliseconds: 30) { signal.signal() }
        first.async {
            first.async { story.all.append("next") }
            story.all.append("came: \(signal.wait(milliseconds: 100))")
        }
        while work.runOne() {}
        #expect(story.all == ["came: true", "next"])
        #expect(clock.now == .milliseconds(30))
        #expect(work.deadlock == nil)
    }

    @Test func aSignalThatDoesNotComeIsWaitedForToTheEnd() {
        let signal = work.makeSignal()
        work.queue("a", .usual).after(milliseconds: 30) { signal.signal() }
        #expect(!signal.wait(milliseconds: 20))
        #expect(clock.now == .milliseconds(20))
        #expect(signal.wait(milliseconds: 20))
        #expect(clock.now == .milliseconds(30))
    }

    @Test func aSignalThatComesTooLateDoesNotCount() {
        let signal = work.makeSignal()
        work.queue("a", .usual).async {
            work.sleep(milliseconds: 50)
            signal.signal()
        }
        #expect(!signal.wait(milliseconds: 20))
        #expect(signal.wait(milliseconds: 0))
    }

    @Test func afterTheEndNothingIsRun() {
        let queue = work.queue("a", .usual)
        let signal = work.makeSignal()
        queue.async { story.all.append("waiting") }
        queue.after(milliseconds: 1) { story.all.append("put off") }
        work.end()
        queue.async { story.all.append("given later") }
        clock.move(by: .seconds(1))
        #expect(!work.runOne())
        #expect(!signal.wait(milliseconds: 1000))
        work.sleep(milliseconds: 1000)
        #expect(clock.now == .seconds(1))
        queue.sync { story.all.append("returns") }
        #expect(story.all == ["returns"])
    }

    @Test func aSeedGivesTheSameRandomNumbersAgain() {
        let first = SeededRandom(Chance(seed: 5))
        let second = SeededRandom(Chance(seed: 5))
        #expect((0..<10).map { _ in first.next() } == (0..<10).map { _ in second.next() })
        var bytes = [UInt8](repeating: 0, count: 21)
        bytes.withUnsafeMutableBytes { first.fill($0) }
        #expect(bytes.contains { $0 != 0 })
    }
}
