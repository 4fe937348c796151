/// When a loop rests, so that tokens come to it in company.
///
/// A loop that wakes for each token of a thousand streams spends a fifth of its time on waking.
/// Where tokens come faster than ten a millisecond, it sleeps a little after each turn and then
/// takes all that came meanwhile, as network cards do with packets ("interrupt coalescing"). Below
/// that rate, and in every turn in which somebody waits for an answer's beginning or end, it does
/// not.
package struct Pace {
    /// How long a token may wait for others: well below what a reader can see.
    static let rest: Nanoseconds = 200_000
    /// How long tokens of streams may wait that bring several in one turn anyway.
    static let maxRest: Nanoseconds = .milliseconds(2)
    /// Tokens per millisecond from which on it rests.
    static let busyTokens = 10
    /// Over how many milliseconds they are counted: longer than the pause between two tokens of
    /// most models, so that streams in step do not look like more than they are.
    static let windowMilliseconds = 100

    private var windowEnd: Nanoseconds = 0
    private var windowTokens = 0
    private var isBusy = false
    /// Tokens of this turn.
    private var tokens = 0
    /// Whether somebody waits for more than the next token.
    private var isHurried = false

    /// Counts tokens of answers that are under way.
    package mutating func count(tokens: Int) { self.tokens += tokens }

    /// Has the loop go on without a rest after this turn.
    package mutating func hurry() { isHurried = true }

    /// Ends a turn.
    ///
    /// - Parameters:
    ///   - events: how many events the turn had.
    ///   - now: the time at its beginning.
    ///   - hasWork: whether the next turn has something to do already.
    /// - Returns: how long to rest before the next, maybe 0.
    mutating func turnEnded(events: Int, now: Nanoseconds, hasWork: Bool) -> Nanoseconds {
        defer {
            tokens = 0
            isHurried = false
        }
        if now >= windowEnd {
            isBusy = windowTokens >= Self.busyTokens * Self.windowMilliseconds
            windowTokens = 0
            windowEnd = now + .milliseconds(Self.windowMilliseconds)
        }
        windowTokens += tokens
        guard isBusy, !isHurried, !hasWork, events > 0, tokens >= events else { return 0 }
        return min(Self.rest * Nanoseconds(tokens / events), Self.maxRest)
    }
}
