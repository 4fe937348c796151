/// Some records of the history.
package struct HistoryPage: Sendable {
    /// The records as they stand in the file.
    package var lines: [[UInt8]] = []
    /// What to ask for next: records before the one of this id, or conversations before this one;
    /// nil where there are no more.
    package var next: String?
}

/// A conversation by its ends.
package struct ConversationEnds: Sendable {
    /// The conversation's id.
    package let id: String
    /// Its oldest record, as it stands in the file.
    package let first: [UInt8]
    /// Its newest record.
    package let last: [UInt8]
    /// How many records it has.
    package let count: Int
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
}

/// Where an export goes on.
package struct HistoryCursor: Sendable {
    fileprivate var era: Int
    fileprivate var number: Int
}

/// What can be asked. Everything that the index finds is read and compared, since hashes may meet.
extension HistoryCatalog {
    /// The newest records, the newest first.
    ///
    /// - Parameters:
    ///   - filter: which records.
    ///   - before: only records written before the one with this id.
    ///   - limit: how many at most.
    ///   - maxBytes: no more are added once they have this size together.
    /// - Returns: the records, and what to ask for next.
    /// - Throws: where `before` names none, or the files cannot be read.
    package mutating func records(
        _ filter: HistoryFilter,
        before: String?,
        limit: Int,
        maxBytes: Int
    ) throws(HistoryQueryError) -> HistoryPage {
        try checkReadable()
        let files = OpenParts()
        let end = try before.map { id throws(HistoryQueryError) in try find(id, files) }
        var page = HistoryPage()
        var bytes = 0
        var last: [UInt8] = []
        var candidate = newest(filter, before: end ?? index.count)
        while let number = candidate {
            candidate = next(filter, after: number)
            guard let line = try line(number, filter, files) else { continue }
            guard page.lines.count < limit, bytes < maxBytes else {
                page.next = String(decoding: last, as: UTF8.self)
                break
            }
            bytes += line.count
            last = head.id
            page.lines.append(line)
        }
        return page
    }

    /// The record with an id; nil where there is none.
    ///
    /// One too that the disk has refused so far.
    package mutating func record(id: String) throws(HistoryQueryError) -> [UInt8]? {
        try checkReadable()
        for piece in unsettled.split(separator: newline) {
            let line = Array(piece)
            guard head.read(line.span), head.id.elementsEqual(id.utf8), !deletions.cover(head)
            else {
                continue
            }
            return line
        }
        do throws(HistoryQueryError) {
            let files = OpenParts()
            return try line(try find(id, files), HistoryFilter(), files)
        } catch .unknownBefore {
            return nil
        }
    }

    /// Shows the records of a conversation, the newest first, as long as `visit` answers true.
    ///
    /// Those too that the disk has refused so far.
    package mutating func visit(
        _ filter: HistoryFilter,
        _ visit: ([UInt8]) -> Bool
    ) throws(HistoryQueryError) {
        try checkReadable()
        for piece in unsettled.split(separator: newline).reversed() {
            let line = Array(piece)
            guard head.read(line.span), isMeant(filter), !deletions.cover(head) else { continue }
            guard visit(line) else { return }
        }
        let files = OpenParts()
        var candidate = newest(filter, before: index.count)
        while let number = candidate {
            candidate = next(filter, after: number)
            guard let line = try line(number, filter, files) else { continue }
            guard visit(line) else { return }
        }
    }

    /// The conversations, the one with the newest record first.
    ///
    /// - Parameters:
    ///   - user: only those whose newest record is of this user.
    ///   - before: only those after this one.
    ///   - limit: how many at most.
    ///   - excluded: the ids of those that are left out, since the caller has them already.
    /// - Returns: the conversations, and what to ask for next.
    /// - Throws: where `before` names none, or the files cannot be read.
    package mutating func conversations(
        user: String?,
        before: String?,
        limit: Int,
        excluding excluded: Set<String> = []
    ) throws(HistoryQueryError) -> (ends: [ConversationEnds], next: String?) {
        try checkReadable()
        let files = OpenParts()
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
                let last = try line(number, filter, files)
            else { continue }
            let id = String(decoding: head.conversation, as: UTF8.self)
            guard !excluded.contains(id) else { continue }
            guard found.count < limit else { return (found, found.last?.id) }
            found.append(try ends(of: conversation, id, last: last, files))
        }
        return (found, nil)
    }

    /// The next records of an export, the oldest first, as lines of a file.
    ///
    /// - Parameters:
    ///   - filter: which records.
    ///   - cursor: where the one before ended; nil for the first.
    ///   - maxBytes: no more are added once they have this size together.
    /// - Returns: the lines, and where to go on; nil after the last.
    /// - Throws: where the files were moved or cannot be read.
    package mutating func export(
        _ filter: HistoryFilter,
        from cursor: HistoryCursor?,
        maxBytes: Int
    ) throws(HistoryQueryError) -> (lines: [UInt8], next: HistoryCursor?) {
        try checkReadable()
        let files = OpenParts()
        var cursor = cursor ?? HistoryCursor(era: era, number: 0)
        guard cursor.era == era else { throw .moved }
        var lines: [UInt8] = []
        let isWanted = quickTest(filter)
        while cursor.number < index.count {
            guard lines.count < maxBytes else { return (lines, cursor) }
            let number = cursor.number
            cursor.number += 1
            guard isWanted(index[number]), let line = try line(number, filter, files) else {
                continue
            }
            lines.append(contentsOf: line)
            lines.append(newline)
        }
        return (lines, nil)
    }

    // MARK: Steps

    /// A conversation whose newest record was read.
    mutating func ends(
        of conversation: HistoryIndex.Conversation,
        _ id: String,
        last: [UInt8],
        _ files: OpenParts
    ) throws(HistoryQueryError) -> ConversationEnds {
        let first = try line(conversation.oldest, HistoryFilter(conversation: id), files)
        return ConversationEnds(
            id: id,
            first: first ?? last,
            last: last,
            count: conversation.recordCount
        )
    }

    func checkReadable() throws(HistoryQueryError) {
        if let failure { throw .storage(failure) }
    }

    /// The number of the record with an id.
    private mutating func find(
        _ id: String,
        _ files: OpenParts
    ) throws(HistoryQueryError) -> Int {
        let bytes = Array(id.utf8)
        let hash = shortIndexHash(bytes)
        var number = index.count
        while number > 0 {
            number -= 1
            guard index[number].id == hash, !index[number].isGone,
                try line(number, HistoryFilter(), files) != nil, head.id == bytes
            else { continue }
            return number
        }
        throw .unknownBefore
    }

    private func newest(_ filter: HistoryFilter, before end: Int) -> Int? {
        guard let conversation = filter.conversation else {
            return next(filter, after: end)
        }
        guard let found = index.conversation(indexHash(Array(conversation.utf8))) else {
            return nil
        }
        var number: Int? = found.newest
        while let candidate = number, candidate >= end { number = index.previous(candidate) }
        return number
    }

    /// The next older entry that may be meant.
    private func next(_ filter: HistoryFilter, after number: Int) -> Int? {
        if filter.conversation != nil { return index.previous(number) }
        let isWanted = quickTest(filter)
        var number = number
        while number > 0 {
            number -= 1
            if isWanted(index[number]) { return number }
        }
        return nil
    }

    /// Whether an entry may be meant, as far as the index knows.
    private func quickTest(_ filter: HistoryFilter) -> (HistoryIndex.Entry) -> Bool {
        let user = filter.user.map { shortIndexHash(Array($0.utf8)) }
        var conversation: UInt32?
        if let id = filter.conversation {
            guard let number = index.number(ofConversation: indexHash(Array(id.utf8))) else {
                return { _ in false }
            }
            conversation = number
        }
        return { entry in
            !entry.isGone && (user == nil || entry.user == user)
                && (conversation == nil || entry.conversation == conversation)
        }
    }

    /// Reads a record, and its head into `head`.
    ///
    /// - Returns: nil where it is not meant after all, or not there any more.
    mutating func line(
        _ number: Int,
        _ filter: HistoryFilter,
        _ files: OpenParts
    ) throws(HistoryQueryError) -> [UInt8]? {
        let entry = index[number]
        guard !entry.isGone else { return nil }
        do throws(StorageError) {
            guard var line = try files.read(entry, of: self) else { return nil }
            if entry.isRepaired { line = RecordScan.repaired(line.span) }
            guard head.read(line.span),
                shortIndexHash(head.id) == entry.id, isMeant(filter)
            else { return nil }
            return line
        } catch {
            throw .storage(error)
        }
    }

    /// Whether the record whose head was read last is meant.
    func isMeant(_ filter: HistoryFilter) -> Bool {
        if let user = filter.user, !head.user.elementsEqual(user.utf8) { return false }
        guard let conversation = filter.conversation else { return true }
        return head.conversation.elementsEqual(conversation.utf8)
    }
}

/// The files that one question has opened.
final class OpenParts {
    private final class File {
        let file: OpenFile
        init(_ file: consuming OpenFile) { self.file = file }
    }

    /// One question should not take all descriptors.
    private static let maxCount = 8

    private var files: [Int: File] = [:]

    /// The bytes of a record; nil where they are not there any more.
    func read(
        _ entry: HistoryIndex.Entry,
        of catalog: HistoryCatalog
    ) throws(StorageError) -> [UInt8]? {
        if files[entry.part] == nil {
            if files.count == Self.maxCount { files = [:] }
            guard let file = try catalog.open(entry.part) else { return nil }
            files[entry.part] = File(file)
        }
        guard let file = files[entry.part] else { return nil }
        let length = Int(entry.length)
        var line = [UInt8](repeating: 0, count: length)
        let count = try file.file.read(into: &line, at: entry.offset, count: length)
        return count == length ? line : nil
    }
}
