import Wire

/// The entries of one generation: one buffer of bytes, and the index where each entry ends in it.
///
/// Entry `n`'s number is `n`: numbers start at 0 and have no holes. A long answer's oldest entries
/// may be dropped once they are on disk; the others keep their numbers. A token costs its bytes and
/// five more, and allocates nothing beyond the growth of three arrays. The type cannot be copied by
/// accident, not even by a reader that looks at it.
package struct EntryLog: ~Copyable, Sendable {
    /// The payloads of all entries that are held, one after the other.
    ///
    /// Bytes after the last entry's end belong to an entry that a decoder is still writing.
    package internal(set) var bytes: [UInt8] = []
    /// Where each entry's payload ends in `bytes`; it begins where the one before ends.
    ///
    /// `UInt32` halves the cost per token; decoders bound an answer far below 4 GiB.
    private var ends: [UInt32] = []
    private var kinds: [EntryKind] = []
    /// The number of the first entry that is held.
    package private(set) var first: Int
    /// How many bytes the dropped entries had.
    private var droppedBytes = 0
    /// How many text entries there have ever been: the tokens that a client saw.
    package private(set) var textEntryCount = 0
    /// Where its blocks begin, including those whose entries were dropped.
    package private(set) var blocks = EntryBlocks()
    /// What it has beside texts and calls.
    private(set) var members = LogMembers()

    /// Makes a log without entries.
    package init() {
        first = 0
        // Enough for a short answer; a long one doubles from there.
        bytes.reserveCapacity(224)
        ends.reserveCapacity(16)
        kinds.reserveCapacity(16)
    }

    /// Makes an empty part of a log, whose entries have numbers from `first` on.
    package init(first: Int) { self.first = first }

    /// Makes a part of a log whose blocks are known: the part lacks the entries that its first ones
    /// continue.
    package init(first: Int, blocks: EntryBlocks) {
        self.first = first
        self.blocks = blocks.forPart()
    }

    /// How many entries there have ever been; also the number of the next one.
    package var count: Int { first + kinds.count }

    /// The numbers of the entries that are held.
    package var numbers: Range<Int> { first..<count }

    /// The numbers of the held entries that are not void.
    var answerNumbers: Range<Int> {
        // A part knows of later restarts, too.
        min(max(first, blocks.answerStart), count)..<count
    }

    /// Whether the last entry is a terminal one.
    package var isEnded: Bool { kinds.last?.isTerminal ?? false }

    /// What entry `n` is.
    package func kind(_ n: Int) -> EntryKind { kinds[n - first] }

    /// Where entry `n`'s payload lies in `bytes`.
    package func range(_ n: Int) -> Range<Int> {
        let index = n - first
        return (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])
    }

    /// Adds an entry with its payload.
    package mutating func append(_ kind: EntryKind, _ payload: Span<UInt8>) {
        bytes.append(span: payload)
        seal(kind)
    }

    /// Makes the bytes written after the last entry an entry.
    mutating func seal(_ kind: EntryKind) {
        let index = kinds.count
        ends.append(UInt32(bytes.count))
        kinds.append(kind)
        if kind == .text { textEntryCount += 1 }
        // More of the same text begins no block.
        guard index == 0 || kinds[index - 1] != kind || kind == .toolCall || kind == .members else {
            return
        }
        look(kind, at: first + index)
    }
}

// MARK: Blocks

extension EntryLog {
    /// The block of entry `n`, or else the last one before it in the same answer, by binary search;
    /// nil where there is none.
    package func block(at n: Int) -> EntryBlock? { blocks.block(at: n) }

    /// Looks at an entry that may begin a block; not inlined, to stay out of the way of all others.
    @inline(never)
    private mutating func look(_ kind: EntryKind, at n: Int) {
        switch kind {
        case .start, .usage, .finish, .failure: break
        case .text, .reasoning, .refusal: blocks.add(kind, at: n)
        case .restart:
            blocks.add(kind, at: n)
            members = LogMembers()
        case .members:
            let bytes = bytes
            members.add(bytes.span.extracting(range(n)), at: n)
        case .toolCall:
            let bytes = bytes
            blocks.add(kind, at: n, call: ToolCallPiece.index(of: bytes.span.extracting(range(n))))
        }
    }
}

extension EntryLog {
    /// The model that answers, in its upstream's words, where it is another one than was asked.
    package var answeringModel: String? { members.modelName }
}

// MARK: Size

extension EntryLog {
    /// How many bytes of payload there have ever been.
    package var byteCount: Int { droppedBytes + bytes.count }

    /// How many bytes of payload come before entry `n`; 0 where that is no longer held.
    package func byteCount(before n: Int) -> Int {
        guard n > first else { return n == first ? droppedBytes : 0 }
        return droppedBytes + Int(ends[n - first - 1])
    }

    /// What an entry takes beside its payload: its kind and its end.
    @inlinable package static var entryBytes: Int { 5 }

    /// About how much memory it takes.
    package var heldBytes: Int { bytes.count + Self.entryBytes * kinds.count }

    /// Drops the oldest entries.
    ///
    /// - Parameters:
    ///   - kept: about how much memory it may take afterwards.
    ///   - end: entries from this number on stay in any case.
    package mutating func dropFirst(keeping kept: Int, before end: Int) {
        var dropped = 0
        var held = heldBytes
        while held > kept, first + dropped < end {
            held -= Self.entryBytes + range(first + dropped).count
            dropped += 1
        }
        guard dropped > 0 else { return }
        let byteCount = Int(ends[dropped - 1])
        first += dropped
        droppedBytes += byteCount
        // New arrays, because the old ones would keep the room of what is gone.
        bytes = Array(bytes[byteCount...])
        kinds = Array(kinds[dropped...])
        ends = ends[dropped...].map { $0 - UInt32(byteCount) }
        blocks.dropped(before: first)
    }
}

// MARK: Copies

extension EntryLog {
    /// The same entries, for another thread; until either log grows, they share their memory.
    package func copy() -> EntryLog {
        var copy = EntryLog(first: first)
        copy.bytes = bytes
        copy.ends = ends
        copy.kinds = kinds
        copy.droppedBytes = droppedBytes
        copy.textEntryCount = textEntryCount
        copy.blocks = blocks
        copy.members = members
        return copy
    }

    /// Makes room for a known amount, so that growing does not copy what is there.
    package mutating func reserve(bytes: Int, entries: Int) {
        self.bytes.reserveCapacity(bytes)
        kinds.reserveCapacity(entries)
        ends.reserveCapacity(entries)
    }

    /// Adds the entries of the part that follows.
    package mutating func append(contentsOf part: borrowing EntryLog) {
        assert(part.first == count, "numbers have no holes")
        let offset = UInt32(bytes.count)
        bytes += part.bytes
        kinds += part.kinds
        // Its own count includes those that it dropped, and they are here already.
        textEntryCount += part.kinds.count { $0 == .text }
        ends.append(contentsOf: part.ends.lazy.map { $0 + offset })
        // Whether an entry begins a block depends on what is here.
        for n in part.numbers { look(kind(n), at: n) }
    }
}

// MARK: Taking back

extension EntryLog {
    /// Drops all entries and keeps the room for others, whose numbers begin at 0 again.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        kinds.removeAll(keepingCapacity: true)
        first = 0
        droppedBytes = 0
        textEntryCount = 0
        blocks.rollBack(to: 0)
    }
}

extension EntryLog {
    /// A position to which the log can be rolled back.
    struct Mark {
        fileprivate let count: Int
        fileprivate let byteCount: Int
    }

    /// The position after the last entry.
    var mark: Mark { Mark(count: kinds.count, byteCount: bytes.count) }

    /// The position after those entries of a kind that follow a mark.
    func mark(after kind: EntryKind, from mark: Mark) -> Mark {
        var count = mark.count
        while count < kinds.count, kinds[count] == kind { count += 1 }
        return count > mark.count ? Mark(count: count, byteCount: Int(ends[count - 1])) : mark
    }

    /// How many bytes of payload came after a mark.
    func bytesAfter(_ mark: Mark) -> Int { bytes.count - mark.byteCount }

    /// Drops everything after a mark.
    ///
    /// An upstream event that turns out to be broken leaves nothing in the log.
    mutating func rollBack(to mark: Mark) {
        bytes.removeSubrange(mark.byteCount...)
        guard kinds.count > mark.count else { return }
        textEntryCount -= kinds[mark.count...].count { $0 == .text }
        kinds.removeSubrange(mark.count...)
        ends.removeSubrange(mark.count...)
        blocks.rollBack(to: count)
    }

    /// Puts an entry before those after a mark.
    mutating func insert(_ kind: EntryKind, _ payload: Span<UInt8>, at mark: Mark) {
        guard kinds.count > mark.count else { return append(kind, payload) }
        let later = bytes[mark.byteCount...]
        let laterKinds = kinds[mark.count...]
        let laterEnds = ends[mark.count...]
        rollBack(to: mark)
        append(kind, payload)
        var start = later.startIndex
        for (kind, end) in zip(laterKinds, laterEnds) {
            bytes += later[start..<Int(end)]
            seal(kind)
            start = Int(end)
        }
    }
}
