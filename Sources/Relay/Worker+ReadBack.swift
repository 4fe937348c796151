import ChatFormats
import Dispatch
import HTTPServer
import Loop
import Storage

/// Answers whose beginning is not in memory any more; what the journal has of them is read on a queue
/// of its own, since no loop waits for a disk.
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
        let number = readings.add(use)
        read { () throws(StorageError) in
            SharedLog(try old.part())
        } then: { worker, part in
            worker.readings.take(number)?(part)
        }
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
        let number = completions.add(use)
        read { () throws(StorageError) in
            try snapshot.completion(context)
        } then: { worker, body in
            worker.completions.take(number)?(body)
        }
    }

    private func read<Value: Sendable>(
        _ work: @escaping @Sendable () throws(StorageError) -> Value,
        then use: @escaping @Sendable (Worker, Value?) -> Void
    ) {
        let loop = reactor.index
        let service = service
        service.readBackQueue.async {
            var value: Value?
            do throws(StorageError) {
                value = try work()
            } catch {
                service.log.write(.error, "an answer's beginning cannot be read back: \(error)")
            }
            service.post(toLoop: loop) { [value] in use($0, value) }
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
        // On a line of its own: where there is no journal, what it would be given is not even asked for.
        let recording = service.appended(service.history.append(record))
        journal?.recorded(generation, recording)
    }

    /// A long one's record is made on the queue that reads its beginning back.
    private func recordLong(_ generation: Generation, _ timing: GenerationRecord.Timing) {
        let snapshot = LogSnapshot(of: generation)
        let head = generation.recordHead
        let source = generation.source
        record { () throws(StorageError) in
            try snapshot.record(head, source, timing)
        } then: { [unowned self] in
            journal?.recorded(generation, $0)
        }
    }

    /// Makes a record from the journal that the history refused before.
    func recordAgain(_ answer: UnrecordedGeneration, then use: @escaping (RecordOutcome) -> Void) {
        let service = service
        record(
            { () throws(StorageError) in
                service.unrecorded.withLock { $0 -= 1 }
                return try answer.record()
            },
            then: use
        )
    }

    private func record(
        _ make: @escaping @Sendable () throws(StorageError) -> [UInt8],
        then use: @escaping (RecordOutcome) -> Void
    ) {
        let number = recordings.add(use)
        let loop = reactor.index
        let service = service
        let history = service.history
        service.makeRecord {
            var recording = RecordOutcome.unreadable
            do throws(StorageError) {
                recording = service.appended(history.appendWaiting(try make()))
            } catch {
                service.unrecorded.withLock { $0 += 1 }
                service.log.write(
                    .error,
                    "a record has to wait for what the next start finds of it: \(error)"
                )
            }
            service.post(toLoop: loop) { [recording] in $0.recordings.take(number)?(recording) }
        }
    }
}

extension Service {
    /// What became of a record that was given to the history, from any thread.
    ///
    /// - Parameter place: where the history took it; nil where it did not.
    /// - Returns: what the journal is told of it.
    fileprivate func appended(_ place: Int?) -> RecordOutcome {
        if let place { return .taken(place: place) }
        unrecorded.withLock { $0 += 1 }
        return .refused
    }
}
