import ChatFormats
import Storage

/// A part of a log, on its way between threads.
final class LogPart: Sendable {
    let log: EntryLog

    init(_ log: consuming EntryLog) { self.log = log }
}

/// An answer's log at one moment: what is in memory, and where the rest is.
///
/// Any thread may put it together.
struct LogSnapshot: Sendable {
    /// The generation's number in its loop's journal.
    private let number: UInt64
    private let written: JournalExtents
    private let window: LogPart

    init(of generation: Generation) {
        number = generation.journalMark.place.number
        written = generation.journalMark.written
        window = LogPart(generation.log.copy())
    }

    /// Entries that are not in memory, from `start` on, up to about so much payload.
    ///
    /// Waits for the disk.
    func part(from start: Int, maxBytes: Int = .max) throws(StorageError) -> EntryLog {
        var part = EntryLog(first: start)
        try written.read(number, start..<window.log.first, maxBytes: maxBytes) { item, _, bytes in
            guard case .entry(_, _, let kind, let payload) = item else { return }
            // What this process wrote, it can read.
            guard let kind = EntryKind(rawValue: kind) else { return assertionFailure() }
            part.append(kind, bytes.extracting(payload))
        }
        return part
    }

    /// All entries.
    ///
    /// Waits for the disk.
    func whole() throws(StorageError) -> EntryLog {
        var log = try part(from: 0)
        log.append(contentsOf: window.log)
        return log
    }
}
