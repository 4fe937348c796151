/// Which records are meant.
package struct HistoryFilter: Sendable {
    /// Those of a conversation of this word.
    package var conversation: String?
    /// Those of one user, as requests name it.
    package var user: String?
    /// Whose.
    package var owner: HistoryOwner

    /// Describes all records, or fewer.
    package init(
        conversation: String? = nil,
        user: String? = nil,
        owner: HistoryOwner = .any
    ) {
        self.conversation = conversation
        self.user = user
        self.owner = owner
    }

    /// The conversation, if only those of one are meant; nil too where several owners may have one.
    var name: ConversationName? {
        guard case .only(let owner) = owner else { return nil }
        return conversation.map { ConversationName(id: $0, owner: owner) }
    }

    /// Whether the record with this head is meant.
    func includes(_ head: RecordHead) -> Bool {
        guard owner.includes(head.owner) else { return false }
        if let user, !head.user.elementsEqual(user.utf8) { return false }
        guard let conversation else { return true }
        return head.conversation.elementsEqual(conversation.utf8)
    }
}

/// Some records of the history.
package struct HistoryPage: Sendable {
    /// The records as they are in the file.
    package var lines: [[UInt8]] = []
    /// What to ask for next: records before the one of this id; nil where there are no more.
    package var next: String?
}

/// A conversation by its ends.
package struct ConversationEnds: Sendable {
    /// The conversation.
    package let name: ConversationName
    /// Its oldest record, as it is in the file.
    package let first: [UInt8]
    /// Its newest record.
    package let last: [UInt8]
    /// How many records it has.
    package let count: Int
}

/// Where an export goes on.
package struct HistoryCursor: Sendable {
    let era: Int
    var number: Int
}

/// Why a question to the history has no answer.
package enum HistoryQueryError: Error, Sendable, Equatable {
    /// There is nothing with the id that `before` names.
    case unknownBefore
    /// The files were moved while they were read.
    case moved
    /// They cannot be read.
    case storage(StorageError)
}
