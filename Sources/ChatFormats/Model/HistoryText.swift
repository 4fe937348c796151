import Wire

/// What the history file needs of a log: its text in one piece.
extension EntryLog {
    /// Appends what goes between the quotes of a JSON string that says the payloads of all entries
    /// of one kind, joined.
    package func appendEscaped(_ kind: EntryKind, into out: inout [UInt8]) {
        let bytes = bytes
        for n in 0..<count where self.kind(n) == kind {
            JSONText.appendEscaped(bytes.span.extracting(range(n)), into: &out)
        }
    }

    /// How many text entries there are: the tokens that a client saw.
    package var textEntryCount: Int {
        count(of: .text)
    }

    /// How many entries of one kind there are.
    package func count(of kind: EntryKind) -> Int {
        var found = 0
        for n in 0..<count where self.kind(n) == kind { found += 1 }
        return found
    }
}
