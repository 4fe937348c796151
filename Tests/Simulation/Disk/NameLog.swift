/// The changes of names that are not safe, in their order.
///
/// Those of one name reach the platters in order; those of different names in any.
struct NameLog {
    private var changes: [NameChange] = []

    /// Adds one that has happened.
    mutating func add(_ change: NameChange) { changes.append(change) }

    /// Makes some changes safe, and with them the earlier ones of the same names.
    mutating func makeSafe(where isWanted: (NameChange) -> Bool) {
        guard !changes.isEmpty else { return }
        var names: [FolderEntry] = []
        var isSafe = [Bool](repeating: false, count: changes.count)
        for number in changes.indices.reversed() {
            let change = changes[number]
            guard isWanted(change) || change.touches(names) else { continue }
            isSafe[number] = true
            names += change.entries
        }
        var left: [NameChange] = []
        for (number, change) in changes.enumerated() {
            if isSafe[number] { change.makeSafe() } else { left.append(change) }
        }
        changes = left
    }

    /// Loses power: any of them are safe, and the others have never been.
    mutating func losePower(_ chance: Chance) {
        let survival = Survival.draw(chance, changes.count)
        var lost: [FolderEntry] = []
        for (number, change) in changes.enumerated() {
            let outcome = survival.outcome(of: number, chance)
            if case .kept = outcome, !change.touches(lost) {
                change.makeSafe()
            } else {
                lost += change.entries
            }
        }
        changes = []
    }
}
