/// What a log has beside its texts, and how long these are, without what is void.
///
/// For an answer that is too long to be in memory whole: it is read part by part, once for this
/// outline and once for each kind of text.
package struct AnswerOutline: ~Copyable {
    /// The entries that are no texts.
    package private(set) var log = EntryLog()
    /// The number of the first entry that is not void, in the log that is outlined.
    package private(set) var answerStart = 0
    /// How long the texts of each kind are; nil where there is none.
    ///
    /// Not in a dictionary: a long answer would look it up a million times.
    private var textBytes: Int?
    /// How much reasoning came before each entry of kind `members`.
    package private(set) var reasoningEnds: [Int] = []
    private var reasoningBytes: Int?
    private var refusalBytes: Int?

    /// Makes the outline of an empty log.
    package init() {}

    /// Adds the part of the log that follows.
    package mutating func add(_ part: borrowing EntryLog) {
        let bytes = part.bytes
        for n in part.numbers {
            let kind = part.kind(n)
            let range = part.range(n)
            switch kind {
            case .text: textBytes = (textBytes ?? 0) + range.count
            case .reasoning: reasoningBytes = (reasoningBytes ?? 0) + range.count
            case .refusal: refusalBytes = (refusalBytes ?? 0) + range.count
            case .restart:
                self = AnswerOutline()
                answerStart = n + 1
            case .members:
                reasoningEnds.append(reasoningBytes ?? 0)
                log.append(kind, bytes.span.extracting(range))
            default: log.append(kind, bytes.span.extracting(range))
            }
        }
    }

    /// Whether there is text of this kind.
    package func has(_ kind: EntryKind) -> Bool {
        switch kind {
        case .text: textBytes != nil
        case .reasoning: reasoningBytes != nil
        case .refusal: refusalBytes != nil
        default: false
        }
    }

    /// How many bytes to reserve for all that was added as JSON, since growing would copy it; too
    /// few only where it has more escapes than usual.
    package var roomBytes: Int {
        room(for: log.bytes.count + (reasoningBytes ?? 0)) + contentRoomBytes
    }

    /// The same for the member `content` alone, which some answers carry twice.
    var contentRoomBytes: Int {
        room(for: (textBytes ?? 0) + (refusalBytes ?? 0))
    }

    private func room(for bytes: Int) -> Int { 1024 + bytes + bytes / 8 }
}
