/// Who waits, in the order in which they are served: each owner in turn, and each one's own in the
/// order in which they came.
///
/// Whoever asks a hundred times does not hold up who asks once.
struct FairLine {
    /// The owners who wait for something; the first one is next.
    private var turns: [String] = []
    /// What each of them waits for, by numbers.
    private var numbers: [String: [Int]] = [:]
    private var owners: [Int: String] = [:]

    /// How many wait.
    var count: Int { owners.count }

    /// How many of an owner's wait.
    func count(of owner: String) -> Int { numbers[owner]?.count ?? 0 }

    /// Adds a number at the end of its owner's.
    mutating func add(_ number: Int, of owner: String) {
        if numbers[owner] == nil { turns.append(owner) }
        numbers[owner, default: []].append(number)
        owners[number] = owner
    }

    /// The one who is next; nil where nobody waits.
    var first: Int? { turns.first.flatMap { numbers[$0]?.first } }

    /// Takes the one who is next; nil where nobody waits.
    mutating func next() -> Int? {
        guard let owner = turns.first, let number = numbers[owner]?.first else { return nil }
        turns.removeFirst()
        drop(number, of: owner)
        if numbers[owner] != nil { turns.append(owner) }
        return number
    }

    /// Removes one who waits no longer.
    ///
    /// - Returns: whether it waited.
    mutating func remove(_ number: Int) -> Bool {
        guard let owner = owners[number] else { return false }
        drop(number, of: owner)
        if numbers[owner] == nil { turns.removeAll { $0 == owner } }
        return true
    }

    private mutating func drop(_ number: Int, of owner: String) {
        owners[number] = nil
        numbers[owner]?.removeAll { $0 == number }
        if numbers[owner]?.isEmpty == true { numbers[owner] = nil }
    }

    /// After how many others one is served, itself included; nil where it does not wait.
    func place(of number: Int) -> Int? {
        guard let owner = owners[number], let own = numbers[owner]?.firstIndex(of: number),
            let turn = turns.firstIndex(of: owner)
        else { return nil }
        var place = own + 1
        for (index, other) in turns.enumerated() where index != turn {
            let rounds = index < turn ? own + 1 : own
            place += min(rounds, numbers[other]?.count ?? 0)
        }
        return place
    }
}
