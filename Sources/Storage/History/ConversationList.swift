/// Lists conversations by their ends.
struct ConversationList {
    var lookup: RecordLookup

    /// A conversation; nil where it has no records.
    mutating func conversation(
        _ name: ConversationName
    ) throws(HistoryQueryError) -> ConversationEnds? {
        guard let found = lookup.index.conversation(indexHash(name.key)),
            let last = try lookup.line(found.newest, Self.filter(name))
        else { return nil }
        return try ends(of: found, name, last: last)
    }

    /// The conversations; see `HistoryCatalog.conversations`.
    mutating func page(
        _ filter: HistoryFilter,
        before: String?,
        limit: Int,
        excluding excluded: Set<ConversationName>
    ) throws(HistoryQueryError) -> (ends: [ConversationEnds], next: String?) {
        let index = lookup.index
        var number = index.count
        if let before {
            let name = Self.name(before, filter.owner)
            guard let found = index.conversation(indexHash(name.key)) else {
                throw .unknownBefore
            }
            number = found.newest
        }
        let userHash = RecordLookup.userHash(filter)
        var found: [ConversationEnds] = []
        while number > 0 {
            number -= 1
            guard let conversation = index.conversation(endingWith: number),
                userHash == nil || index[number].user == userHash,
                let last = try lookup.line(number, filter)
            else { continue }
            let name = ConversationName(key: lookup.head.conversationKey)
            guard !excluded.contains(name) else { continue }
            guard found.count < limit else {
                return (found, found.last.map { Self.word(for: $0.name, filter.owner) })
            }
            found.append(try ends(of: conversation, name, last: last))
        }
        return (found, nil)
    }

    /// A conversation whose newest record was read.
    private mutating func ends(
        of conversation: HistoryIndex.Conversation,
        _ name: ConversationName,
        last: [UInt8]
    ) throws(HistoryQueryError) -> ConversationEnds {
        ConversationEnds(
            name: name,
            first: try lookup.line(conversation.oldest, Self.filter(name)) ?? last,
            last: last,
            count: conversation.recordCount
        )
    }

    private static func filter(_ name: ConversationName) -> HistoryFilter {
        HistoryFilter(conversation: name.id, owner: .only(name.owner))
    }

    // MARK: Where a list goes on

    /// Parts an owner from an id where the list has those of several; log lines have no such text.
    private static let mark: Character = "\u{1F}"

    /// The word by which a list goes on after a conversation: its id where all are of one owner.
    private static func word(for name: ConversationName, _ owner: HistoryOwner) -> String {
        guard case .any = owner, let own = name.owner else { return name.id }
        return "\(own)\(mark)\(name.id)"
    }

    private static func name(_ word: String, _ owner: HistoryOwner) -> ConversationName {
        guard case .any = owner, let place = word.firstIndex(of: mark) else {
            return ConversationName(id: word, owner: owner.name)
        }
        let id = String(word[word.index(after: place)...])
        return ConversationName(id: id, owner: String(word[..<place]))
    }
}
