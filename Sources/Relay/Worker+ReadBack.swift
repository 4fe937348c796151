import ChatFormats
import Dispatch
import HTTPServer
import Loop
import Storage

/// Answers whose beginning is not in memory any more; what the journal has of them is read on a
/// queue of its own, since no loop waits for a disk.
extension Worker {
    /// What is read back for one reader at a time.
    ///
    /// In bytes of payload.
    private static let partBytes = 256 << 10

    /// Reads entries back, from `start` on and as many as are worth one way to the disk.
    ///
    /// - Parameters:
    ///   - start: the first one; not in memory.
    ///   - generation: whose they are.
    ///   - use: takes them on this loop; nil where the disk does not give them back.
    func readBack(
        from start: Int,
        of generation: Generation,
        then use: @escaping (SharedLog?) -> Void
    ) {
        let old = OldEntries(of: generation, from: start, maxBytes: Self.partBytes)
        read({ () throws(StorageError) in SharedLog(try old.part()) }, for: Ticket(self, use))
    }

    /// Makes OpenAI's object for an answer that is not in memory whole.
    ///
    /// - Parameters:
    ///   - generation: the answer, ended.
    ///   - context: what is said beside it.
    ///   - use: takes it on this loop; nil where the disk does not give the answer back.
    func completion(
        of generation: Generation,
        _ context: FrameContext,
        then use: @escaping ([UInt8]?) -> Void
    ) {
        let snapshot = LogSnapshot(of: generation)
        read(
            { () throws(StorageError) in try snapshot.completion(context) },
            for: Ticket(self, use)
        )
    }

    private func read<Value: Sendable>(
        _ work: @escaping @Sendable () throws(StorageError) -> Value,
        for ticket: Ticket<Value?>
    ) {
        let log = log
        service.readBackQueue.async {
            var value: Value?
            do throws(StorageError) {
                value = try work()
            } catch {
                log.write(.error, "an answer's beginning cannot be read back: \(error)")
            }
            ticket.answer(value)
        }
    }

    // MARK: Records

    /// An answer has ended: its record goes to the history.
    func record(_ generation: Generation, totalMilliseconds: Int, retries: Int) {
        if let failure = generation.failure, failure.ending != .abandoned {
            log.write(
                .warning,
                "id=\(generation.id) \(failure.ending.rawValue): \(failure.message)"
            )
        }
        let timing = GenerationRecord.Timing(
            startedAt: generation.startedAt,
            firstTokenMilliseconds: generation.firstTokenMilliseconds,
            totalMilliseconds: totalMilliseconds,
            retries: retries
        )
        guard generation.log.first == 0 else { return recordLong(generation, timing) }
        let record = GenerationRecord.make(
            generation.recordHead,
            generation.source,
            generation.log,
            timing
        )
        // On a line of its own: where there is no journal, what it would be given is not even asked
        // for.
        let outcome = service.recorder.record(record)
        journal?.recorded(generation, outcome)
    }

    /// A long one's record is made on the queue that reads its beginning back.
    private func recordLong(_ generation: Generation, _ timing: GenerationRecord.Timing) {
        let snapshot = LogSnapshot(of: generation)
        let head = generation.recordHead
        let source = generation.source
        let ticket = Ticket<RecordOutcome>(self) { [unowned self] in
            journal?.recorded(generation, $0)
        }
        service.recorder.record(
            { () throws(StorageError) in try snapshot.record(head, source, timing) },
            then: ticket.answer
        )
    }
}

extension Worker: GenerationJournalOwner {
    var allGenerations: [Generation] { generations.all }

    func recordAgain(
        _ answer: UnrecordedGeneration,
        then use: @escaping (RecordOutcome) -> Void
    ) {
        service.recorder.recordAgain(
            { () throws(StorageError) in try answer.record() },
            then: Ticket(self, use).answer
        )
    }
}
