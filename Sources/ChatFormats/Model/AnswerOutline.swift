/// What a log has beside its texts, and how long these are; without what is void.
///
/// For an answer that is too long to be in memory whole: it is read part by part, once for this and
/// once for each kind of text.
package struct AnswerOutline: ~Copyable {
    /// The entries that are no texts.
    package private(set) var log = EntryLog()
    /// The number of the first entry that is not void, in the log that is outlined.
    package private(set) var answerStart = 0
    private var textBytes: [EntryKind: Int] = [:]

    /// An outline of nothing.
    package init() {}

    /// Adds the part of the log that follows.
    package mutating func add(_ part: borrowing EntryLog) {
        let bytes = part.bytes
        for n in part.numbers {
            let kind = part.kind(n)
            let range = part.range(n)
            switch kind {
            case .text, .reasoning, .refusal: textBytes[kind, default: 0] += range.count
            case .restart:
                log = EntryLog()
                textBytes = [:]
                answerStart = n + 1
            default: log.append(kind, bytes.span.extracting(range))
            }
        }
    }

    /// Whether there is text of this kind.
    package func has(_ kind: EntryKind) -> Bool { textBytes[kind] != nil }

    /// How many bytes of room all that was added takes as JSON, but for what has more escapes than
    /// is usual: growing would copy all of it.
    package var roomBytes: Int { room(for: log.bytes.count + textBytes.values.reduce(0, +)) }

    /// The same of what `content` says, once more.
    var contentRoomBytes: Int {
        room(for: textBytes[.text, default: 0] + textBytes[.refusal, default: 0])
    }

    private func room(for bytes: Int) -> Int { 1024 + bytes + bytes / 8 }
}
