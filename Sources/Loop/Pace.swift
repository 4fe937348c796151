/// Decides when a loop rests, so that tokens reach it in batches.
///
/// A loop that wakes for each token of a thousand streams spends a fifth of its time on waking. If
/// more than ten tokens come per millisecond, the loop sleeps briefly after each turn and then
/// takes all that have come meanwhile, as network cards do with packets ("interrupt coalescing").
/// It does not sleep below that rate, nor after a turn in which a client waits for an answer's
/// beginning or end.
package struct Pace {
    /// How long a token may wait for others: well below what a person can see.
    static let rest: Nanoseconds = 200_000
    /// How long a token may wait if its stream brings several in one turn anyway.
    static let maxRest: Nanoseconds = .milliseconds(2)
    /// The rate, in tokens per millisecond, from which on the loop rests.
    static let busyTokens = 10
    /// Over how many milliseconds tokens are counted: longer than the pause between two tokens of
    /// most models, so that streams in step do not look like more than they are.
    static let windowMilliseconds = 100

    private var windowEnd: Nanoseconds = 0
    private var windowTokens = 0
    private var isBusy = false
    /// How many tokens this turn has brought.
    private var tokens = 0
    /// Whether a client waits for more than the next token.
    private var isHurried = false

    /// Counts tokens of running answers.
    package mutating func count(tokens: Int) { self.tokens += tokens }

    /// Lets no rest follow this turn.
    package mutating func hurry() { isHurried = true }

    /// Ends a turn.
    ///
    /// - Parameters:
    ///   - events: how many events the turn had.
    ///   - now: the time at its beginning.
    ///   - hasWork: whether the next turn already has something to do.
    /// - Returns: how long to rest before the next turn, maybe 0.
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
