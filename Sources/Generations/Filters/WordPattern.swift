import Wire

/// Writes a list of words as one regular expression.
struct WordPattern {
    /// The expression.
    let text: String
    /// The words, to find where a match may begin.
    let tree: WordTree
    /// How long a match may be, with what is looked at after it; in bytes.
    let maxMatch: Int

    /// Letters whose other case is longer or shorter in UTF-8 take at most so many bytes.
    private static let maxScalarBytes = 4

    /// Takes the words, at least one and none of them empty.
    ///
    /// - Parameters:
    ///   - words: plain text.
    ///   - ignoresCase: whether case does not matter.
    ///   - areWhole: whether a word counts only where no letter, digit, mark or `_` is next to it.
    init(_ words: [String], ignoresCase: Bool, areWhole: Bool) {
        var branches = Branches()
        var longest = 0
        for word in words {
            let scalars = Array(word.unicodeScalars)
            branches.insert(scalars[...])
            longest = max(longest, scalars.count)
        }
        tree = WordTree(words, ignoresCase: ignoresCase, areWhole: areWhole)
        maxMatch = (longest + 1) * Self.maxScalarBytes
        let alternatives = branches.expression
        text =
            areWhole
            ? "(?<!\\w|\(Self.mark))\(alternatives)(?!\\w|\(Self.mark))" : alternatives
    }

    /// A vowel sign or an accent is a part of a word; what chooses the form of an emoji is not.
    private static let mark = #"(?![\x{FE00}-\x{FE0F}])[\p{Mn}\p{Mc}]"#

    /// Words that share their beginnings: a hundred alternatives in a row would all be tried at
    /// every place.
    private struct Branches {
        private var branches: [(scalar: Unicode.Scalar, rest: Branches)] = []
        private var endsHere = false

        mutating func insert(_ word: ArraySlice<Unicode.Scalar>) {
            guard let scalar = word.first else {
                endsHere = true
                return
            }
            let index = branches.firstIndex { $0.scalar == scalar } ?? branches.endIndex
            if index == branches.endIndex { branches.append((scalar, Branches())) }
            branches[index].rest.insert(word.dropFirst())
        }

        /// An expression that matches the longest word.
        var expression: String {
            let alternatives = branches.map { Self.quoted($0.scalar) + $0.rest.tail }
            return "(?:\(alternatives.joined(separator: "|")))"
        }

        private var tail: String {
            if branches.isEmpty { return "" }
            if endsHere { return expression + "?" }
            guard branches.count == 1 else { return expression }
            return Self.quoted(branches[0].scalar) + branches[0].rest.tail
        }

        private static func quoted(_ scalar: Unicode.Scalar) -> String {
            "\\x{\(String(scalar.value, radix: 16))}"
        }
    }
}
