@testable import Generations

/// What a call does where several candidates can be asked, or its budget is spent.
extension CallMachineTests {
    private static let overloadedOften = Input.failed(
        .status(503, RetryPolicy.Hints(), isOfRequest: false),
        hasAnswer: false,
        jitter: 0,
        budget: 90_000,
        isLeftOut: true
    )

    static let candidateStories = [
        Story(
            "the next candidate is asked once the first has been asked often enough",
            candidates: 2,
            [
                asked, Row(overloaded, .retry(1, milliseconds: 500), .milliseconds(500), .waiting),
                askedAgain,
                Row(overloaded, .retry(2, milliseconds: 1000), .milliseconds(1000), .waiting),
                askedAgain, Row(overloaded, nextAsked, .head, .connecting),
                Row(overloaded, .retry(4, milliseconds: 500), .milliseconds(500), .waiting),
                askedAgain, opened, answered,
            ]
        ),
        Story(
            "who is left out from now on is not asked again where somebody else can be",
            candidates: 2,
            [
                asked, Row(overloadedOften, nextAsked, .head, .connecting),
                Row(
                    overloadedOften,
                    .retry(2, milliseconds: 500),
                    .milliseconds(500),
                    .waiting
                ),
            ]
        ),
        Story(
            "where a key is wrong the next candidate is asked at once",
            candidates: 2,
            [asked, Row(refused, nextAsked, .head, .connecting), opened, answered]
        ),
        Story(
            "who has failed often is passed over",
            candidates: 3,
            [
                asked, Row(leftOut, nextAsked, .head, .connecting),
                Row(leftOut, nextAsked, .head, .connecting), opened, answered,
            ]
        ),
        Story(
            "what everybody would refuse is asked of nobody else",
            candidates: 2,
            [asked, Row(badRequest, .fail(.attempt), .stops, .over)]
        ),
        Story(
            "a head that does not come is awaited of the next candidate",
            candidates: 2,
            [
                asked, Row(timeUp, .failOver(.timeout(.head)), .head, .connecting),
                Row(timeUp, .fail(.timeout(.head)), .stops, .over),
            ]
        ),
        Story(
            "a model that thinks for too long is asked nowhere else, since it is paid",
            candidates: 2,
            [asked, opened, Row(timeUp, .fail(.timeout(.firstData)), .stops, .over)]
        ),
        Story(
            "a stream that ends in order without an answer is asked nowhere else, since it is paid",
            candidates: 2,
            [asked, opened, answered, Row(paid, .fail(.attempt), .stops, .over)]
        ),
        Story(
            "in mid-answer there is no other candidate either",
            candidates: 2,
            [asked, opened, answered, Row(brokenOff, .fail(.attempt), .stops, .over)]
        ),
        Story(
            "a role alone is no answer of the next candidate's either",
            candidates: 2,
            [asked, opened, answered, Row(noStream, nextAsked, .head, .connecting)]
        ),
        Story(
            "a short wait is waited, a long one sends to the next candidate",
            candidates: 2,
            [
                asked,
                Row(
                    failed(status(429, after: 2000)),
                    .retry(1, milliseconds: 2000),
                    .milliseconds(2000),
                    .waiting
                ), askedAgain,
                Row(failed(status(429, after: 30_000)), nextAsked, .head, .connecting),
                Row(
                    failed(status(429, after: 30_000)),
                    .retry(3, milliseconds: 30_000),
                    .milliseconds(30_000),
                    .waiting
                ),
            ]
        ),
        Story(
            "a wait beyond the budget is not made",
            [
                asked,
                Row(
                    failed(status(429, after: 30_000), budget: 30_000),
                    .fail(.attempt),
                    .stops,
                    .over
                ),
            ]
        ),
        Story(
            "nobody is asked once the budget is spent",
            candidates: 2,
            [asked, Row(failed(status(503), budget: 0), .fail(.attempt), .stops, .over)]
        ),
    ]
}
