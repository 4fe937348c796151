import Testing
import Upstream

@testable import Generations

/// What an upstream call does, whatever happens, as a table.
@Suite struct CallMachineTests {
    typealias Input = CallMachine.Input
    typealias Phase = CallMachine.Phase
    typealias Step = CallMachine.Step

    /// One thing that happens, what follows from it, and the phase after it.
    struct Row: Sendable {
        let input: Input
        let step: Step
        let phase: Phase

        init(
            _ input: Input,
            _ action: CallMachine.Action = .nothing,
            _ clock: CallMachine.Clock = .goesOn,
            _ phase: Phase
        ) {
            self.input = input
            step = Step(action: action, clock: clock)
            self.phase = phase
        }
    }

    /// What happens to one call from its beginning on.
    struct Story: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var isWhole = true
        var candidates = 1
        let rows: [Row]

        init(_ name: String, isWhole: Bool = true, candidates: Int = 1, _ rows: [Row]) {
            testDescription = name
            self.isWhole = isWhole
            self.candidates = candidates
            self.rows = rows
        }
    }

    static let overloaded = failed(status(503))
    static let brokenOff = failed(.connection(.broken("")), hasAnswer: true)
    static let refused = failed(status(401))
    static let badRequest = failed(status(400, isOfRequest: true))
    static let noStream = failed(.unreadable)
    static let paid = failed(.paid)
    static let leftOut = failed(.leftOut)

    static func failed(
        _ fault: RetryPolicy.Fault,
        hasAnswer: Bool = false,
        budget: Int = 90_000
    ) -> Input {
        .failed(fault, hasAnswer: hasAnswer, jitter: 0, budget: budget)
    }

    static func status(
        _ status: Int,
        after milliseconds: Int? = nil,
        isOfRequest: Bool = false
    ) -> RetryPolicy.Fault {
        .status(
            status,
            RetryPolicy.Hints(afterMilliseconds: milliseconds),
            isOfRequest: isOfRequest
        )
    }
    static let timeUp = Input.timeUp(isTotal: false, isWhole: false)
    static let totalUp = Input.timeUp(isTotal: true, isWhole: false)
    static let wholeUp = Input.timeUp(isTotal: false, isWhole: true)

    static let asked = Row(.begun, .attempt, .head, .connecting)
    static let answered = Row(.events, .nothing, .idle, .streaming)
    static let askedAgain = Row(timeUp, .attempt, .head, .connecting)
    static let opened = Row(.opened, .nothing, .firstData, .opened)
    static let nextAsked = CallMachine.Action.failOver(.attempt)

    private static let stories = [
        Story(
            "an answer that goes well",
            [
                asked, answered, answered, Row(.done(isOpen: true), .finish, .closing, .closing),
                Row(.closed, .nothing, .stops, .over),
            ]
        ),
        Story(
            "an answer that ends with its connection",
            [
                asked, answered, Row(.done(isOpen: false), .finish, .stops, .over),
                Row(.closed, .nothing, .goesOn, .over),
            ]
        ),
        Story(
            "a connection that does not close",
            [
                asked, answered, Row(.done(isOpen: true), .finish, .closing, .closing),
                Row(timeUp, .cancel, .stops, .over), Row(timeUp, .nothing, .goesOn, .over),
            ]
        ),
        Story(
            "nothing is asked before the journal has the beginning",
            isWhole: false,
            [
                Row(.gathered, .nothing, .goesOn, .held), Row(timeUp, .nothing, .goesOn, .held),
                asked,
            ]
        ),
        Story(
            "nothing is asked before the past is there",
            isWhole: false,
            [
                Row(.begun, .nothing, .past, .gathering(hasBegun: true)),
                Row(.gathered, .attempt, .head, .connecting),
            ]
        ),
        Story(
            "a past that does not come",
            isWhole: false,
            [
                Row(.begun, .nothing, .past, .gathering(hasBegun: true)),
                Row(timeUp, .fail(.pastIsLate), .stops, .over),
                Row(.gathered, .nothing, .goesOn, .over),
            ]
        ),
        Story(
            "a past that is not to be had",
            isWhole: false,
            [
                Row(.begun, .nothing, .past, .gathering(hasBegun: true)),
                Row(.notGathered, .fail(.attempt), .stops, .over),
                Row(.gathered, .nothing, .goesOn, .over),
            ]
        ),
        Story(
            "a past that is not to be had before the journal has the beginning",
            isWhole: false,
            [
                Row(.notGathered, .fail(.attempt), .stops, .over),
                Row(.begun, .nothing, .goesOn, .over),
            ]
        ),
        Story(
            "a past that fails when all is there",
            [asked, Row(.notGathered, .nothing, .goesOn, .connecting)]
        ),
        Story(
            "a call that nobody wants any more before it began",
            [
                Row(.cancelled, .cancel, .stops, .over), Row(.begun, .nothing, .goesOn, .over),
            ]
        ),
        Story(
            "a call that nobody wants any more while its past is read",
            isWhole: false,
            [
                Row(.cancelled, .cancel, .stops, .over), Row(.gathered, .nothing, .goesOn, .over),
            ]
        ),
        Story(
            "an answer that nobody wants any more",
            [
                asked, answered, Row(.cancelled, .cancel, .stops, .over),
                Row(.events, .nothing, .goesOn, .over),
                Row(.done(isOpen: true), .nothing, .goesOn, .over),
                Row(.cancelled, .nothing, .goesOn, .over),
            ]
        ),
        Story(
            "a failure before the answer is made good",
            [
                asked, Row(overloaded, .retry(1, milliseconds: 500), .milliseconds(500), .waiting),
                Row(timeUp, .attempt, .head, .connecting), answered,
            ]
        ),
        Story(
            "what a failed attempt still says does not count",
            [
                asked, Row(overloaded, .retry(1, milliseconds: 500), .milliseconds(500), .waiting),
                Row(wholeUp, .attempt, .head, .connecting),
            ]
        ),
        Story(
            "failures have an end",
            [
                asked, Row(overloaded, .retry(1, milliseconds: 500), .milliseconds(500), .waiting),
                Row(timeUp, .attempt, .head, .connecting),
                Row(overloaded, .retry(2, milliseconds: 1000), .milliseconds(1000), .waiting),
                Row(timeUp, .attempt, .head, .connecting),
                Row(overloaded, .fail(.attempt), .stops, .over),
            ]
        ),
        Story(
            "a role alone is no answer yet",
            [
                asked, answered,
                Row(overloaded, .retry(1, milliseconds: 500), .milliseconds(500), .waiting),
            ]
        ),
        Story(
            "in mid-answer there is no second attempt",
            [
                asked, answered, Row(brokenOff, .fail(.attempt), .stops, .over),
            ]
        ),
        Story(
            "a refusal is not asked again",
            [
                asked, Row(refused, .fail(.attempt), .stops, .over),
            ]
        ),
        Story(
            "what is no stream is not asked again",
            [
                asked, Row(noStream, .fail(.attempt), .stops, .over),
            ]
        ),
        Story(
            "a stream that ends in order without an answer is not asked for again",
            [
                asked, opened, Row(paid, .fail(.attempt), .stops, .over),
            ]
        ),
        Story(
            "an upstream that sends nothing",
            [
                asked, Row(timeUp, .fail(.timeout(.head)), .stops, .over),
            ]
        ),
        Story(
            "an upstream that sends a head and nothing else",
            [asked, opened, Row(timeUp, .fail(.timeout(.firstData)), .stops, .over)]
        ),
        Story(
            "signs of life before the first data put off its clock, and no other",
            [
                asked, Row(.alive, .nothing, .goesOn, .connecting), opened,
                Row(.alive, .nothing, .firstData, .opened), answered,
                Row(.alive, .nothing, .goesOn, .streaming),
            ]
        ),
        Story(
            "an upstream that falls silent",
            [
                asked, answered, Row(timeUp, .fail(.timeout(.idle)), .stops, .over),
            ]
        ),
        Story(
            "an answer that takes too long in all",
            [
                asked, answered, Row(totalUp, .fail(.timeout(.total)), .stops, .over),
            ]
        ),
        Story(
            "attempts that take too long in all",
            [
                asked, Row(overloaded, .retry(1, milliseconds: 500), .milliseconds(500), .waiting),
                Row(totalUp, .fail(.timeout(.total)), .stops, .over),
            ]
        ),
        Story(
            "a last word that does not come after a whole answer",
            [
                asked, answered, Row(wholeUp, .finish, .closing, .closing),
                Row(wholeUp, .cancel, .stops, .over),
            ]
        ),
        Story(
            "no clock but the total runs while readers are far behind",
            [
                asked, answered, Row(.paused, .pause, .total, .streaming),
                Row(.events, .nothing, .goesOn, .streaming),
                Row(.paused, .nothing, .goesOn, .streaming),
                Row(.resumed, .resume, .idle, .streaming),
                Row(.resumed, .nothing, .goesOn, .streaming),
            ]
        ),
        Story(
            "a pause before the first event",
            [
                asked, Row(.paused, .pause, .total, .connecting),
                Row(.resumed, .resume, .head, .connecting),
            ]
        ),
        Story(
            "a pause does not put off the next attempt",
            [
                asked, Row(overloaded, .retry(1, milliseconds: 500), .milliseconds(500), .waiting),
                Row(.paused, .pause, .goesOn, .waiting), Row(.resumed, .resume, .goesOn, .waiting),
                Row(timeUp, .attempt, .head, .connecting),
            ]
        ),
    ]

    @Test(arguments: stories + candidateStories + queueStories)
    func `a call goes through its phases`(story: Story) {
        let policy = RetryPolicy(maxRetries: 2)
        var machine = CallMachine(
            isWhole: story.isWhole,
            candidates: story.candidates,
            policy: policy
        )
        #expect(machine.phase == (story.isWhole ? .held : .gathering(hasBegun: false)))
        for (number, row) in story.rows.enumerated() {
            #expect(machine.handle(row.input) == row.step, "row \(number)")
            #expect(machine.phase == row.phase, "row \(number)")
        }
    }

    /// Everything that can happen, in every phase.
    private static let inputs: [Input] = [
        .begun, .gathered, .opened, .alive, .events, .done(isOpen: true), .done(isOpen: false),
        overloaded, brokenOff, refused, badRequest, noStream, paid, leftOut, .closed, timeUp,
        totalUp, wholeUp, .paused,
        .resumed, .cancelled,
    ]

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8])
    func `whatever happens, an upstream is asked once at a time, and a generation ends once`(
        seed: UInt64
    ) {
        var random = seed &* 0x9E37_79B9_7F4A_7C15
        func next() -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33)
        }
        for _ in 0..<500 {
            let candidates = 1 + next() % 3
            var machine = CallMachine(
                isWhole: next() % 2 == 0,
                candidates: candidates,
                policy: RetryPolicy(maxRetries: 2)
            )
            var attempts = 0
            var endings = 0
            for _ in 0..<40 {
                let before = machine.phase
                let step = machine.handle(Self.inputs[next() % Self.inputs.count])
                switch step.action {
                case .failOver:
                    attempts += 1
                    #expect(machine.phase == .connecting)
                case .attempt:
                    attempts += 1
                    #expect(
                        before == .held || before == .waiting
                            || before == .gathering(hasBegun: true)
                    )
                    #expect(machine.phase == .connecting)
                case .finish, .fail:
                    endings += 1
                    #expect(machine.phase == .closing || machine.phase == .over)
                default: break
                }
                if before == .over { #expect(step == Step() && machine.phase == .over) }
            }
            #expect(attempts <= 3 * candidates)
            #expect(endings <= 1)
        }
    }
}
