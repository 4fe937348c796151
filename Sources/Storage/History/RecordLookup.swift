/// Finds and reads the records that one question is about.
///
/// Everything that the index finds is read and compared, since hashes may meet.
struct RecordLookup {
    let index: HistoryIndex
    private var files: OpenParts
    /// The head of the record that was read last.
    private(set) var head = RecordHead()

    /// Looks through an index over files.
    init(_ index: HistoryIndex, _ parts: HistoryParts) {
        self.index = index
        files = OpenParts(parts)
    }

    // MARK: Reading

    /// Reads a record, and its head into `head`.
    ///
    /// - Returns: nil where it is not meant after all, or not there any more.
    mutating func line(
        _ number: Int,
        _ filter: HistoryFilter = HistoryFilter()
    ) throws(HistoryQueryError) -> [UInt8]? {
        let entry = index[number]
        guard !entry.isGone else { return nil }
        do throws(StorageError) {
            guard var line = try files.read(entry) else { return nil }
            if entry.isRepaired { line = RecordScan.repaired(line.span) }
            guard head.read(line.span),
                shortIndexHash(head.id) == entry.id, filter.includes(head)
            else { return nil }
            return line
        } catch {
            throw .storage(error)
        }
    }

    // MARK: Finding

    /// The number of the record with an id.
    mutating func find(_ id: String) throws(HistoryQueryError) -> Int {
        let bytes = Array(id.utf8)
        let hash = shortIndexHash(bytes)
        var number = index.count
        while number > 0 {
            number -= 1
            if try isRecord(number, bytes, hash) { return number }
        }
        throw .unknownBefore
    }

    /// Whether a conversation has a record of an id.
    ///
    /// Only its own records are looked through: the whole index would be too long for each.
    mutating func has(
        _ id: [UInt8],
        inKey conversation: [UInt8]
    ) throws(HistoryQueryError) -> Bool {
        let hash = shortIndexHash(id)
        var number = index.conversation(indexHash(conversation))?.newest
        while let candidate = number {
            number = index.previous(candidate)
            if try isRecord(candidate, id, hash) { return true }
        }
        return false
    }

    private mutating func isRecord(
        _ number: Int,
        _ id: [UInt8],
        _ hash: UInt32
    ) throws(HistoryQueryError) -> Bool {
        guard index[number].id == hash, try line(number) != nil else { return false }
        return head.id == id
    }

    /// The newest entry that may be meant, of those before a number.
    func newest(_ filter: HistoryFilter, before end: Int) -> Int? {
        guard let name = filter.name else { return next(filter, after: end) }
        var number = index.conversation(indexHash(name.key))?.newest
        while let candidate = number, candidate >= end { number = index.previous(candidate) }
        return number
    }

    /// The next older entry that may be meant.
    func next(_ filter: HistoryFilter, after number: Int) -> Int? {
        if filter.name != nil { return index.previous(number) }
        let mayBeMeant = quickTest(filter)
        var number = number
        while number > 0 {
            number -= 1
            if mayBeMeant(index[number]) { return number }
        }
        return nil
    }

    /// The hash by which the index finds the records of a filter's owner or user; nil where it
    /// cannot tell them from others.
    static func userHash(_ filter: HistoryFilter) -> UInt32? {
        switch filter.owner {
        case .any: nil
        case .only(nil): filter.user.map { shortIndexHash(Array($0.utf8)) }
        case .only(let owner?): shortIndexHash(Array(owner.utf8))
        }
    }

    /// Whether an entry may be meant, as far as the index knows.
    func quickTest(_ filter: HistoryFilter) -> (HistoryIndex.Entry) -> Bool {
        let user = Self.userHash(filter)
        var conversation: UInt32?
        if let name = filter.name {
            guard let number = index.number(ofConversation: indexHash(name.key)) else {
                return { _ in false }
            }
            conversation = number
        }
        return { entry in
            !entry.isGone && (user == nil || entry.user == user)
                && (conversation == nil || entry.conversation == conversation)
        }
    }
}

/// The files that one question has opened.
private struct OpenParts {
    private final class File {
        let file: OpenFile
        init(_ file: consuming OpenFile) { self.file = file }
    }

    /// One question should not take all descriptors.
    private static let maxCount = 8

    private let parts: HistoryParts
    private var files: [Int: File] = [:]

    init(_ parts: HistoryParts) { self.parts = parts }

    /// The bytes of a record; nil where they are not there any more.
    mutating func read(_ entry: HistoryIndex.Entry) throws(StorageError) -> [UInt8]? {
        if files[entry.part] == nil {
            if files.count == Self.maxCount { files = [:] }
            guard let file = try parts.open(entry.part) else { return nil }
            files[entry.part] = File(file)
        }
        guard let file = files[entry.part] else { return nil }
        let length = Int(entry.length)
        var line = [UInt8](repeating: 0, count: length)
        let count = try file.file.read(into: &line, at: entry.offset, count: length)
        return count == length ? line : nil
    }
}
