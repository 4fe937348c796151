import Wire

/// What the index needs to know of a line: whose record it is.
///
/// Members are found in any order. In the order in which the relay writes them, the long ones are
/// never looked at.
package struct RecordHead: Sendable {
    /// The record's id; empty where the line is no record.
    package private(set) var id: [UInt8] = []
    /// The conversation; empty where the record names none.
    package private(set) var conversation: [UInt8] = []
    /// Who asked; empty where callers were not told apart.
    package private(set) var owner: [UInt8] = []
    /// The user; empty where the record names none.
    private(set) var user: [UInt8] = []
    /// When the answer was begun, as it is written; empty where the record has no time.
    private(set) var startedAt: [UInt8] = []
    /// The earliest deletion that reaches the record, where the clock had been set back to before
    /// one that does not; empty where `startedAt` says it.
    private var reachedFrom: [UInt8] = []

    /// Whether the line ends in the middle, or no further member follows where it is damaged.
    private var isCutOff = false

    /// Makes an empty one.
    package init() {}

    /// Reads a line, and of a broken one what comes before the break.
    ///
    /// - Returns: whether it is a record.
    @discardableResult
    package mutating func read(_ line: Span<UInt8>) -> Bool {
        id.removeAll(keepingCapacity: true)
        conversation.removeAll(keepingCapacity: true)
        owner.removeAll(keepingCapacity: true)
        user.removeAll(keepingCapacity: true)
        startedAt.removeAll(keepingCapacity: true)
        reachedFrom.removeAll(keepingCapacity: true)
        isCutOff = false
        do throws(JSONError) {
            try readMembers(line)
        } catch {
            let rest = line.extracting(min(error.offset, line.count)..<line.count)
            isCutOff = rest.indices.allSatisfy { rest[$0] != UInt8(ascii: "\"") }
            return !id.isEmpty
        }
        return !id.isEmpty
    }

    /// What the conversation is found by; empty where the record names none.
    package var conversationKey: [UInt8] { ConversationName.key(conversation, owner: owner) }

    /// Whether a line is cut off before its owner: the time follows it.
    var mayLackOwner: Bool {
        isCutOff && owner.isEmpty && startedAt.isEmpty && !conversation.isEmpty
    }

    /// The time of the earliest deletion that reaches it, as it is written.
    var deletableFrom: [UInt8] { reachedFrom.isEmpty ? startedAt : reachedFrom }

    /// The user by which the index finds it: an owner's records are looked for by the owner.
    var namedUser: [UInt8] { owner.isEmpty ? user : owner }

    private mutating func readMembers(_ line: Span<UInt8>) throws(JSONError) {
        var reader = JSONReader()
        var missing = 5
        try reader.enterObject(line)
        while missing > 0, let name = try reader.nextKey(line) {
            missing -= 1
            if matches(line, name, "id") {
                try Self.readText(line, &reader, into: &id)
            } else if matches(line, name, "conversation") {
                try Self.readText(line, &reader, into: &conversation)
            } else if matches(line, name, "owner") {
                try Self.readText(line, &reader, into: &owner)
            } else if matches(line, name, "user") {
                try Self.readText(line, &reader, into: &user)
            } else if matches(line, name, "started_at") {
                try Self.readText(line, &reader, into: &startedAt)
            } else if matches(line, name, "deletable_from") {
                // Nearly no record has it; where one does, it is written before the fifth of these.
                try Self.readText(line, &reader, into: &reachedFrom)
                missing += 1
            } else {
                missing += 1
                try reader.skip(line)
            }
        }
    }

    private static func readText(
        _ line: Span<UInt8>,
        _ reader: inout JSONReader,
        into text: inout [UInt8]
    ) throws(JSONError) {
        guard try reader.peek(line) == .string else { return try reader.skip(line) }
        text.removeAll(keepingCapacity: true)
        try reader.readString(line, into: &text)
    }
}

/// A short name for text in the index; of two texts it may be the same, so what it finds is read.
///
/// Seeded anew in every process: nobody can choose texts that meet.
func indexHash(_ text: [UInt8]) -> UInt64 {
    var hasher = Hasher()
    text.withUnsafeBytes { hasher.combine(bytes: $0) }
    return UInt64(truncatingIfNeeded: hasher.finalize())
}

/// As `indexHash`, shorter; 0 means no text and nothing else.
func shortIndexHash(_ text: [UInt8]) -> UInt32 {
    text.isEmpty ? 0 : max(1, UInt32(truncatingIfNeeded: indexHash(text)))
}
