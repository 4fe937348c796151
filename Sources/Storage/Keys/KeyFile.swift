import Dispatch
import Glibc
import Loop

/// The keys of answers that have ended, on the disk: what was asked under one is not paid again
/// after a restart.
///
/// Lines are appended by one writer, on a queue of its own, and are as safe as records. The journal
/// has the keys of answers that run and lets go of one when its line is safe, so that at any moment
/// one of the two knows a key. While the disk refuses, lines are kept and tried again; nobody waits
/// for it.
package final class KeyFile: Sendable {
    /// The file's name in the data folder.
    package static let name = "keys"
    /// How much may wait for the disk; beyond it a key is not known after a restart.
    private static let maxPendingBytes = 64 << 20
    /// How long the first line waits for others.
    private static let gatherMilliseconds = 20
    /// The pause between two attempts while the disk refuses.
    private static let retryMilliseconds = 1000
    /// Fewer lines than this are not worth a compaction.
    private static let fewLines = 1024
    private static let compactSuffix = ".compact"

    /// How many lines the file has, and how many of them lived when they were counted.
    private struct Size {
        var lines = 0
        var living = 0
        /// Whether another attempt to write is arranged.
        var isRetryDue = false
    }

    private let directory: String
    private let durability: Durability
    private let lifeMilliseconds: Int
    private let report: @Sendable (KeyReport) -> Void
    private let queue = DispatchQueue(label: "sse-relay.keys")
    private let pending = Guarded(PendingRecords())
    /// Only blocks on `queue` take it.
    private let writer: Guarded<RecordWriter>
    private let size: Guarded<Size>
    private let kept: Guarded<[KeptKey]>

    /// Opens the file, creating it where it is absent, and reads it.
    ///
    /// A full or failing disk does not stop the start.
    ///
    /// - Parameters:
    ///   - directory: the data folder.
    ///   - durability: when lines are made safe against a loss of power.
    ///   - lifeMilliseconds: how long a key stands after its answer's end.
    ///   - report: called here during the start, then on the file's queue.
    /// - Throws: what somebody has to put right.
    package init(
        directory: String,
        durability: Durability,
        lifeMilliseconds: Int,
        report: @escaping @Sendable (KeyReport) -> Void
    ) throws(StorageError) {
        self.directory = directory
        self.durability = durability
        self.lifeMilliseconds = lifeMilliseconds
        self.report = report
        var opening = RecordWriter(
            directory: directory,
            name: Self.name,
            maxUnsyncedBytes: durability == .never ? nil : Self.maxPendingBytes
        )
        let path = "\(directory)/\(Self.name)"
        // What a compaction left that the end of the process cut short.
        _ = unlink(path + Self.compactSuffix)
        do throws(StorageError) {
            if let tail = try opening.open() { report(KeyReport(tail)) }
        } catch {
            guard error.mayPass else { throw error }
            opening.outage = .init(delayMilliseconds: Self.retryMilliseconds)
            report(.writeFailed(error))
        }
        var lines = KeyLines()
        do throws(StorageError) {
            // What cannot be written may be read.
            try lines.read(path, lifeMilliseconds: lifeMilliseconds, at: wallMilliseconds())
            if lines.damaged > 0 { report(.damaged(lines: lines.damaged)) }
        } catch {
            report(.notReadable(error))
        }
        let beginsInOutage = opening.outage != nil
        writer = Guarded(opening)
        size = Guarded(Size(lines: lines.count, living: lines.living.count))
        kept = Guarded(lines.living)
        if beginsInOutage {
            pending.withLock { $0.beginOutage() }
            queue.async { self.writeAll() }
        } else if lines.damaged > 0 || lines.future > 0 {
            // Lines whose time is over wait until there are many: the clock may be ahead for a
            // moment.
            queue.async { self.compact() }
        }
    }

    /// Whether keys reach the disk at the moment.
    package var isWritable: Bool { pending.withLock { $0.isWritable && !$0.isUnsafe } }

    /// The keys that stood when the file was opened, in the order in which their answers ended,
    /// once; of the same key the last counts.
    package func takeKept() -> [KeptKey] {
        kept.withLock { kept in
            defer { kept = [] }
            return kept
        }
    }

    /// Takes the key of an answer that has ended; from any thread, at once.
    ///
    /// - Returns: its place, which `isSafe` is asked about; 0 where too much waits for the disk,
    ///   which is reported.
    package func append(_ key: KeptKey) -> Int {
        var line = key.line
        let (verdict, place) = pending.withLock { pending in
            (pending.add(&line, limit: Self.maxPendingBytes), pending.appended)
        }
        switch verdict {
        case .taken: return place
        case .takenWakeWriter:
            queue.asyncAfter(deadline: .now() + .milliseconds(Self.gatherMilliseconds)) {
                self.writeAll()
            }
            return place
        case .refused:
            report(.refused)
            return 0
        }
    }

    /// The place of the last key that was taken.
    package var lastPlace: Int { pending.withLock { $0.appended } }

    /// Whether the key with this place, and all before it, are in the file, and safe there as far
    /// as that is looked after.
    package func isSafe(_ place: Int) -> Bool { pending.withLock { $0.safe >= place } }

    /// Waits until all that was taken is in the file and safe.
    ///
    /// - Returns: whether that happened in time.
    package func flush(timeoutMilliseconds: Int) -> Bool {
        let safe = DispatchSemaphore(value: 0)
        guard pending.withLock({ $0.announce(to: safe) }) else { return true }
        queue.async {
            self.writeAll()
            if self.durability != .never { self.synchronize() }
        }
        return safe.wait(timeout: .now() + .milliseconds(timeoutMilliseconds)) == .success
    }

    /// Writes what waits, closes the file and gives up its lock; keys after this are refused.
    package func close() {
        pending.withLock { $0.close() }
        queue.sync {
            writeAll()
            if durability != .never { synchronize() }
            writer.withLock { $0.close() }
        }
    }
}

// MARK: - On the queue

extension KeyFile {
    private func writeAll() {
        var reports: [HistoryReport] = []
        var failure: StorageError?
        var outcome: KeyReport?
        writer.withLock { writer in
            while !writer.isClosed {
                let hasBatch = writer.takeBatch(from: pending)
                let progress = writer.attempt(reports: &reports)
                pending.withLock { $0.settle(records: progress.records, bytes: progress.bytes) }
                size.withLock { $0.lines += progress.records }
                failure = progress.failure
                guard failure == nil, hasBatch else { break }
            }
            let wasOut = writer.outage != nil
            if let failure {
                pending.withLock { $0.beginOutage() }
                writer.outage = .init(delayMilliseconds: Self.retryMilliseconds)
                outcome = wasOut ? nil : .writeFailed(failure)
            } else {
                makeSafe(&writer)
                pending.withLock { $0.endOutage() }
                writer.outage = nil
                outcome = wasOut ? .writesResumed : nil
            }
        }
        for entry in reports { report(KeyReport(entry)) }
        if let outcome { report(outcome) }
        guard failure == nil else { return retryLater() }
        let isGrown = size.withLock { $0.lines >= 2 * max($0.living, Self.fewLines) }
        if isGrown { compact() }
    }

    private func retryLater() {
        let isDue = size.withLock { size in
            defer { size.isRetryDue = true }
            return size.isRetryDue
        }
        guard !isDue else { return }
        queue.asyncAfter(deadline: .now() + .milliseconds(Self.retryMilliseconds)) {
            self.size.withLock { $0.isRetryDue = false }
            self.writeAll()
        }
    }

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
        queue.asyncAfter(deadline: .now() + .milliseconds(delay)) { self.synchronize() }
    }

    private func synchronize() {
        let settled = pending.withLock { $0.settled }
        var outcome: KeyReport?
        writer.withLock { writer in
            writer.isSyncDue = false
            do throws(StorageError) {
                try writer.synchronize()
                outcome = pending.withLock { pending in
                    pending.makeSafe(settled)
                    defer { pending.isUnsafe = false }
                    return pending.isUnsafe ? .safeAgain : nil
                }
            } catch {
                outcome = pending.withLock { pending in
                    defer { pending.isUnsafe = true }
                    return pending.isUnsafe ? nil : .notSafe(error)
                }
                synchronizeSoon(&writer, afterMilliseconds: Self.retryMilliseconds)
            }
        }
        if let outcome { report(outcome) }
    }

    /// Writes the file anew with the keys that stand.
    ///
    /// Until the new one takes its name, the end of the process loses nothing but the work.
    private func compact() {
        do throws(StorageError) {
            try writer.withLock { writer throws(StorageError) in try compact(&writer) }
        } catch {
            _ = unlink(path + Self.compactSuffix)
            // Once it has doubled it is tried again.
            size.withLock { $0.living = $0.lines }
            report(.compactionFailed(error))
        }
    }

    private func compact(_ writer: inout RecordWriter) throws(StorageError) {
        guard !writer.isClosed, let active = writer.active else { return }
        var old = KeyLines()
        try old.read(path, lifeMilliseconds: lifeMilliseconds, at: wallMilliseconds())
        old.dropSuperseded()
        var bytes: [UInt8] = []
        for key in old.living {
            bytes += key.line
            bytes.append(newline)
        }
        let name = Self.name + Self.compactSuffix
        let new = try OpenFile(opening: "\(directory)/\(name)", O_WRONLY | O_CREAT | O_TRUNC)
        if let failure = new.write(bytes).failure { throw failure }
        guard
            try writer.replaceFile(by: name, active.identity, copyingFrom: old.end) != nil
        else {
            // Somebody moved the file away, and the next line begins another.
            _ = unlink(path + Self.compactSuffix)
            return
        }
        size.withLock { size in
            size.lines = old.living.count
            size.living = old.living.count
        }
    }

    private var path: String { "\(directory)/\(Self.name)" }
}
