import Dispatch
import Loop

/// The history: one line per record, appended whole, by one writer, for any number of threads.
///
/// `append` never waits for the disk. Records queue in memory, a serial queue writes all that came
/// within a few milliseconds with one write, and while the disk refuses they are kept, up to a
/// bound, and tried again. The process must ignore SIGXFSZ, or a file size limit ends it instead of
/// being reported.
package final class HistoryFile: Sendable {
    /// How much may wait for the disk; a record beyond it is refused and reported.
    ///
    /// As much again may be in the file and wait to be safe; beyond that nothing more is written.
    package static let maxPendingBytes = 64 * 1024 * 1024
    /// How long the first record waits for others: waking the writer costs more than writing, and
    /// short answers end by the thousand in a second.
    private static let gatherMilliseconds = 20
    /// The first and the longest pause between two attempts while the disk refuses.
    private static let retryDelaysMilliseconds = 250...5000

    /// What callers add to and the writer takes from; each holds it for a few instructions.
    private let pending = Guarded(PendingRecords())
    /// Only blocks on `queue`, `keeper` and `compactor` take it, so that no loop ever waits for it.
    let writer: Guarded<RecordWriter>
    private let queue = DispatchQueue(label: "sse-relay.history")
    private let maxPendingBytes: Int
    private let durability: Durability
    let report: @Sendable (HistoryReport) -> Void
    /// The index and all that reads by it or renames files; only blocks on `keeper` take it.
    let catalog: Guarded<HistoryCatalog>
    let keeper = DispatchQueue(label: "sse-relay.history.keeper")
    let compactor = DispatchQueue(label: "sse-relay.history.compactor", qos: .utility)
    let upkeep: Guarded<Upkeep>
    let reserve: Reserve
    /// Records that were begun and that a deletion of before may seem to reach, until they are told
    /// apart on the keeper's queue.
    let begun = Guarded<[RecordHead]>([])
    /// The latest time of all deletions; nil where there are none.
    let latestDeletion: Guarded<[UInt8]?>
    /// The size at which the file is rotated away; 0 for never.
    let rotateBytes: Int
    let compactionDelayMilliseconds: Int

    /// Opens the file, and repairs it where the last process left half a line.
    ///
    /// A full or failing disk does not stop the start: it is an outage like a later one.
    ///
    /// - Parameters:
    ///   - directory: The folder, created for this user alone where it is absent.
    ///   - name: The file's name in it.
    ///   - maxPendingBytes: How much may wait for the disk to take it, and how much for it to be
    ///     safe there.
    ///   - durability: When records are made safe against a loss of power.
    ///   - rotateBytes: The size at which the file gets the name of an old one, and a new one is
    ///     begun; 0 for never.
    ///   - holdsRotation: Whether that waits for `allowRotation`, for those who look for records in
    ///     the files by their names, at the start.
    ///   - compactionDelayMilliseconds: How long after a deletion the files are written anew.
    ///   - report: Called here during the start, then on the writer's queue, and for a refused
    ///     record by the thread that appended it.
    /// - Throws: What somebody has to put right: a lock held, a missing permission, a wrong path.
    package init(
        directory: String,
        name: String = "history.jsonl",
        maxPendingBytes: Int = HistoryFile.maxPendingBytes,
        durability: Durability = .interval,
        rotateBytes: Int = 0,
        holdsRotation: Bool = false,
        compactionDelayMilliseconds: Int = 1000,
        report: @escaping @Sendable (HistoryReport) -> Void
    ) throws(StorageError) {
        var opening = RecordWriter(
            directory: directory,
            name: name,
            maxUnsyncedBytes: durability == .never ? nil : maxPendingBytes
        )
        do throws(StorageError) {
            if let tail = try opening.open() { report(tail) }
        } catch {
            guard error.mayPass else { throw error }
            opening.outage = .init(delayMilliseconds: Self.retryDelaysMilliseconds.lowerBound)
            report(.writeFailed(error))
        }
        let beginsInOutage = opening.outage != nil
        writer = Guarded(opening)
        var catalog = HistoryCatalog(directory: directory, activeName: name)
        latestDeletion = Guarded(catalog.latestDeletion())
        let isWorthReading = catalog.isWorthReading()
        self.catalog = Guarded(catalog)
        self.maxPendingBytes = maxPendingBytes
        self.durability = durability
        self.rotateBytes = rotateBytes
        upkeep = Guarded(Upkeep(isRotationDue: holdsRotation))
        self.compactionDelayMilliseconds = compactionDelayMilliseconds
        self.report = report
        reserve = Reserve(directory: directory)
        if isWorthReading { read { _ in } }
        if beginsInOutage {
            pending.withLock { $0.beginOutage() }
            queue.async { self.writeAll() }
        }
    }

    /// Whether records reach the disk at the moment.
    package var isWritable: Bool {
        pending.withLock { $0.isWritable && !$0.isUnsafe }
    }

    /// How many records are not in the file yet.
    package var recordsWaiting: Int {
        pending.withLock { $0.appended - $0.settled }
    }

    /// Takes one record, a whole line without its newline; from any thread, at once.
    ///
    /// - Returns: its place among all records of this process, from 1, which `isSafe` is asked
    ///   about; nil where it was refused, which is reported.
    @discardableResult
    package func append(_ record: consuming [UInt8]) -> Int? {
        var record = record
        let bytes = record.count
        assert(!record.contains(newline), "a record is one line")
        let (verdict, place) = pending.withLock { pending in
            (pending.add(&record, limit: maxPendingBytes), pending.appended)
        }
        switch verdict {
        case .taken: break
        case .takenWakeWriter:
            queue.asyncAfter(deadline: .now() + .milliseconds(Self.gatherMilliseconds)) {
                self.writeAll()
            }
        case .refused:
            report(.refused(bytes: bytes))
            return nil
        }
        return place
    }

    /// Takes one record like `append`, and waits for the disk to make room where too much waits for
    /// it: many long records may be made at once, faster than any disk takes them.
    ///
    /// Not on a loop. A disk that refuses is not waited for.
    package func appendWaiting(_ record: consuming [UInt8]) -> Int? {
        let bytes = record.count
        let mustWait = pending.withLock { pending in
            pending.isWritable && !pending.hasRoom(for: bytes, limit: maxPendingBytes)
        }
        if mustWait { queue.sync { self.writeAll() } }
        return append(record)
    }

    /// Whether the record with this place, and all before it, are in the file, and safe there as
    /// far as that is looked after.
    package func isSafe(_ place: Int) -> Bool {
        pending.withLock { $0.safe >= place }
    }

    /// Has the file's last bytes written again in their place before they count as safe.
    ///
    /// An earlier process may have been told by a failed fsync that they are not, and this one
    /// reads them from the kernel's cache whatever the disk has. To be called before the first
    /// `append`; waits for the disk to read them.
    ///
    /// - Parameter count: How many; not more than the file has.
    /// - Returns: Their place among the records, which `isSafe` is asked about; nil where they
    ///   cannot be read now.
    package func distrust(lastBytes count: Int) -> Int? {
        queue.sync {
            writer.withLock { writer in
                guard (try? writer.distrust(lastBytes: count)) == true else { return nil }
                let place = pending.withLock { $0.addSettled() }
                makeSafe(&writer)
                return place
            }
        }
    }

    /// Waits until every record appended so far is in the file and safe, trying at once even in an
    /// outage.
    ///
    /// Safe as far as that is looked after: behind it, the last other copy may be removed.
    ///
    /// - Returns: Whether that happened in time.
    package func flush(timeoutMilliseconds: Int) -> Bool {
        let safe = DispatchSemaphore(value: 0)
        guard pending.withLock({ $0.announce(to: safe) }) else { return true }
        queue.async {
            self.writeAll()
            if self.durability != .never { self.synchronize() }
        }
        return safe.wait(timeout: .now() + .milliseconds(timeoutMilliseconds)) == .success
    }

    /// Writes what waits, closes the file and gives up its lock; records after this are refused.
    ///
    /// Waits for the disk, and loses what it refuses now: for the end of the process, after
    /// `flush`.
    package func close() {
        pending.withLock { $0.close() }
        queue.sync {
            writeAll()
            if durability != .never { synchronize() }
            writer.withLock { $0.close() }
        }
        // A compaction under way ends by itself, and no other begins.
        upkeep.withLock { $0.isClosed = true }
        compactor.sync {}
        keeper.sync {}
    }
}

// MARK: - On the queue

extension HistoryFile {
    /// Writes batch after batch until nothing waits or the disk refuses.
    func writeAll() {
        var reports: [HistoryReport] = []
        var end = 0
        writer.withLock { writer in
            defer { end = writer.active?.end ?? 0 }
            while !writer.isClosed {
                let hasBatch = writer.takeBatch(from: pending)
                let progress = writer.attempt(reports: &reports)
                pending.withLock { $0.settle(records: progress.records, bytes: progress.bytes) }
                if let failure = progress.failure {
                    if makesRoom(after: failure) { continue }
                    return reports += suffer(failure, &writer)
                }
                guard hasBatch else {
                    makeSafe(&writer)
                    return reports += recover(&writer)
                }
            }
        }
        for entry in reports { report(entry) }
        noteEnd(end)
    }

    /// Sees to it that what is settled now is safe in time.
    private func makeSafe(_ writer: inout RecordWriter) {
        guard pending.withLock({ $0.safe < $0.settled }) else { return }
        switch durability {
        case .never: pending.withLock { $0.makeSafe($0.settled) }
        // Behind this block, so that its batch is in the file.
        case .always: synchronizeSoon(&writer, afterMilliseconds: 0)
        case .interval:
            synchronizeSoon(&writer, afterMilliseconds: Durability.intervalMilliseconds)
        }
    }

    private func synchronizeSoon(_ writer: inout RecordWriter, afterMilliseconds delay: Int) {
        guard !writer.isSyncDue else { return }
        writer.isSyncDue = true
        queue.asyncAfter(deadline: .now() + .milliseconds(delay)) { self.synchronize() }
    }

    private func synchronize() {
        let settled = pending.withLock { $0.settled }
        var report: HistoryReport?
        writer.withLock { writer in
            writer.isSyncDue = false
            do throws(StorageError) {
                try writer.synchronize()
                report = pending.withLock { pending in
                    pending.makeSafe(settled)
                    defer { pending.isUnsafe = false }
                    return pending.isUnsafe ? .safeAgain : nil
                }
            } catch {
                report = pending.withLock { pending in
                    defer { pending.isUnsafe = true }
                    return pending.isUnsafe ? nil : .notSafe(error)
                }
                let isRoom = makesRoom(after: error)
                let delay = isRoom ? 0 : Self.retryDelaysMilliseconds.upperBound
                if !writer.isClosed { synchronizeSoon(&writer, afterMilliseconds: delay) }
            }
        }
        if let report { self.report(report) }
    }

    /// Notes the outage and arranges the next attempt.
    private func suffer(
        _ failure: StorageError,
        _ writer: inout RecordWriter
    ) -> [HistoryReport] {
        let delays = Self.retryDelaysMilliseconds
        let isNew = writer.outage == nil
        var outage = pending.withLock { pending in
            pending.beginOutage()
            return writer.outage
                ?? .init(
                    delayMilliseconds: delays.lowerBound,
                    settled: pending.settled,
                    refused: pending.refused
                )
        }
        outage.attempt += 1
        retry(outage.attempt, afterMilliseconds: outage.delayMilliseconds)
        outage.delayMilliseconds = min(outage.delayMilliseconds * 2, delays.upperBound)
        writer.outage = outage
        return isNew ? [.writeFailed(failure)] : []
    }

    /// The file that is appended to, and the records that are not in it yet.
    func writerState() -> (active: HistoryCatalog.Active?, unsettled: [UInt8]) {
        writer.withLock { writer in
            (writer.active, writer.leftover + pending.withLock { $0.waiting })
        }
    }

    private func retry(_ attempt: Int, afterMilliseconds delay: Int) {
        queue.asyncAfter(deadline: .now() + .milliseconds(delay)) {
            let isDue = self.writer.withLock { $0.outage?.attempt == attempt }
            if isDue { self.writeAll() }
        }
    }

    /// Ends the outage, if there was one: everything kept is in the file.
    private func recover(_ writer: inout RecordWriter) -> [HistoryReport] {
        guard let outage = writer.outage else { return [] }
        writer.outage = nil
        return pending.withLock { pending in
            pending.endOutage()
            return [
                .writesResumed(
                    recordsKept: pending.settled - outage.settled,
                    recordsRefused: pending.refused - outage.refused
                )
            ]
        }
    }
}
