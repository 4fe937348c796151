import ChatFormats
import Storage
import Wire

/// A generation of an earlier process, as far as its journal goes.
struct LeftGeneration: Sendable {
    private(set) var head: JournalHead
    private var kinds: [EntryKind] = []
    private var ends: [Int] = []
    private var bytes: [UInt8] = []
    private var firstTokenAt: Int?
    /// When the last of it was written, in milliseconds since 1970.
    private(set) var lastAt: Int

    init(_ head: JournalHead) {
        self.head = head
        lastAt = head.startedAt
    }

    /// Whether its end is in the journal.
    var isEnded: Bool { kinds.last?.isTerminal ?? false }

    /// Its beginning is said again: after a loss the same, or with who is asked by now.
    mutating func beganAgain(_ head: JournalHead) {
        guard head.id == self.head.id, !self.head.recordNamesSource else { return }
        self.head.source = head.source
    }

    /// Adds an entry, unless it is there: after an outage, entries are said again.
    mutating func add(_ sequence: Int, _ kind: UInt8, _ payload: Span<UInt8>, at time: Int) {
        guard sequence == kinds.count, !isEnded else { return }
        // A later version's kind that is not known here keeps its place: numbers have no holes, and
        // what comes after it is not lost.
        let known = EntryKind(rawValue: kind)
        kinds.append(known ?? .members)
        if known != nil { bytes.append(span: payload) }
        ends.append(bytes.count)
        lastAt = max(lastAt, time)
        if sequence > 0, firstTokenAt == nil { firstTokenAt = time }
    }

    /// The whole log: where the process did not live to write an end, it ends as interrupted.
    func makeLog() -> EntryLog {
        var log = EntryLog()
        var start = 0
        for (kind, end) in zip(kinds, ends) {
            log.append(kind, bytes.span.extracting(start..<end))
            start = end
        }
        if kinds.isEmpty {
            log.appendStart(id: head.id, model: head.source.model, created: head.startedAt / 1000)
        }
        guard !log.isEnded else { return log }
        let failure = Failure.interrupted
        log.appendFailure(
            failure.ending,
            type: failure.type,
            message: failure.message,
            code: failure.code
        )
        return log
    }

    /// What its line in the history begins with.
    var recordHead: RecordHead {
        let record = head.record
        var head = RecordHead()
        head.read(record.span)
        return head
    }

    /// Its line in the history, without the line's end.
    var record: [UInt8] {
        let log = makeLog()
        let timing = GenerationRecord.Timing(
            startedAt: head.startedAt,
            firstTokenMilliseconds: firstTokenAt.map { max(0, $0 - head.startedAt) },
            totalMilliseconds: max(0, lastAt - head.startedAt)
        )
        let source = head.recordNamesSource ? nil : head.source
        return GenerationRecord.make(head.record, source, log, timing)
    }
}
