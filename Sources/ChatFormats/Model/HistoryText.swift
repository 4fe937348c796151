import Wire

/// What the history file needs of a log: its text in one piece.
extension EntryLog {
    /// Appends what goes between the quotes of a JSON string that says the payloads of all entries
    /// of one kind, joined, without what is void.
    ///
    /// - Parameters:
    ///   - kind: which.
    ///   - start: what comes before this number is left out too.
    ///   - out: what it is appended to.
    package func appendEscaped(
        _ kind: EntryKind,
        from start: Int = 0,
        into out: inout [UInt8]
    ) {
        let bytes = bytes
        let numbers = answerNumbers
        for n in max(start, numbers.lowerBound)..<max(start, numbers.upperBound)
        where self.kind(n) == kind {
            JSONText.appendEscaped(bytes.span.extracting(range(n)), into: &out)
        }
    }

    /// How many entries of one kind are here and not void.
    package func count(of kind: EntryKind) -> Int {
        var found = 0
        for n in answerNumbers where self.kind(n) == kind { found += 1 }
        return found
    }
}
