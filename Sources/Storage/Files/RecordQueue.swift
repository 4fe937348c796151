import Loop

/// Records on their way into one file: a line for each, appended whole, by one writer, for any
/// number of threads.
///
/// `append` never waits for the disk. Records queue in memory, the writer puts all that came within
/// a few milliseconds into the file with one write, and while the disk refuses they are kept, up to
/// a bound, and tried again. The process must ignore SIGXFSZ, or a file size limit ends it instead
/// of being reported.
final class RecordQueue: Sendable {
    /// How long the first record waits for others: waking the writer costs more than writing, and
    /// short answers end by the thousand in a second.
    static let gatherMilliseconds = 20

    /// What callers add to and the writer takes from; each holds it for a few instructions.
    private let pending = Guarded(PendingRecords())
    /// The file; no loop ever waits for its queue.
    private let writing: Confined<RecordWriter>
    private let maxPendingBytes: Int
    private let durability: Durability
    private let follower: any RecordFollower
    private let work: any BackgroundWork

    /// Opens the file, and repairs it where the last process left half a line.
    ///
    /// A full or failing disk does not stop the start: it is an outage like a later one.
    ///
    /// - Parameters:
    ///   - directory: the folder, created for this user alone where it is absent.
    ///   - name: the file's name in it.
    ///   - label: the name of the writer's queue.
    ///   - maxPendingBytes: how much may wait for the disk to take it, and how much for it to be
    ///     safe there.
    ///   - durability: when records are made safe against a loss of power.
    ///   - follower: what follows from what happens.
    ///   - platform: the disk and the threads.
    /// - Throws: what somebody has to put right: a lock held, a missing permission, a wrong path.
    init(
        directory: String,
        name: String,
        label: String,
        maxPendingBytes: Int,
        durability: Durability,
        follower: any RecordFollower,
        platform: Platform
    ) throws(StorageError) {
        self.maxPendingBytes = maxPendingBytes
        self.durability = durability
        self.follower = follower
        work = platform.work
        var opening = RecordWriter(
            directory: directory,
            name: name,
            maxUnsyncedBytes: maxPendingBytes,
            keepsUnsynced: durability != .never,
            on: platform
        )
        do throws(StorageError) {
            if let tail = try opening.open() { follower.report(tail) }
        } catch {
            guard error.mayPass else { throw error }
            opening.outage = RecordWriter.Outage()
            follower.report(.writeFailed(error))
        }
        let beginsInOutage = opening.outage != nil
        writing = Confined(opening, on: work.queue(label, .usual))
        guard beginsInOutage else { return }
        pending.withLock { $0.beginOutage() }
        writing.async { self.writeAll(&$0) }
    }

    // MARK: For any thread

    /// Whether records reach the disk at the moment.
    var isWritable: Bool { pending.withLock { $0.isWritable && !$0.isUnsafe } }

    /// How many records are not in the file yet.
    var recordsWaiting: Int { pending.withLock { $0.appended - $0.settled } }

    /// The place of the last record that was taken; 0 before the first.
    var lastPlace: Int { pending.withLock { $0.appended } }

    /// Whether the record with this place, and all before it, are in the file, and safe there as
    /// far as that is looked after.
    func isSafe(_ place: Int) -> Bool { pending.withLock { $0.safe >= place } }

    /// Takes one record, a whole line without its newline, at once.
    ///
    /// - Returns: its place among all records of this process, from 1, which `isSafe` is asked
    ///   about; nil where it was refused, which is reported.
    func append(_ record: consuming [UInt8]) -> Int? {
        var record = record
        let bytes = record.count
        assert(!record.contains(newline), "a record is one line")
        let (verdict, place) = pending.withLock { pending in
            (pending.add(&record, limit: maxPendingBytes), pending.appended)
        }
        switch verdict {
        case .taken: return place
        case .takenWakeWriter:
            writing.after(milliseconds: Self.gatherMilliseconds) { self.writeAll(&$0) }
            return place
        case .refused:
            follower.report(.refused(bytes: bytes))
            return nil
        }
    }

    /// Takes one record like `append`, and waits for the disk to make room where too much waits for
    /// it: many long records may be made at once, faster than any disk takes them.
    ///
    /// Not on a loop. A disk that refuses is not waited for.
    func appendWaiting(_ record: consuming [UInt8]) -> Int? {
        let bytes = record.count
        let mustWait = pending.withLock { pending in
            pending.isWritable && !pending.hasRoom(for: bytes, limit: maxPendingBytes)
        }
        if mustWait { writing.sync { writeAll(&$0) } }
        return append(record)
    }

    /// Waits until every record appended so far is in the file and safe, trying at once even in an
    /// outage.
    ///
    /// Safe as far as that is looked after: after it, the last other copy may be removed.
    ///
    /// - Returns: whether that happened in time.
    func flush(timeoutMilliseconds: Int) -> Bool {
        let safe = work.makeSignal()
        guard pending.withLock({ $0.announce(to: safe) }) else { return true }
        writing.async { self.finish(&$0) }
        return safe.wait(milliseconds: timeoutMilliseconds)
    }

    /// Has a part of the file written again in its place before it counts as safe.
    ///
    /// An earlier process may have learned from a failed fsync that it is not, and this one reads
    /// it from the kernel's cache whatever the disk has. Waits for the disk.
    ///
    /// - Parameters:
    ///   - part: its bytes.
    ///   - mend: see `AppendFile.distrust`.
    /// - Returns: its place among the records, which `isSafe` is asked about; nil where the disk
    ///   refuses now.
    func distrust(_ part: Range<Int>, mending mend: (inout [UInt8]) -> Bool) -> Int? {
        writing.sync { writer in
            guard (try? writer.distrust(part, mending: mend)) == true else { return nil }
            let place = pending.withLock { $0.addSettled() }
            makeSafe(&writer)
            return place
        }
    }

    /// Writes what waits, closes the file and gives up its lock; records after this are refused.
    ///
    /// Waits for the disk, and loses what it refuses now: for the end of the process, after
    /// `flush`.
    func close() {
        pending.withLock { $0.close() }
        writing.sync { writer in
            finish(&writer)
            writer.close()
        }
    }

    // MARK: For other queues

    /// Runs work on the writer after what is under way, and waits for it.
    func withWriter<Result>(
        _ work: (inout RecordWriter) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try writing.sync(work)
    }

    /// Runs work on the writer after what is under way.
    func onWriter(_ work: @escaping @Sendable (inout RecordWriter) -> Void) { writing.async(work) }

    /// Writes what waits, as far as the disk takes it.
    ///
    /// - Returns: the file that is appended to, and the records that are not in it even so.
    func writeOut() -> (active: ActiveFile?, unsettled: [UInt8]) {
        writing.sync { writer in
            writeAll(&writer)
            return (writer.active, writer.leftover + pending.withLock { $0.waiting })
        }
    }

    // MARK: Writing

    /// Writes batch after batch until nothing waits or the disk refuses.
    private func writeAll(_ writer: inout RecordWriter) {
        var count = 0
        let wasRefused = writer.outage != nil
        while !writer.isClosed {
            let hasBatch = writer.takeBatch(from: pending)
            let progress = writer.attempt(follower.report)
            pending.withLock { $0.settle(records: progress.records, bytes: progress.bytes) }
            count += progress.records
            if let failure = progress.failure {
                if follower.makesRoom(after: failure) { continue }
                // What is in the file is to be safe however long the disk refuses more.
                makeSafe(&writer)
                suffer(failure, &writer)
                break
            }
            guard hasBatch else {
                makeSafe(&writer)
                recover(&writer)
                break
            }
        }
        follower.wrote(count, wasRefused: wasRefused, &writer, of: self)
    }

    private func finish(_ writer: inout RecordWriter) {
        writeAll(&writer)
        if durability != .never { synchronize(&writer) }
    }

    // MARK: Safety

    /// Sees to it that what is in the file now is safe in time.
    private func makeSafe(_ writer: inout RecordWriter) {
        guard pending.withLock({ $0.safe < $0.settled }) else { return }
        switch durability {
        case .never: pending.withLock { $0.makeSafe($0.settled) }
        case .always: synchronizeSoon(&writer, afterMilliseconds: 0)
        case .interval:
            synchronizeSoon(&writer, afterMilliseconds: Durability.intervalMilliseconds)
        }
    }

    private func synchronizeSoon(_ writer: inout RecordWriter, afterMilliseconds delay: Int) {
        guard !writer.isSyncDue, !writer.isClosed else { return }
        writer.isSyncDue = true
        let round = writer.syncRounds
        writing.after(milliseconds: delay) { writer in
            if writer.syncRounds == round { self.synchronize(&writer) }
        }
    }

    private func synchronize(_ writer: inout RecordWriter) {
        // Without a file nothing would fail, and nothing be safe.
        guard !writer.isClosed else { return }
        let settled = pending.withLock { $0.settled }
        writer.isSyncDue = false
        writer.syncRounds += 1
        do throws(StorageError) {
            try writer.synchronize()
        } catch {
            let wasUnsafe = pending.withLock { pending in
                defer { pending.isUnsafe = true }
                return pending.isUnsafe
            }
            if !wasUnsafe { follower.report(.notSafe(error)) }
            let hasRoom = follower.makesRoom(after: error)
            let delay = hasRoom ? 0 : writer.syncBackoff.next()
            return synchronizeSoon(&writer, afterMilliseconds: delay)
        }
        writer.syncBackoff = Backoff()
        let wasUnsafe = pending.withLock { pending in
            pending.makeSafe(settled)
            defer { pending.isUnsafe = false }
            return pending.isUnsafe
        }
        if wasUnsafe { follower.report(.safeAgain) }
    }

    // MARK: Outage

    /// Notes the outage and arranges the next attempt.
    private func suffer(_ failure: StorageError, _ writer: inout RecordWriter) {
        let isNew = writer.outage == nil
        var outage = pending.withLock { pending in
            pending.beginOutage()
            return writer.outage
                ?? RecordWriter.Outage(settled: pending.settled, refused: pending.refused)
        }
        let pause = outage.failed()
        let attempt = outage.attempt
        writer.outage = outage
        writing.after(milliseconds: pause) { writer in
            if writer.outage?.attempt == attempt { self.writeAll(&writer) }
        }
        if isNew { follower.report(.writeFailed(failure)) }
    }

    /// Ends the outage, if there was one: everything kept is in the file.
    private func recover(_ writer: inout RecordWriter) {
        guard let outage = writer.outage else { return }
        writer.outage = nil
        let (settled, refused) = pending.withLock { pending in
            pending.endOutage()
            return (pending.settled, pending.refused)
        }
        follower.report(
            .writesResumed(
                recordsKept: settled - outage.settled,
                recordsRefused: refused - outage.refused
            )
        )
    }
}
