import Loop
import Testing

@testable import Access

/// When a key set is fetched, as stories: what happens at which second, and what is done about it.
@Suite struct KeySetScheduleTests {
    private typealias Step = (
        second: Int, input: KeySetSchedule.Input, action: KeySetSchedule.Action
    )

    private func check(_ steps: [Step], _ what: String) {
        var schedule = KeySetSchedule()
        for (number, step) in steps.enumerated() {
            let action = schedule.take(step.input, at: .seconds(step.second))
            #expect(action == step.action, "\(what), step \(number)")
        }
    }

    private static let day = KeySetSchedule.maxAgeSeconds

    @Test func `it is fetched at once, and then every quarter of an hour`() {
        check(
            [
                (0, .time, .fetch), (0, .time, .nothing), (1, .fetched, .nothing),
                (900, .time, .nothing), (901, .time, .fetch), (902, .fetched, .nothing),
                (1801, .time, .nothing), (1802, .time, .fetch),
            ],
            "refreshing"
        )
    }

    @Test func `who comes before the first set waits for it, in the one fetch that runs`() {
        check(
            [
                (0, .time, .fetch), (1, .wanted, .wait), (2, .wanted, .wait),
                (3, .fetched, .nothing), (3, .wanted, .refuse),
            ],
            "the first"
        )
    }

    @Test func `a flood of unknown keys causes one fetch in thirty seconds`() {
        var schedule = KeySetSchedule()
        #expect(schedule.take(.time, at: 0) == .fetch)
        _ = schedule.take(.fetched, at: .seconds(1))
        var fetches: [Int] = []
        for second in 1...300 {
            for _ in 0..<100 {
                switch schedule.take(.wanted, at: .seconds(second)) {
                case .fetch: fetches.append(second)
                case .wait, .refuse: continue
                case let other: Issue.record("\(other) at \(second) s")
                }
            }
            if fetches.last == second { _ = schedule.take(.fetched, at: .seconds(second)) }
        }
        #expect(fetches == Array(stride(from: 30, through: 300, by: 30)))
    }

    @Test func `without a set a token is put off, and the pauses grow to a minute`() {
        var schedule = KeySetSchedule()
        var second = 0
        var pauses: [Int] = []
        for _ in 0..<9 {
            #expect(schedule.take(.time, at: .seconds(second)) == .fetch)
            _ = schedule.take(.failed, at: .seconds(second))
            let pause = Int((schedule.due - .seconds(second)) / .seconds(1))
            pauses.append(pause)
            let asked = schedule.take(.wanted, at: .seconds(second))
            #expect(asked == .postpone(seconds: min(pause, 30)))
            second += pause
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
    }

    @Test func `in a long pause a token may cause a fetch, every thirty seconds at most`() {
        var schedule = KeySetSchedule()
        var second = 0
        for _ in 0..<7 {
            #expect(schedule.take(.time, at: .seconds(second)) == .fetch)
            _ = schedule.take(.failed, at: .seconds(second))
            second = Int(schedule.due / .seconds(1))
        }
        let began = second - 60
        #expect(schedule.take(.wanted, at: .seconds(began + 29)) == .postpone(seconds: 1))
        #expect(schedule.take(.wanted, at: .seconds(began + 30)) == .fetch)
    }

    @Test func `an older set counts for a day without the issuer, and no longer`() {
        check(
            [
                (0, .time, .fetch), (0, .fetched, .nothing), (900, .time, .fetch),
                (900, .failed, .nothing),
                // Nobody knows that an unknown key is a wrong one.
                (900, .wanted, .postpone(seconds: 1)), (Self.day - 1, .time, .fetch),
                (Self.day - 1, .failed, .nothing), (Self.day, .time, .discard),
                (Self.day, .time, .nothing), (Self.day, .wanted, .postpone(seconds: 1)),
                (Self.day + 1, .time, .fetch), (Self.day + 1, .fetched, .nothing),
                (Self.day + 1, .wanted, .refuse), (2 * Self.day, .time, .fetch),
            ],
            "an outage"
        )
    }

    @Test func `a set that becomes too old while it is fetched counts no more`() {
        var schedule = KeySetSchedule()
        _ = schedule.take(.time, at: 0)
        _ = schedule.take(.fetched, at: 0)
        #expect(schedule.take(.time, at: .seconds(Self.day - 1)) == .fetch)
        #expect(schedule.due == .seconds(Self.day))
        #expect(schedule.take(.time, at: .seconds(Self.day)) == .discard)
        #expect(schedule.take(.time, at: .seconds(Self.day)) == .nothing)
        #expect(schedule.due == .max)
    }

    @Test func `of the failures of an outage fewer and fewer have a line`() {
        var schedule = KeySetSchedule()
        var lines: [Int] = []
        for number in 1...100 {
            _ = schedule.take(.failed, at: .seconds(number))
            if schedule.isFailureWorthALine { lines.append(number) }
        }
        #expect(lines == [1, 2, 4, 8, 16, 32, 64])
        _ = schedule.take(.fetched, at: .seconds(101))
        #expect(schedule.failures == 0)
    }
}
