/// Where each record of the history is, and which belong together.
///
/// 32 bytes for a record and some 30 for a conversation; texts are in the files alone. Numbers of
/// entries go up in the order of the files and are never used again: a deleted record leaves an
/// empty entry.
struct HistoryIndex: Sendable {
    /// One record.
    struct Entry: Sendable {
        /// Which file, by its number, and where in it.
        var part: Int { Int((place & ~Self.repairedBit) >> Self.offsetBits) }
        var offset: Int { Int(place & (1 << Self.offsetBits - 1)) }
        private(set) var place: UInt64
        /// Whether its bytes are to be repaired before they are JSON.
        var isRepaired: Bool { place & Self.repairedBit != 0 }
        /// Bytes without the newline; 0 once the record is gone.
        fileprivate(set) var length: UInt32
        let id: UInt32
        let user: UInt32
        /// The number of the conversation, and of the record before this one in it.
        let conversation: UInt32
        let previous: UInt32

        private static let offsetBits = UInt64(44)
        private static let repairedBit = UInt64(1) << 63

        init(
            part: Int,
            offset: Int,
            length: UInt32,
            isRepaired: Bool = false,
            id: UInt32,
            user: UInt32
        ) {
            let place = UInt64(part) << Self.offsetBits | UInt64(offset)
            self.init(
                place | (isRepaired ? Self.repairedBit : 0),
                length,
                id,
                user,
                HistoryIndex.none,
                HistoryIndex.none
            )
        }

        fileprivate init(
            _ place: UInt64,
            _ length: UInt32,
            _ id: UInt32,
            _ user: UInt32,
            _ conversation: UInt32,
            _ previous: UInt32
        ) {
            self.place = place
            self.length = length
            self.id = id
            self.user = user
            self.conversation = conversation
            self.previous = previous
        }

        var isGone: Bool { length == 0 }

        fileprivate mutating func move(to offset: Int) {
            place = (place >> Self.offsetBits) << Self.offsetBits | UInt64(offset)
        }
    }

    /// The records of one conversation: the ends of their chain.
    struct Conversation: Sendable {
        fileprivate let hash: UInt64
        fileprivate(set) var first: UInt32
        fileprivate(set) var last: UInt32
        fileprivate(set) var count: UInt32

        var oldest: Int { Int(first) }
        var newest: Int { Int(last) }
        var recordCount: Int { Int(count) }
    }

    fileprivate static let none = UInt32.max
    /// Entries come in arrays of this many: one growing array would need three times its
    /// size for a moment.
    private static let chunkEntries = 4096

    private var chunks: [[Entry]] = []
    private(set) var count = 0
    private var conversations: [Conversation] = []
    /// The numbers of conversations by their hashes, with open addressing.
    private var slots: [UInt32] = []

    subscript(number: Int) -> Entry {
        chunks[number / Self.chunkEntries][number % Self.chunkEntries]
    }

    /// Adds the next record.
    ///
    /// - Parameters:
    ///   - entry: the record.
    ///   - hash: that of its conversation's id; nil where it has none.
    mutating func add(_ entry: Entry, conversation hash: UInt64?) {
        let number = UInt32(count)
        var conversation = Self.none
        var previous = Self.none
        if let hash {
            conversation = makeConversation(hash)
            let place = Int(conversation)
            previous = conversations[place].last
            conversations[place].last = number
            if conversations[place].count == 0 { conversations[place].first = number }
            conversations[place].count += 1
        }
        if count % Self.chunkEntries == 0 {
            chunks.append([])
            chunks[chunks.count - 1].reserveCapacity(Self.chunkEntries)
        }
        chunks[chunks.count - 1].append(
            Entry(
                entry.place,
                entry.length,
                entry.id,
                entry.user,
                conversation,
                previous
            )
        )
        count += 1
    }

    // MARK: Finding

    /// The conversation with this hash, unless it has no records.
    func conversation(_ hash: UInt64) -> Conversation? {
        guard let number = number(of: hash), conversations[number].count > 0 else { return nil }
        return conversations[number]
    }

    /// The number by which entries name a conversation.
    func number(ofConversation hash: UInt64) -> UInt32? {
        number(of: hash).map { UInt32($0) }
    }

    /// The conversation that an entry belongs to, where the entry is its newest.
    func conversation(endingWith number: Int) -> Conversation? {
        let entry = self[number]
        guard !entry.isGone, entry.conversation != Self.none else { return nil }
        let conversation = conversations[Int(entry.conversation)]
        return conversation.last == UInt32(number) ? conversation : nil
    }

    /// The record before this one in its conversation.
    func previous(_ number: Int) -> Int? {
        var previous = self[number].previous
        // Of a chain one may be gone, and those before it still have to be found.
        while previous != Self.none {
            guard self[Int(previous)].isGone else { return Int(previous) }
            previous = self[Int(previous)].previous
        }
        return nil
    }

    // MARK: Changing

    /// Forgets all records of a conversation so far.
    ///
    /// - Returns: the numbers of the files that hold them.
    mutating func delete(conversation hash: UInt64) -> Set<Int> {
        guard let conversation = conversation(hash), let place = number(of: hash) else { return [] }
        var parts: Set<Int> = []
        var next: Int? = Int(conversation.last)
        while let number = next {
            next = previous(number)
            parts.insert(self[number].part)
            change(number) { $0.length = 0 }
        }
        conversations[place].first = Self.none
        conversations[place].last = Self.none
        conversations[place].count = 0
        return parts
    }

    /// Follows a file that was written anew without some of its lines.
    mutating func shift(part: Int, _ cuts: [Range<Int>]) {
        guard !cuts.isEmpty else { return }
        var next = 0
        var cutBytes = 0
        // Entries are in the order of the files, and those of one in its order, except those that
        // are gone.
        for number in firstEntry(ofPart: part)..<count {
            guard self[number].part == part else { break }
            guard !self[number].isGone else { continue }
            let offset = self[number].offset
            while next < cuts.count, cuts[next].upperBound <= offset {
                cutBytes += cuts[next].count
                next += 1
            }
            if next < cuts.count, cuts[next].contains(offset) {
                forget(number)
            } else {
                change(number) { $0.move(to: offset - cutBytes) }
            }
        }
    }

    /// Forgets one record, whose line was cut out: damage may join it to a deleted one.
    private mutating func forget(_ number: Int) {
        change(number) { $0.length = 0 }
        guard self[number].conversation != Self.none else { return }
        let place = Int(self[number].conversation)
        conversations[place].count -= 1
        if conversations[place].last == UInt32(number) {
            conversations[place].last = previous(number).map(UInt32.init) ?? Self.none
        }
        guard conversations[place].first == UInt32(number) else { return }
        var oldest = conversations[place].last
        while oldest != Self.none, let before = previous(Int(oldest)) { oldest = UInt32(before) }
        conversations[place].first = oldest
    }

    private func firstEntry(ofPart part: Int) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].part < part { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func change(_ number: Int, _ body: (inout Entry) -> Void) {
        body(&chunks[number / Self.chunkEntries][number % Self.chunkEntries])
    }

    // MARK: Conversations by their hashes

    private func number(of hash: UInt64) -> Int? {
        guard !slots.isEmpty else { return nil }
        let slot = slots[slot(of: hash)]
        return slot == Self.none ? nil : Int(slot)
    }

    /// The slot that holds the conversation, or the free one where it would be.
    private func slot(of hash: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != Self.none, conversations[Int(slots[slot])].hash != hash {
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private mutating func makeConversation(_ hash: UInt64) -> UInt32 {
        if let number = number(of: hash) { return UInt32(number) }
        if 3 * (conversations.count + 1) > 2 * slots.count { growSlots() }
        let number = UInt32(conversations.count)
        slots[slot(of: hash)] = number
        conversations.append(
            Conversation(hash: hash, first: Self.none, last: Self.none, count: 0)
        )
        return number
    }

    private mutating func growSlots() {
        slots = Array(repeating: Self.none, count: max(64, 2 * slots.count))
        for (number, conversation) in conversations.enumerated() {
            slots[slot(of: conversation.hash)] = UInt32(number)
        }
    }
}
