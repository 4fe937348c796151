/// Which records are meant.
package struct HistoryFilter: Sendable {
    /// Those of one conversation.
    package var conversation: String?
    /// Those of one user.
    package var user: String?

    /// Describes all records, or fewer.
    package init(conversation: String? = nil, user: String? = nil) {
        self.conversation = conversation
        self.user = user
    }

    /// Whether the record with this head is meant.
    func includes(_ head: RecordHead) -> Bool {
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
    /// The conversation's id.
    package let id: String
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
