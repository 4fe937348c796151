@testable import Generations

/// What a call does while its upstream has no place for it.
extension CallMachineTests {
    private static let crowded = Row(.crowded, .nothing, .queue, .queued)
    private static let admitted = Row(.admitted, .attempt, .head, .connecting)

    static let queueStories = [
        Story(
            "who waits for a place is asked once there is one",
            [asked, crowded, Row(timeUp, .nothing, .queue, .queued), admitted, opened, answered]
        ),
        Story(
            "a place that comes late, or twice, begins nothing",
            [
                asked, crowded, admitted, Row(.admitted, .nothing, .goesOn, .connecting), opened,
                Row(.crowded, .nothing, .goesOn, .opened),
                Row(.admitted, .nothing, .goesOn, .opened),
            ]
        ),
        Story(
            "who has waited for too long fails, and nobody was asked",
            [asked, crowded, Row(failed(.crowded), .fail(.attempt), .stops, .over)]
        ),
        Story(
            "who may ask somebody else does not wait for too long",
            candidates: 2,
            [
                asked, crowded, Row(failed(.crowded), nextAsked, .head, .connecting), crowded,
                admitted, opened, answered,
            ]
        ),
        Story(
            "the total ends the wait, too",
            [asked, crowded, Row(totalUp, .fail(.timeout(.total)), .stops, .over)]
        ),
        Story(
            "who wants no more leaves the queue",
            [asked, crowded, Row(.cancelled, .cancel, .stops, .over)]
        ),
    ]
}
