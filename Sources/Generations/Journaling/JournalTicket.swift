import ChatFormats
import Storage

/// Where an answer is in the journal, and how far.
///
/// Its log keeps it, so that no token costs a look-up.
package struct JournalTicket {
    var place = JournalPlace()
    /// How many of its entries are in the file.
    private(set) var entries = 0
    /// How many are in the file once the frame under way is written.
    private(set) var framedEntries = 0
    /// The part of that frame that is its own; only one unless it has much, so that a token needs
    /// no list.
    private var lastPart: FramePart?
    private var earlierParts: [FramePart] = []
    /// Where in that frame the entries that are being added begin.
    private var framedEnd = 0
    /// Where its entries are.
    private var extents = JournalExtents()
    /// Where its entries were before some were lost, and how many; kept until as many are written
    /// again.
    ///
    /// No longer than that: only `extents` has those that came since.
    private var former: (extents: JournalExtents, entries: Int)?
    /// Whether it has entries that are not in the file.
    var isDirty = false
    /// Where its key is in the file of keys, once it has ended; 0 where it has none.
    var keyPlace = 0
    /// The outcome of its record, once it was made.
    var recording: RecordOutcome?

    /// Where its entries are read back from.
    var written: JournalExtents { former?.extents ?? extents }

    /// How many of its entries can be read back.
    var readableEntries: Int {
        guard let former else { return min(entries, extents.end) }
        return min(entries, former.extents.end)
    }

    /// Notes that what is added to the frame under way from now on is its own.
    mutating func beginPart(of frame: borrowing JournalFrame) { framedEnd = frame.count }

    /// Notes that the frame under way has its entries up to this one.
    mutating func framed(upTo end: Int, in frame: borrowing JournalFrame) {
        if let lastPart { earlierParts.append(lastPart) }
        lastPart = frame.part(from: framedEnd, entries: framedEntries..<end)
        framedEntries = end
        framedEnd = frame.count
    }

    /// Notes that the frame under way was written, or dropped.
    mutating func frameEnded(_ isWritten: Bool, in journal: Journal) {
        if isWritten, framedEntries > entries {
            for part in earlierParts { extents.note(part, in: journal) }
            if let lastPart { extents.note(lastPart, in: journal) }
            entries = framedEntries
            if let lost = former?.entries, entries >= lost { former = nil }
        }
        forgetFramed()
    }

    private mutating func forgetFramed() {
        framedEntries = entries
        lastPart = nil
        if !earlierParts.isEmpty { earlierParts = [] }
    }

    /// Notes that all of its entries so far are written.
    ///
    /// - Parameter isReadBack: whether any of them may be asked for.
    mutating func becameWhole(isReadBack: Bool) {
        isDirty = false
        if !isReadBack { extents = JournalExtents() }
    }

    /// Notes that what was written of it may be lost.
    mutating func forgetWritten() {
        guard entries > 0 else { return }
        if former == nil { former = (extents, entries) }
        entries = 0
        forgetFramed()
        extents = JournalExtents()
    }
}

extension JournalTicket {
    /// How much is read back at a time to be written again, in bytes of payload.
    private static let oldNewsBytes = 1 << 20

    /// Adds what the journal lacks to its frame, as far as one frame has room.
    ///
    /// - Returns: whether the frame now has all of it.
    mutating func appendNews(
        of head: AnswerHead,
        _ log: borrowing EntryLog,
        to journal: Journal
    ) -> Bool {
        // What was asked may be long, too, and many beginnings may be missing at once.
        guard journal.frame.count < Journal.segmentBytes else { return false }
        journal.hold(&place)
        beginPart(of: journal.frame)
        if framedEntries == 0 {
            var bytes: [UInt8] = []
            head.journaled.append(to: &bytes)
            journal.frame.begin(number: place.number, head: bytes.span)
        }
        if framedEntries < log.first {
            appendOldNews(before: log.first, to: journal)
            if framedEntries < log.first { return false }
        }
        let bytes = log.bytes
        let number = place.number
        let end = log.count
        // At least one entry, or a large beginning would leave no room for any, and the loop no
        // end.
        let room = max(1, Journal.segmentBytes - journal.frame.count)
        var next = framedEntries
        var bytesFramed = 0
        var part = 0
        while next < end, bytesFramed < room {
            let range = log.range(next)
            journal.frame.entry(
                number: number,
                sequence: next,
                kind: log.kind(next).rawValue,
                payload: bytes.span.extracting(range)
            )
            bytesFramed += range.count
            part += range.count
            next += 1
            // A part ends here, so that a read of some entries does not take in all that one frame
            // has.
            guard part >= JournalExtents.runBytes else { continue }
            framed(upTo: next, in: journal.frame)
            part = 0
        }
        if next > framedEntries {
            framed(upTo: next, in: journal.frame)
        }
        return next == end
    }

    /// Adds entries that are no longer in memory.
    ///
    /// Waits for the disk on the loop, but only where the disk has lost what was written of a long
    /// answer.
    private mutating func appendOldNews(before end: Int, to journal: Journal) {
        let number = place.number
        var next = framedEntries
        do throws(StorageError) {
            try written.read(
                number,
                next..<end,
                maxBytes: Self.oldNewsBytes
            ) { item, _, piece in
                guard case .entry(_, _, let kind, let payload) = item else { return }
                journal.frame.entry(
                    number: number,
                    sequence: next,
                    kind: kind,
                    payload: piece.extracting(payload)
                )
                next += 1
            }
        } catch {
            // Lost twice: only a reader that is up with the answer can go on with it.
            next = end
        }
        framed(upTo: next, in: journal.frame)
    }
}
