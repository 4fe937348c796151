import ChatFormats
import Loop
package import Storage
import Wire

/// What an earlier process left in the journal: answers that it was running, or that had just
/// ended.
package struct Recovery: Sendable {
    /// In the order in which they began; readers may come back to all of them.
    package private(set) var left: [JournaledGeneration] = []
    /// The ids of answers whose records reached the history before the process ended.
    private var recorded: Set<String> = []
    /// Those of them whose ends the journal lacks, unless they freed their keys.
    private var recordedOnly: [JournalHead] = []
    /// How many bytes the newest file of the history has from the first of their records on.
    private(set) var recordedBytes = 0
    /// The ids of those that failed before anything of them came, and so freed their keys.
    private var freed: Set<String> = []
    /// Why it is unknown which records the history has.
    private var failure: StorageError?
    /// What the journal's folder has to say, for the log.
    private var reports: [JournalReport] = []
    private let folder: JournalFolder
    /// How often to check whether the records are safe.
    private static let settlingMilliseconds = 250

    /// Reads the journal, and looks up what the history has of it.
    ///
    /// - Parameters:
    ///   - folder: the journal's.
    ///   - history: the paths of the history's files, the newest first.
    ///   - deletions: what is left of a conversation in this list is not taken over.
    /// - Throws: where the journal cannot be read.
    package init(
        _ folder: JournalFolder,
        history: [String],
        deletions: Deletions
    ) throws(StorageError) {
        self.folder = folder
        guard !folder.isEmpty else { return }
        left = try read().filter { !deletions.cover($0.recordHead) }
        do throws(StorageError) {
            try lookUp(in: history)
        } catch {
            // A history on a disk in trouble must not keep the daemon from starting.
            failure = error
        }
        // An answer whose end the journal could not take would come back as cut; the record knows
        // better.
        let isRecordedOnly = { [recorded] (left: JournaledGeneration) in
            recorded.contains(left.head.id) && !left.isEnded
        }
        recordedOnly = left.filter { isRecordedOnly($0) && !freed.contains($0.head.id) }.map(\.head)
        left.removeAll(where: isRecordedOnly)
    }

    /// The keys of answers that the history has and the file of keys lacks, because the process
    /// ended after the history took the record and before the file took the key.
    ///
    /// - Parameters:
    ///   - kept: what the file of keys has.
    ///   - now: when they count as ended, in milliseconds since 1970.
    /// - Returns: what the file lacks.
    package func missingKeys(in kept: [KeptKey], at now: Int) -> [KeptKey] {
        var missing: [RequestKey.Name: (key: RequestKey, head: JournalHead)] = [:]
        for head in recordedOnly {
            if let key = head.key { missing[key.name] = (key, head) }
        }
        guard !missing.isEmpty else { return [] }
        for line in kept {
            let name = RequestKey(line).name
            guard let head = missing[name]?.head else { continue }
            // An answer that ended after this one began was asked for after it.
            if line.generation == head.id || line.endedAt >= head.startedAt { missing[name] = nil }
        }
        return missing.values.map { $0.key.kept(for: $0.head.id, endedAt: now) }
    }

    private struct Key: Hashable {
        let process: UInt64
        let loop: Int
        let number: UInt64
    }

    private mutating func read() throws(StorageError) -> [JournaledGeneration] {
        var indices: [Key: Int] = [:]
        var byID: [String: Int] = [:]
        var found: [JournaledDraft?] = []
        var reports: [JournalReport] = []
        try folder.read { report in
            reports.append(report)
        } visit: { item, bytes in
            func key(_ number: UInt64) -> Key {
                Key(process: item.process, loop: item.loop, number: number)
            }
            switch item.item {
            case .begin(let number, let head):
                guard let head = JournalHead(bytes.extracting(head)) else { return }
                if let index = indices[key(number)], found[index]?.head.id == head.id {
                    found[index]?.beganAgain(head)
                    return
                }
                // A segment that lost its header counts as another process's, and its answers may
                // go on in the next: each has one record.
                if let index = byID[head.id], found[index] != nil {
                    found[index]?.beganAgain(head)
                    indices[key(number)] = index
                    return
                }
                // A number that another answer had is this one's from now on, even where damage
                // took the other's end.
                indices[key(number)] = found.count
                byID[head.id] = found.count
                found.append(JournaledDraft(head))
            case .entry(let number, let sequence, let kind, let payload):
                guard let index = indices[key(number)] else { return }
                found[index]?.add(
                    sequence,
                    kind,
                    bytes.extracting(payload),
                    at: item.milliseconds
                )
            case .retire(let number):
                guard let index = indices.removeValue(forKey: key(number)) else { return }
                found[index] = nil
            }
        }
        self.reports = reports
        return found.compactMap { $0.map(JournaledGeneration.init) }
    }

    /// Finds those whose records reached the history before their process ended.
    ///
    /// Records are in the order in which answers ended, so the search goes backward to those that
    /// ended before the first of these began.
    private mutating func lookUp(in history: [String]) throws(StorageError) {
        guard let earliest = left.map(\.head.startedAt).min() else { return }
        let wanted = Set(left.map { Array($0.head.id.utf8) })
        var bound: [UInt8] = []
        // Clocks may have been set back meanwhile.
        Timestamp.append(
            milliseconds: max(0, earliest - Self.clockSlackMilliseconds),
            into: &bound
        )
        let keyed = Set(left.filter { $0.head.key != nil && !$0.isEnded }.map(\.head.id))
        var known: Set<String> = []
        var tail = 0
        var knownTail = 0
        var scan = RecordScan()
        var isBehind = false
        for path in history where !isBehind {
            do throws(StorageError) {
                try BackwardLines.visit(path, platform: folder.platform) { line in
                    tail += line.count + 1
                    for (head, range) in scan.records(in: line) {
                        if wanted.contains(head.id) {
                            let id = String(decoding: head.id, as: UTF8.self)
                            known.insert(id)
                            knownTail = tail
                            if keyed.contains(id), Self.isFailure(line.extracting(range)) {
                                freed.insert(id)
                            }
                        }
                        guard let endedAt = RecordGlance.endedAt(line.extracting(range)) else {
                            continue
                        }
                        isBehind = endedAt.lexicographicallyPrecedes(bound)
                    }
                    return !isBehind
                }
            } catch .notRegularFile {
                // Whatever has the name of an old file but is not a file has no records.
                continue
            }
            // Older files were made safe when they were closed.
            if path == history.first { recordedBytes = knownTail }
        }
        recorded = known
    }

    private static func isFailure(_ record: Span<UInt8>) -> Bool {
        var line: [UInt8] = []
        line.append(span: record)
        return RecordedAnswer(line)?.part.log.firstAnswerIsFailure ?? false
    }

    private static let clockSlackMilliseconds = 600_000

    /// Writes the records that are missing, and removes what was read once they are safe.
    ///
    /// - Parameters:
    ///   - history: takes the records.
    ///   - keys: has taken the keys; what was read stays until they are safe, too.
    ///   - report: takes what is worth a line.
    /// - Returns: false where the history could not take all of them: then what was read stays for
    ///   the next start, and a stop must not remove it.
    package func finish(
        into history: HistoryFile,
        _ keys: KeyFile?,
        report: (GenerationReport) -> Void
    ) -> Bool {
        for one in reports { report(.journal(one)) }
        if let failure {
            report(.recoveryWaits(failure))
            return false
        }
        let count = left.count { !recorded.contains($0.head.id) }
        if count > 0 { report(.recovered(count)) }
        // Where a record was refused, or cannot be made safe, the next start tries again.
        let found = recordedBytes == 0 ? 0 : history.distrust(lastBytes: recordedBytes)
        guard let written = writeRecords(to: history), let found else {
            report(.recoveryWaits(nil))
            return false
        }
        let last = max(found, written)
        let lastKey = keys?.lastPlace ?? 0
        let queue = folder.platform.work.queue("sse-relay.recovery", .upkeep)
        let folder = folder
        queue.async {
            Self.removeLeft(of: folder, on: queue) {
                history.isSafe(last) && keys?.isSafe(lastKey) ?? true
            }
        }
        return true
    }

    /// Removes what was read, now or as soon as that is safe.
    private static func removeLeft(
        of folder: JournalFolder,
        on queue: any WorkQueue,
        once isSafe: @escaping @Sendable () -> Bool
    ) {
        guard !isSafe() else { return folder.removeLeft() }
        queue.after(milliseconds: settlingMilliseconds) {
            removeLeft(of: folder, on: queue, once: isSafe)
        }
    }

    /// - Returns: the place of the last record in the history; nil where it refused one.
    private func writeRecords(to history: HistoryFile) -> Int? {
        var last = 0
        for generation in left where !recorded.contains(generation.head.id) {
            // It is not kept for a second attempt: it may be long, and can be made again.
            var place = history.append(generation.record)
            if place == nil {
                // More than may wait for the disk at once.
                _ = history.flush(timeoutMilliseconds: 10_000)
                place = history.append(generation.record)
            }
            guard let place else { return nil }
            last = place
        }
        return last
    }
}
