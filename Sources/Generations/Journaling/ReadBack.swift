package import ChatFormats
import Loop
import Storage

/// A part of a log, on its way between threads.
package final class SharedLog: Sendable {
    package let log: EntryLog

    package init(_ log: consuming EntryLog) { self.log = log }
}

/// The entries of an answer that are no longer in memory; any thread may read them.
struct OldEntries: Sendable {
    /// The generation's number in its loop's journal.
    private let number: UInt64
    private let written: JournalExtents
    private let start: Int
    /// The first entry that is in memory, and the end of those that the journal has, which is lower
    /// if some are lost.
    private let firstHeld: Int
    private let end: Int
    private let maxBytes: Int
    /// Where the blocks of the whole log begin.
    private let blocks: EntryBlocks

    /// Takes those from `start` on, up to about this much payload.
    init(of live: LiveLog, from start: Int = 0, maxBytes: Int = .max) {
        number = live.journalTicket.place.number
        // Only what will be read: the answer may go on, and otherwise all of it would be copied.
        written = live.journalTicket.written.part(from: start, maxBytes: maxBytes)
        firstHeld = max(start, live.log.first)
        end = max(start, min(firstHeld, written.end))
        self.start = start
        self.maxBytes = maxBytes
        blocks = live.log.blocks
    }

    /// Reads them.
    ///
    /// Waits for the disk.
    func part() throws(StorageError) -> EntryLog { try part(from: start, maxBytes: maxBytes) }

    /// Reads all of them, in parts of about this much payload.
    ///
    /// Waits for the disk, and throws where a part is missing: the rest would look whole.
    func forEachPart(
        ofBytes partBytes: Int,
        _ use: (borrowing EntryLog) -> Void
    ) throws(StorageError) {
        var next = start
        while next < end {
            let part = try part(from: next, maxBytes: partBytes)
            guard part.count > next else { throw .lostEntry(next) }
            use(part)
            next = part.count
        }
        guard next == firstHeld else { throw .lostEntry(next) }
    }

    private func part(from start: Int, maxBytes: Int) throws(StorageError) -> EntryLog {
        var part = EntryLog(first: start, blocks: blocks)
        try written.read(number, start..<end, maxBytes: maxBytes) { item, _, bytes in
            guard case .entry(_, _, let kind, let payload) = item else { return }
            // This process can read what it wrote.
            guard let kind = EntryKind(rawValue: kind) else { return assertionFailure() }
            part.append(kind, bytes.extracting(payload))
        }
        return part
    }
}

/// An ended answer's log, which any thread may put together.
struct LogSnapshot: Sendable {
    private let old: OldEntries
    private let window: SharedLog

    init(of live: LiveLog) {
        old = OldEntries(of: live)
        window = SharedLog(live.log.copy())
    }

    /// OpenAI's object for it, made part by part.
    ///
    /// Waits for the disk.
    func completion(_ context: FrameContext) throws(StorageError) -> [UInt8] {
        var outline = AnswerOutline()
        try forEachPart { outline.add($0) }
        let start = outline.answerStart
        var body: [UInt8] = []
        try OpenAICompletion.append(
            outline,
            context,
            into: &body
        ) { kind, out throws(StorageError) in
            try forEachPart { $0.appendEscaped(kind, from: start, into: &out) }
        }
        return body
    }

    /// Its line in the history, without the line's end, made part by part.
    ///
    /// Waits for the disk.
    func record(
        _ head: [UInt8],
        _ source: GenerationRecord.Source,
        _ timing: GenerationRecord.Timing
    ) throws(StorageError) -> [UInt8] {
        try GenerationRecord.make(
            head,
            source,
            tokens: window.log.textEntryCount,
            timing
        ) { use throws(StorageError) in
            try forEachPart(use)
        }
    }

    private func forEachPart(
        _ use: (borrowing EntryLog) -> Void
    ) throws(StorageError) {
        try old.forEachPart(ofBytes: Self.partBytes, use)
        use(window.log)
    }

    /// In bytes of payload.
    private static let partBytes = 256 << 10
}

/// Reads back what is not in memory of long answers, on a queue of its own.
struct ReadBack {
    /// How much is read back for one reader at a time, in bytes of payload.
    private static let partBytes = 256 << 10

    private let live: LiveLog

    init(_ live: LiveLog) { self.live = live }

    /// Reads entries back, from `start` on and as many as are worth one read of the disk.
    ///
    /// - Parameters:
    ///   - start: the first one, which is not in memory.
    ///   - use: takes them on the loop; nil where the disk does not return them.
    func entries(from start: Int, then use: @escaping (SharedLog?) -> Void) {
        let old = OldEntries(of: live, from: start, maxBytes: Self.partBytes)
        read(then: use) { () throws(StorageError) in SharedLog(try old.part()) }
    }

    /// Makes OpenAI's object for an answer that has ended and is not in memory whole.
    ///
    /// - Parameters:
    ///   - frames: the context of its frames.
    ///   - use: takes it on the loop; nil where the disk does not return the answer.
    func completion(_ frames: FrameContext, then use: @escaping ([UInt8]?) -> Void) {
        let snapshot = LogSnapshot(of: live)
        read(then: use) { () throws(StorageError) in try snapshot.completion(frames) }
    }

    private func read<Value: Sendable>(
        then use: @escaping (Value?) -> Void,
        _ work: @escaping @Sendable () throws(StorageError) -> Value
    ) {
        let ticket = Ticket(on: live.context.reactor, use)
        let report = live.context.report
        live.context.readBackQueue.async {
            var value: Value?
            do throws(StorageError) {
                value = try work()
            } catch {
                report(.notReadBack(error))
            }
            ticket.answer(value)
        }
    }
}
