import Wire

/// The text of a log in one piece, for the history file.
extension EntryLog {
    /// Appends the payloads of all entries of one kind, joined and escaped for a JSON string,
    /// without its quotes and without what is void.
    ///
    /// - Parameters:
    ///   - kind: the kind of the entries.
    ///   - start: entries before this number are left out too.
    ///   - out: the bytes that are appended to.
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

    /// How many entries of one kind are held and not void.
    package func count(of kind: EntryKind) -> Int {
        var found = 0
        for n in answerNumbers where self.kind(n) == kind { found += 1 }
        return found
    }
}
