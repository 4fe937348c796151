import Loop

/// Rewrites files of the history without the records of deleted conversations, one after the other.
///
/// The catalogue chooses the file; what takes long is done on a queue of the compactor's own, while
/// questions are answered.
final class Compactor: Sendable {
    private enum State {
        /// None begins before `allow`. → idle, due, closed
        case held(isWanted: Bool)
        /// → due, closed
        case idle
        /// The next one is arranged. → idle, closed
        case due
        /// No other begins.
        case closed
    }

    /// How long after a failure it is tried again.
    private static let retryMilliseconds = 60_000

    private let reader: HistoryReader
    private let delayMilliseconds: Int
    private let report: @Sendable (HistoryReport) -> Void
    let queue: any WorkQueue
    private let state: Guarded<State>

    /// Makes a compactor that begins so long after a deletion, for several of them at once; not
    /// before `allow` where it is held.
    init(
        _ reader: HistoryReader,
        isHeld: Bool,
        delayMilliseconds: Int,
        on queue: any WorkQueue,
        report: @escaping @Sendable (HistoryReport) -> Void
    ) {
        self.reader = reader
        state = Guarded(isHeld ? .held(isWanted: false) : .idle)
        self.delayMilliseconds = delayMilliseconds
        self.queue = queue
        self.report = report
    }

    /// Runs work on the catalogue, and begins a compaction where that finds deleted records.
    func read(
        _ records: RecordQueue,
        _ work: @escaping @Sendable (inout HistoryCatalog) -> Void
    ) {
        reader.read(records) { catalog in
            work(&catalog)
            if catalog.wantsCompaction { self.beginSoon(records) }
        }
    }

    /// Begins a compaction a little later, unless that is arranged.
    func beginSoon(_ records: RecordQueue) {
        begin(records, ifIdleAfterMilliseconds: delayMilliseconds)
    }

    private func begin(_ records: RecordQueue, ifIdleAfterMilliseconds delay: Int) {
        let isNew = state.withLock { state in
            switch state {
            case .held: state = .held(isWanted: true)
            case .idle:
                state = .due
                return true
            case .due, .closed: break
            }
            return false
        }
        if isNew { begin(records, afterMilliseconds: delay) }
    }

    /// Ends the time in which none begins.
    func allow(_ records: RecordQueue) {
        let isWanted = state.withLock { state in
            guard case .held(let isWanted) = state else { return false }
            state = .idle
            return isWanted
        }
        if isWanted { beginSoon(records) }
    }

    /// Waits for the one under way; no other begins.
    func close() {
        state.withLock { $0 = .closed }
        queue.sync {}
    }

    private func begin(_ records: RecordQueue, afterMilliseconds delay: Int) {
        reader.read(records, afterMilliseconds: delay) { catalog in
            let isWanted = self.state.withLock { state in
                guard case .due = state else { return false }
                state = .idle
                return true
            }
            guard isWanted else { return }
            if let next = catalog.beginCompaction() {
                self.run(next, records)
            } else if catalog.isUnreadable {
                // Which file is meant is known once they can be read.
                self.begin(records, ifIdleAfterMilliseconds: Self.retryMilliseconds)
            }
        }
    }

    private func run(_ compaction: Compaction, _ records: RecordQueue) {
        queue.async {
            do throws(StorageError) {
                // What is not safe may read as something else.
                if compaction.part?.isActive == true {
                    try records.withWriter { writer throws(StorageError) in
                        try writer.synchronize()
                    }
                }
                let outcome = try compaction.run()
                self.read(records) { self.finish(compaction, outcome, &$0, records) }
            } catch {
                self.reader.read(records) { self.giveUp(compaction, error, &$0, records) }
            }
        }
    }

    private func finish(
        _ compaction: Compaction,
        _ outcome: Compaction.Outcome,
        _ catalog: inout HistoryCatalog,
        _ records: RecordQueue
    ) {
        do throws(StorageError) {
            let new = try catalog.finishCompaction(compaction, outcome, records)
            if case .done(let path) = new { report(.compacted(path: path)) }
            let isClosed = state.withLock { state in
                if case .closed = state { true } else { false }
            }
            // The lock may be given up by now: no file gets another name.
            guard !isClosed else { return }
            switch new {
            case .outdated: beginSoon(records)
            case .refused: begin(records, ifIdleAfterMilliseconds: Self.retryMilliseconds)
            case .done, .needless:
                if let next = try catalog.beginNextCompaction() {
                    run(next, records)
                } else if catalog.isUnreadable {
                    begin(records, ifIdleAfterMilliseconds: Self.retryMilliseconds)
                }
            }
        } catch {
            giveUp(compaction, error, &catalog, records)
        }
    }

    private func giveUp(
        _ compaction: Compaction,
        _ error: StorageError,
        _ catalog: inout HistoryCatalog,
        _ records: RecordQueue
    ) {
        let isClosed = state.withLock { state in
            if case .closed = state { return true }
            state = .due
            return false
        }
        catalog.giveUpCompaction(compaction, error)
        guard !isClosed else { return }
        report(.upkeepFailed(error))
        begin(records, afterMilliseconds: Self.retryMilliseconds)
    }
}
