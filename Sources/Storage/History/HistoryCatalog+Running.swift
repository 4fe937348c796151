/// What the history says of answers that still run.
extension HistoryCatalog {
    /// Whether a record is meant and still to come.
    ///
    /// - Parameters:
    ///   - start: what the record begins with, at least up to when the answer was begun; it names a
    ///     conversation.
    ///   - filter: which records are meant.
    /// - Returns: false too where its conversation was deleted: then it never comes.
    /// - Throws: where the files cannot be read.
    package mutating func awaits(
        _ start: [UInt8],
        _ filter: HistoryFilter
    ) throws(HistoryQueryError) -> Bool {
        try checkReadable()
        guard head.read(start.span), isMeant(filter), !deletions.cover(head) else { return false }
        let id = head.id
        let hash = shortIndexHash(id)
        let files = OpenParts()
        // Only its own conversation is looked through: the whole index would be too long for each.
        var number = index.conversation(indexHash(head.conversation))?.newest
        while let candidate = number {
            number = index.previous(candidate)
            guard index[candidate].id == hash,
                try line(candidate, HistoryFilter(), files) != nil, head.id == id
            else { continue }
            return false
        }
        return true
    }

    /// A conversation by its id; nil where it has no records.
    ///
    /// - Throws: where the files cannot be read.
    package mutating func conversation(
        _ id: String
    ) throws(HistoryQueryError) -> ConversationEnds? {
        try checkReadable()
        let files = OpenParts()
        let filter = HistoryFilter(conversation: id)
        guard let found = index.conversation(indexHash(Array(id.utf8))),
            let last = try line(found.newest, filter, files)
        else { return nil }
        return try ends(of: found, id, last: last, files)
    }
}
