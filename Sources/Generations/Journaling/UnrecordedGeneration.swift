import ChatFormats
import Storage
import Wire

/// An ended answer that only the journal has whole.
struct UnrecordedGeneration: Sendable {
    let id: String
    /// Where it is in its loop's journal.
    let place: JournalPlace
    /// Where its key is in the file of keys; 0 where it has none.
    let keyPlace: Int
    /// How many entries it has.
    let count: Int
    /// Whether the journal's disk failed to return it, which is reported once.
    var wasUnread = false
    private let written: JournalExtents

    init(_ live: LiveLog) {
        id = live.head.id
        place = live.journalTicket.place
        keyPlace = live.journalTicket.keyPlace
        count = live.log.count
        written = live.journalTicket.written
    }

    /// Whether the journal took anything of it before its disk refused.
    var isWritten: Bool { !written.isEmpty }

    /// Its line in the history, without the line's end.
    ///
    /// Waits for the disk.
    func record() throws(StorageError) -> [UInt8] {
        var draft: JournaledDraft?
        try written.read(place.number, 0..<count) { item, milliseconds, bytes in
            switch item {
            case .begin(_, let head):
                draft = JournalHead(bytes.extracting(head)).map(JournaledDraft.init) ?? draft
            case .entry(_, let sequence, let kind, let payload):
                draft?.add(sequence, kind, bytes.extracting(payload), at: milliseconds)
            case .retire: break
            }
        }
        guard let left = draft.map(JournaledGeneration.init), left.isEnded else {
            throw .damaged(path: "the journal", offset: 0)
        }
        return left.record
    }
}
