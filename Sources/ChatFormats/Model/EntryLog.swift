import Wire

/// All entries of one generation, in one buffer of bytes with the places where they end beside it.
///
/// Entry `n`'s number is `n`: numbers start at 0 and have no holes. A token costs its bytes and
/// five more, and nothing is allocated for it beyond the growth of three arrays. There is one of it
/// and it is never copied, not even for a reader's look at it.
package struct EntryLog: ~Copyable, Sendable {
    /// The payloads of all entries, one after the other.
    ///
    /// Bytes after the last entry's end belong to an entry that a decoder is still writing.
    package internal(set) var bytes: [UInt8] = []
    /// Where each entry's payload ends in `bytes`; it begins where the one before ends.
    ///
    /// `UInt32` halves the cost per token; decoders bound an answer far below 4 GiB.
    private var ends: [UInt32] = []
    private var kinds: [EntryKind] = []

    /// Makes a log without entries.
    package init() {
        // What a short answer needs, at once; a long one doubles from there.
        bytes.reserveCapacity(224)
        ends.reserveCapacity(16)
        kinds.reserveCapacity(16)
    }

    /// How many entries there are; also the number of the next one.
    package var count: Int { kinds.count }

    /// Whether the last entry is a terminal one.
    package var isEnded: Bool { kinds.last?.isTerminal ?? false }

    /// What entry `n` is.
    package func kind(_ n: Int) -> EntryKind { kinds[n] }

    /// Where entry `n`'s payload lies in `bytes`.
    package func range(_ n: Int) -> Range<Int> {
        (n == 0 ? 0 : Int(ends[n - 1]))..<Int(ends[n])
    }

    /// Adds an entry with its payload.
    package mutating func append(_ kind: EntryKind, _ payload: Span<UInt8>) {
        bytes.append(span: payload)
        seal(kind)
    }

    /// Makes the bytes written after the last entry an entry.
    mutating func seal(_ kind: EntryKind) {
        ends.append(UInt32(bytes.count))
        kinds.append(kind)
    }

    /// A place to which the log can be taken back.
    struct Mark {
        fileprivate let count: Int
        fileprivate let byteCount: Int
    }

    /// The place after the last entry.
    var mark: Mark { Mark(count: kinds.count, byteCount: bytes.count) }

    /// How many bytes of payload came after a mark.
    func bytesAfter(_ mark: Mark) -> Int { bytes.count - mark.byteCount }

    /// Drops everything after a mark.
    ///
    /// An upstream event that turns out to be broken leaves nothing behind.
    mutating func rollBack(to mark: Mark) {
        kinds.removeSubrange(mark.count...)
        ends.removeSubrange(mark.count...)
        bytes.removeSubrange(mark.byteCount...)
    }
}
