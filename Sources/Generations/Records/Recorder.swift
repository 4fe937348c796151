import ChatFormats
package import Loop
package import Storage

/// Makes the records of answers that have ended, hands them to the history, and counts those that
/// it lacks.
///
/// A short answer's record is made and handed over on its loop. A long one's is made on a queue,
/// since its beginning is read from the disk: one crossing of threads, and one back with what
/// became of it.
package final class Recorder: Sendable {
    /// Makes a record's line; waits for the disk.
    private typealias Making = @Sendable () throws(StorageError) -> [UInt8]

    private let history: HistoryFile
    private let report: @Sendable (GenerationReport) -> Void
    /// The queue on which long answers are read back.
    private let queue: any WorkQueue
    /// How many ended answers the history lacks; the journal keeps them, if there is one.
    private let lacking = Guarded(0)
    /// Whether the history lacks answers that an earlier process left.
    private let lacksLeft = Guarded(false)
    private let hasFinished = Guarded(false)
    /// How many records are being made on the queue.
    private let underWay = Guarded(0)

    /// Makes the recorder of all loops.
    ///
    /// - Parameters:
    ///   - history: takes the records.
    ///   - queue: reads long answers back, one after the other.
    ///   - report: takes the errors of records that have to wait.
    package init(
        into history: HistoryFile,
        on queue: any WorkQueue,
        report: @escaping @Sendable (GenerationReport) -> Void
    ) {
        self.history = history
        self.queue = queue
        self.report = report
    }

    /// Whether the history has the records of all answers that have ended.
    package var isAllRecorded: Bool {
        underWay.withLock { $0 == 0 } && lacking.withLock { $0 == 0 } && isLeftRecorded
    }

    /// Makes and hands over the record of an answer that has ended just now.
    ///
    /// - Parameters:
    ///   - live: its log.
    ///   - retries: how many attempts failed and were made again.
    ///   - later: gets the outcome where not all of the log is in memory.
    /// - Returns: the outcome; nil where the record is made later.
    func record(
        _ live: LiveLog,
        retries: Int,
        later: @autoclosure () -> Ticket<RecordOutcome>
    ) -> RecordOutcome? {
        let head = live.head
        let timing = GenerationRecord.Timing(
            startedAt: head.startedAt,
            firstTokenMilliseconds: live.firstTokenMilliseconds,
            totalMilliseconds: live.elapsedMilliseconds,
            retries: retries
        )
        guard live.log.first > 0 else {
            let line = GenerationRecord.make(head.record, head.source, live.log, timing)
            return outcome(of: history.append(line))
        }
        let snapshot = LogSnapshot(of: live)
        let (record, source) = (head.record, head.source)
        make(head.id, for: later()) { () throws(StorageError) in
            try snapshot.record(record, source, timing)
        }
        return nil
    }

    /// Makes a record that failed before: the history refused it, or the journal did not return
    /// all of the answer.
    func recordAgain(_ answer: UnrecordedGeneration, for ticket: Ticket<RecordOutcome>) {
        let make: Making = { [self] () throws(StorageError) in
            lacking.withLock { $0 -= 1 }
            return try answer.record()
        }
        self.make(answer.id, wasUnread: answer.wasUnread, for: ticket, make)
    }

    /// Whether the history has taken what an earlier process left.
    package var isLeftRecorded: Bool { !lacksLeft.withLock { $0 } }

    /// Notes whether the history lacks what an earlier process left.
    package func noteLeft(isRecorded: Bool) { lacksLeft.withLock { $0 = !isRecorded } }

    /// Runs work once the records of all answers that have ended are made.
    ///
    /// A client that has read an answer's end may ask for it at once, or ask a question that
    /// continues it.
    package func afterRecords(_ work: @escaping @Sendable () -> Void) {
        guard underWay.withLock({ $0 > 0 }) else { return work() }
        queue.async(work)
    }

    /// Looks through the history once the records under way are made: the conversations of some
    /// are deleted by now.
    func followDeleted() { afterRecords { self.history.followLate() } }

    /// Waits for the records that are being made.
    ///
    /// What the history lacks then is for the next start.
    package func finish() {
        hasFinished.withLock { $0 = true }
        queue.sync {}
    }

    /// Whether the process is about to end.
    var isFinished: Bool { hasFinished.withLock { $0 } }

    /// Makes a record on the queue; that the disk does not return the answer is reported once.
    private func make(
        _ id: String,
        wasUnread: Bool = false,
        for ticket: Ticket<RecordOutcome>,
        _ make: @escaping Making
    ) {
        underWay.withLock { $0 += 1 }
        queue.async { [self] in
            let outcome = outcome(of: make, id, wasUnread: wasUnread)
            underWay.withLock { $0 -= 1 }
            ticket.answer(outcome)
        }
    }

    private func outcome(of make: Making, _ id: String, wasUnread: Bool) -> RecordOutcome {
        do throws(StorageError) {
            return outcome(of: history.appendWaiting(try make()))
        } catch {
            lacking.withLock { $0 += 1 }
            if !wasUnread || !error.mayPass { report(.recordWaits(id: id, error)) }
            return error.mayPass ? .unread : .unreadable
        }
    }

    private func outcome(of place: Int?) -> RecordOutcome {
        if let place { return .taken(place: place) }
        lacking.withLock { $0 += 1 }
        return .refused
    }
}
