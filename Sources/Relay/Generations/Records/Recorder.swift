import Dispatch
import Loop
import Storage

/// Hands the records of ended answers to the history, and knows of how many it lacks them.
///
/// A short answer's record is made and handed over on its loop. A long one's is made on a queue,
/// since its beginning is read from the disk.
final class Recorder: Sendable {
    /// Gives a record's line; waits for the disk.
    typealias Making = @Sendable () throws(StorageError) -> [UInt8]

    private let history: HistoryFile
    private let log: Log
    /// What long answers are read back on.
    private let queue: DispatchQueue
    /// How many ended answers the history lacks, and the journal keeps if there is one.
    private let lacking = Guarded(0)
    /// How many records are being made on the queue.
    private let underWay = Guarded(0)

    /// - Parameters:
    ///   - history: takes the records.
    ///   - queue: reads long answers back, one after the other.
    ///   - log: told of records that have to wait.
    init(into history: HistoryFile, on queue: DispatchQueue, log: Log) {
        self.history = history
        self.queue = queue
        self.log = log
    }

    /// Whether the history has the records of all answers that have ended.
    var isAllRecorded: Bool {
        underWay.withLock { $0 == 0 } && lacking.withLock { $0 == 0 }
    }

    /// Takes the record of an answer that has ended just now.
    func record(_ line: consuming [UInt8]) -> RecordOutcome {
        taken(history.append(line))
    }

    /// Has the record of an answer made that has ended just now.
    ///
    /// - Parameters:
    ///   - make: runs on the queue.
    ///   - use: called on the queue.
    func record(_ make: @escaping Making, then use: @escaping @Sendable (RecordOutcome) -> Void) {
        underWay.withLock { $0 += 1 }
        queue.async { [self] in
            let outcome = outcome(of: make)
            underWay.withLock { $0 -= 1 }
            use(outcome)
        }
    }

    /// Has a record made that the history refused before; `use` is called on the queue.
    func recordAgain(
        _ make: @escaping Making,
        then use: @escaping @Sendable (RecordOutcome) -> Void
    ) {
        record(
            { [self] () throws(StorageError) in
                lacking.withLock { $0 -= 1 }
                return try make()
            },
            then: use
        )
    }

    /// What an earlier process left stays for the next start.
    func leftForNextStart() { lacking.withLock { $0 += 1 } }

    /// Runs work once the records of all answers that have ended are made.
    ///
    /// A client that has read an answer's end may ask for it at once, or ask a question that goes
    /// on from it.
    func afterRecords(_ work: @escaping @Sendable () -> Void) {
        guard underWay.withLock({ $0 > 0 }) else { return work() }
        queue.async(execute: work)
    }

    /// Waits for the records that are being made.
    func finish() { queue.sync {} }

    private func outcome(of make: Making) -> RecordOutcome {
        do throws(StorageError) {
            return taken(history.appendWaiting(try make()))
        } catch {
            lacking.withLock { $0 += 1 }
            log.write(
                .error,
                "a record has to wait for what the next start finds of it: \(error)"
            )
            return .unreadable
        }
    }

    private func taken(_ place: Int?) -> RecordOutcome {
        if let place { return .taken(place: place) }
        lacking.withLock { $0 += 1 }
        return .refused
    }
}
