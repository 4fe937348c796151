/// A death that waits for the disk's next failure, and comes soon after it.
///
/// What a failure may have lost is written again within seconds. A death that is drawn apart from
/// it would hardly ever come before.
struct Ambush {
    /// How long after the failure the process dies.
    enum Wait {
        /// After so many calls of the disk.
        case calls(Int)
        /// After so many milliseconds.
        case milliseconds(Int)
    }

    /// What makes the disk fail.
    let trouble: DiskTroubles.Kind
    /// How long the disk has it.
    let milliseconds: Int
    /// When the process dies.
    let wait: Wait
    /// What the calls that count are about; nil for all.
    let word: String?
    /// Whether the power goes with it.
    let losesPower: Bool
    /// How long after the next start the power goes, in milliseconds; nil where it does not.
    let nextLoss: Int?

    /// What the names of the relay's files have in them; nil for any file.
    static let words: [String?] = [nil, nil, nil, "journal", "history", "keys"]

    /// Decides all of it.
    init(_ chance: Chance) {
        // Between the failure and the next call nothing of it is mended.
        let isAtOnce = chance.happens(oneIn: 3)
        trouble =
            isAtOnce || chance.happens(oneIn: 2)
            ? .failsSync(of: chance.pick([nil, "journal", "history", "keys", "history"]))
            : chance.pick([.full, .full, .refusesWrites(of: nil), .refusesNames])
        milliseconds = chance.within(10...8000)
        wait =
            switch isAtOnce ? 0 : chance.within(1...3) {
            case 0: .calls(0)
            case 1: .calls(chance.below(12))
            case 2: .milliseconds(chance.below(1500))
            default: .milliseconds(chance.within(5000...12_000))
            }
        word = isAtOnce ? nil : chance.pick(Self.words)
        losesPower = isAtOnce ? chance.happens(oneIn: 4) : chance.happens(oneIn: 2)
        nextLoss =
            isAtOnce || chance.happens(oneIn: 2) ? chance.within(500...6000) : nil
    }
}
