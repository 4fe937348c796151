/// Which variable somebody most likely meant by a name that is not known.
enum NameAdvice {
    /// The words that other tools have for a part of a vendor's variables.
    private static let otherWords: [(words: Set<String>, end: String)] = [
        (["URL", "BASE", "HOST", "ENDPOINT", "URI", "BASEURL"], "_BASE_URL"),
        (["KEY", "TOKEN", "SECRET", "APIKEY", "KEYS"], "_API_KEY"),
    ]

    /// The variable that a name is most like.
    ///
    /// - Parameter name: one that is not known.
    /// - Returns: nil where none is like it.
    static func variable(like name: String) -> Variable? {
        let wanted = plain(name)
        var nearest: (variable: Variable, distance: Int)?
        for variable in VariableTable.all {
            let distance = distance(wanted, plain(variable.name))
            if distance < nearest?.distance ?? .max { nearest = (variable, distance) }
        }
        // A word of a few letters is like many others.
        if let nearest, nearest.distance <= min(2, wanted.count / 6) { return nearest.variable }
        return vendorsVariable(like: name)
    }

    /// Whether a name begins as those of a vendor do, so that somebody may wait for it to be read.
    static func isVendors(_ name: String) -> Bool { vendor(of: name) != nil }

    private static func vendor(of name: String) -> String? {
        let name = name.uppercased()
        if name.hasPrefix("OPENAI_") || name.hasPrefix("OPEN_AI_") { return "OPENAI" }
        return name.hasPrefix("ANTHROPIC_") ? "ANTHROPIC" : nil
    }

    private static func vendorsVariable(like name: String) -> Variable? {
        guard let vendor = vendor(of: name) else { return nil }
        let words = Set(name.uppercased().split(separator: "_").map(String.init))
        if words.contains("MODEL") { return ModelSettings.model.variable }
        let end = otherWords.first { !$0.words.isDisjoint(with: words) }?.end
        return VariableTable.all.first { $0.name == vendor + (end ?? "_") }
    }

    /// A name as it is compared: what is often written otherwise is left out.
    private static func plain(_ name: String) -> [UInt8] {
        name.uppercased().utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
    }

    /// How many letters have to be added, left out, exchanged or swapped with the next (optimal
    /// string alignment).
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        guard abs(one.count - other.count) <= 2 else { return .max }
        var rows = [[Int]](
            repeating: [Int](repeating: 0, count: other.count + 1),
            count: one.count + 1
        )
        for row in 0...one.count { rows[row][0] = row }
        for column in 0...other.count { rows[0][column] = column }
        guard !one.isEmpty, !other.isEmpty else { return max(one.count, other.count) }
        for row in 1...one.count {
            for column in 1...other.count {
                let isSame = one[row - 1] == other[column - 1]
                var best = min(rows[row - 1][column], rows[row][column - 1]) + 1
                best = min(best, rows[row - 1][column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, one[row - 1] == other[column - 2],
                    one[row - 2] == other[column - 1]
                {
                    best = min(best, rows[row - 2][column - 2] + 1)
                }
                rows[row][column] = best
            }
        }
        return rows[one.count][other.count]
    }
}
