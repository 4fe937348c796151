/// When the process dies, and whether the machine's power goes with it.
struct Doom {
    /// Whether its death takes the machine's power with it.
    private(set) var losesPower = false
    /// How many more calls of the disk the process lives for; nil where it is not to die.
    private var callsLeft: Int?
    /// The word that calls must have to count; nil where all do.
    private var word: String?

    /// The process is to die at a call of the disk.
    ///
    /// - Parameters:
    ///   - calls: how many of them it lives for.
    ///   - word: what a call has to be about to count, a part of a file's name; nil for any.
    ///   - losesPower: whether the power goes with it.
    mutating func set(after calls: Int, at word: String?, losesPower: Bool) {
        self.losesPower = losesPower
        self.word = word
        callsLeft = calls
    }

    /// A call of the disk begins.
    ///
    /// - Parameter what: what it is about.
    /// - Returns: whether the process dies at it.
    mutating func strikes(at what: () -> String) -> Bool {
        guard let left = callsLeft else { return false }
        if let word, !what().contains(word) { return false }
        callsLeft = left > 0 ? left - 1 : nil
        return left == 0
    }

    /// The process is over, or is to live.
    mutating func clear() { self = Doom() }
}
