import Loop
import Testing

@testable import Storage

/// When what was written counts as safe, and when a disk is tried again, as tables.
@Suite struct SafetyRoundsTests {
    typealias Outcome = SafetyRounds.Outcome

    /// What happens to the frames of a journal.
    enum Event: Equatable {
        case wrote
        case begins
        /// The round that began last is over.
        case ended(Bool, Outcome)
        case late(Outcome)
        case leftFailed(Outcome)
        case forgot
    }

    struct Story: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let events: [Event]
        let safe: Int
        let isUnsafe: Bool
    }

    private static let well = Outcome.safe(isBack: false, isBehind: false)
    private static let behind = Outcome.safe(isBack: false, isBehind: true)
    private static let back = Outcome.safe(isBack: true, isBehind: false)

    private static let stories = [
        Story(
            testDescription: "a round covers what was written before it",
            events: [.wrote, .wrote, .begins, .wrote, .ended(true, behind)],
            safe: 2,
            isUnsafe: false
        ),
        Story(
            testDescription: "one after the other covers all",
            events: [.wrote, .begins, .wrote, .ended(true, behind), .begins, .ended(true, well)],
            safe: 2,
            isUnsafe: false
        ),
        Story(
            testDescription: "a failure makes nothing safe",
            events: [.wrote, .begins, .ended(false, .failed(isNew: true))],
            safe: 0,
            isUnsafe: true
        ),
        Story(
            testDescription: "the first success after a failure makes nothing safe",
            events: [
                .wrote, .begins, .ended(false, .failed(isNew: true)), .begins,
                .ended(true, .writeAgain),
            ],
            safe: 0,
            isUnsafe: true
        ),
        Story(
            testDescription: "the next one does, with what was written again",
            events: [
                .wrote, .begins, .ended(false, .failed(isNew: true)), .begins,
                .ended(true, .writeAgain), .wrote, .begins, .ended(true, back),
            ],
            safe: 2,
            isUnsafe: false
        ),
        Story(
            testDescription: "a second failure is not told again",
            events: [
                .wrote, .begins, .ended(false, .failed(isNew: true)), .begins,
                .ended(false, .failed(isNew: false)),
            ],
            safe: 0,
            isUnsafe: true
        ),
        Story(
            testDescription: "a failure after all was written again begins anew",
            events: [
                .wrote, .begins, .ended(false, .failed(isNew: true)), .begins,
                .ended(true, .writeAgain), .wrote, .begins, .ended(false, .failed(isNew: false)),
                .begins, .ended(true, .writeAgain),
            ],
            safe: 0,
            isUnsafe: true
        ),
        Story(
            testDescription: "what is late is not lost",
            events: [.wrote, .begins, .late(.failed(isNew: true)), .ended(true, back)],
            safe: 1,
            isUnsafe: false
        ),
        Story(
            testDescription: "what is late after a failure is not trusted",
            events: [
                .wrote, .begins, .ended(false, .failed(isNew: true)), .begins,
                .late(.failed(isNew: false)), .ended(true, .writeAgain),
            ],
            safe: 0,
            isUnsafe: true
        ),
        Story(
            testDescription: "a segment that is full and fails is a failure",
            events: [
                .wrote, .leftFailed(.failed(isNew: true)), .begins, .ended(true, .writeAgain),
            ],
            safe: 0,
            isUnsafe: true
        ),
        Story(
            testDescription: "what nobody wants any more counts as safe",
            events: [.wrote, .wrote, .forgot],
            safe: 2,
            isUnsafe: false
        ),
    ]

    @Test(arguments: stories)
    func `frames become safe in rounds`(story: Story) {
        var rounds = SafetyRounds()
        var covered = 0
        for (number, event) in story.events.enumerated() {
            switch event {
            case .wrote: rounds.wrote()
            case .begins:
                #expect(rounds.isWanted, "event \(number)")
                covered = rounds.begin()
                #expect(!rounds.isWanted, "one at a time")
            case .ended(let isWell, let outcome):
                let found = rounds.ended(covering: covered, hasFailed: !isWell)
                #expect(found == outcome, "event \(number)")
            case .late(let outcome):
                let found = rounds.late()
                #expect(found == outcome, "event \(number)")
            case .leftFailed(let outcome):
                let found = rounds.failed()
                #expect(found == outcome, "event \(number)")
            case .forgot: rounds.forgot()
            }
        }
        #expect(rounds.safe == story.safe)
        #expect(rounds.isUnsafe == story.isUnsafe)
    }

    @Test func `nothing is asked of a disk that has made all safe`() {
        var rounds = SafetyRounds()
        #expect(!rounds.isWanted)
        rounds.wrote()
        let covered = rounds.begin()
        _ = rounds.ended(covering: covered, hasFailed: false)
        #expect(!rounds.isWanted)
    }

    @Test func `a disk that refuses is tried again after pauses that double up to five seconds`() {
        var outage = Outage()
        var now: Nanoseconds = 0
        #expect(!outage.isOn && outage.attempt(at: now) == now)
        for (number, pause) in [250, 500, 1000, 2000, 4000, 5000, 5000].enumerated() {
            let isFirst = outage.failed(at: now)
            #expect(isFirst == (number == 0))
            #expect(outage.isOn)
            #expect(outage.attempt(at: now) == now + .milliseconds(pause))
            now = outage.attempt(at: now)
        }
        let ended = [outage.succeeded(), outage.succeeded()]
        #expect(ended == [true, false])
        #expect(!outage.isOn && outage.attempt(at: now) == now)
        let begins = outage.failed(at: now)
        #expect(begins)
        #expect(outage.attempt(at: now) == now + .milliseconds(250))
    }
}
