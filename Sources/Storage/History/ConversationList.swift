/// Lists conversations by their ends.
struct ConversationList {
    var lookup: RecordLookup

    /// A conversation by its id; nil where it has no records.
    mutating func conversation(_ id: String) throws(HistoryQueryError) -> ConversationEnds? {
        guard let found = lookup.index.conversation(indexHash(Array(id.utf8))),
            let last = try lookup.line(found.newest, HistoryFilter(conversation: id))
        else { return nil }
        return try ends(of: found, id, last: last)
    }

    /// The conversations; see `HistoryCatalog.conversations`.
    mutating func page(
        user: String?,
        before: String?,
        limit: Int,
        excluding excluded: Set<String>
    ) throws(HistoryQueryError) -> (ends: [ConversationEnds], next: String?) {
        let index = lookup.index
        var number = index.count
        if let before {
            guard let found = index.conversation(indexHash(Array(before.utf8))) else {
                throw .unknownBefore
            }
            number = found.newest
        }
        let filter = HistoryFilter(user: user)
        let userHash = shortIndexHash(Array((user ?? "").utf8))
        var found: [ConversationEnds] = []
        while number > 0 {
            number -= 1
            guard let conversation = index.conversation(endingWith: number),
                user == nil || index[number].user == userHash,
                let last = try lookup.line(number, filter)
            else { continue }
            let id = String(decoding: lookup.head.conversation, as: UTF8.self)
            guard !excluded.contains(id) else { continue }
            guard found.count < limit else { return (found, found.last?.id) }
            found.append(try ends(of: conversation, id, last: last))
        }
        return (found, nil)
    }

    /// A conversation whose newest record was read.
    private mutating func ends(
        of conversation: HistoryIndex.Conversation,
        _ id: String,
        last: [UInt8]
    ) throws(HistoryQueryError) -> ConversationEnds {
        let filter = HistoryFilter(conversation: id)
        return ConversationEnds(
            id: id,
            first: try lookup.line(conversation.oldest, filter) ?? last,
            last: last,
            count: conversation.recordCount
        )
    }
}
