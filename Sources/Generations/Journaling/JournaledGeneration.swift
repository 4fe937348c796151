import ChatFormats
import Storage
import Wire

/// A generation of an earlier process, as far as its journal goes.
package struct JournaledGeneration: Sendable {
    package let head: JournalHead
    /// All that came of it; where the process did not live to write an end, it ends as interrupted.
    let answer: SharedLog
    /// Whether its end is in the journal.
    let isEnded: Bool
    private let firstTokenAt: Int?
    /// When its last entry was written, in milliseconds since 1970.
    let lastAt: Int

    /// Takes what was read; the draft is empty afterwards.
    ///
    /// An answer may be long, so it is in memory only once.
    init(_ draft: JournaledDraft) {
        head = draft.head
        firstTokenAt = draft.firstTokenAt
        lastAt = draft.lastAt
        var log = draft.takeLog()
        isEnded = log.isEnded
        if log.count == 0 {
            log.appendStart(id: head.id, model: head.source.model, created: head.startedAt / 1000)
        }
        if !isEnded {
            log.appendEstimatedUsage(asking: head.messages)
            let failure = UpstreamFailure.interrupted
            log.appendFailure(
                failure.ending,
                type: failure.type,
                message: failure.message,
                code: failure.code
            )
        }
        answer = SharedLog(log)
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
        let timing = GenerationRecord.Timing(
            startedAt: head.startedAt,
            firstTokenMilliseconds: firstTokenAt.map { max(0, $0 - head.startedAt) },
            totalMilliseconds: max(0, lastAt - head.startedAt)
        )
        let source = head.recordNamesSource ? nil : head.source
        return GenerationRecord.make(head.record, source, answer.log, timing)
    }
}

/// A generation of an earlier process while its journal is read.
final class JournaledDraft {
    private(set) var head: JournalHead
    private var log = EntryLog(first: 0)
    private(set) var firstTokenAt: Int?
    /// When its last entry was written, in milliseconds since 1970.
    private(set) var lastAt: Int

    init(_ head: JournalHead) {
        self.head = head
        lastAt = head.startedAt
    }

    /// Takes a beginning that was written again: the same after a loss, or one that names who is
    /// asked now.
    func beganAgain(_ head: JournalHead) {
        guard head.id == self.head.id, !self.head.recordNamesSource else { return }
        self.head.source = head.source
    }

    /// Adds an entry, unless it is there already: after an outage, entries are written again.
    func add(_ sequence: Int, _ kind: UInt8, _ payload: Span<UInt8>, at time: Int) {
        guard sequence == log.count, !log.isEnded else { return }
        if let kind = EntryKind(rawValue: kind) {
            log.append(kind, payload)
        } else {
            // A later version's kind, which is unknown here, keeps its number: numbers have no
            // holes, and what comes after it is not lost.
            log.append(.members, payload.extracting(first: 0))
        }
        lastAt = max(lastAt, time)
        if sequence > 0, firstTokenAt == nil { firstTokenAt = time }
    }

    fileprivate func takeLog() -> EntryLog {
        var taken = EntryLog(first: 0)
        swap(&taken, &log)
        return taken
    }
}
