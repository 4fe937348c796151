/// A process that dies again and again, as a service does that is restarted at once.
///
/// What one process leaves is not brought in order before the next one leaves more. Deaths that are
/// drawn apart from each other would hardly ever come so close.
struct CrashLoop {
    /// How a process dies.
    struct Death {
        /// How long after its start.
        let milliseconds: Int
        /// Whether the power goes with it.
        let losesPower: Bool
    }

    /// What is wrong with the disk from the first death on.
    let trouble: DiskTroubles.Kind
    /// How long the disk has it.
    let milliseconds: Int
    /// In the order in which they come.
    private var deaths: [Death]

    /// Decides all of it.
    init(_ chance: Chance) {
        trouble = chance.pick([
            .refusesWrites(of: "history"), .refusesWrites(of: "history"), .refusesReads,
            .failsSync(of: "history"), .refusesNames, .full,
        ])
        milliseconds = chance.within(1000...20_000)
        deaths = (0..<chance.within(1...3)).map { _ in
            Death(
                milliseconds: chance.within(100...6000),
                losesPower: chance.happens(oneIn: 4)
            )
        }
    }

    /// Takes how the next process dies; nil where it lives on.
    mutating func takeNext() -> Death? { deaths.isEmpty ? nil : deaths.removeFirst() }
}
