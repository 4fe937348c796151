import ChatFormats
import Storage
import Wire

/// What became of an answer's record.
enum Recording: Equatable, Sendable {
    /// The history took it, in this place among all records of this process.
    case taken(place: Int)
    /// More waits for the history's disk than may: the journal keeps the answer, and it is tried again.
    case refused
    /// The journal's disk does not give the answer back: what is left of it is there, for the next
    /// start.
    case unreadable
}

/// An ended answer that the journal alone has whole.
struct JournaledAnswer: Sendable {
    /// Where it stands in its loop's journal.
    let place: JournalPlace
    /// Where its key is in the file of keys; 0 where it has none.
    let keyPlace: Int
    /// How many entries it has.
    let count: Int
    private let written: JournalExtents

    init(_ generation: Generation) {
        place = generation.journalMark.place
        keyPlace = generation.journalMark.keyPlace
        count = generation.log.count
        written = generation.journalMark.written
    }

    /// Whether the journal took anything of it, before its disk refused.
    var isWritten: Bool { !written.isEmpty }

    /// Its line in the history, without the line's end.
    ///
    /// Waits for the disk.
    func record() throws(StorageError) -> [UInt8] {
        var draft: LeftDraft?
        try written.read(place.number, 0..<count) { item, milliseconds, bytes in
            switch item {
            case .begin(_, let head):
                draft = JournalHead(bytes.extracting(head)).map(LeftDraft.init) ?? draft
            case .entry(_, let sequence, let kind, let payload):
                draft?.add(sequence, kind, bytes.extracting(payload), at: milliseconds)
            case .retire: break
            }
        }
        guard let left = draft.map(LeftGeneration.init), left.isEnded else {
            throw .damaged(path: "the journal", offset: 0)
        }
        return left.record
    }
}
