/// The pauses between attempts while a disk refuses: each twice as long as the one before.
struct Backoff {
    /// The first and the longest pause.
    static let milliseconds = 250...5000

    private var pause = Self.milliseconds.lowerBound

    /// The pause after one more failure, in milliseconds.
    mutating func next() -> Int {
        defer { pause = min(pause * 2, Self.milliseconds.upperBound) }
        return pause
    }
}
