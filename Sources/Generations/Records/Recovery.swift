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
    /// The ids of answers that the journal has whole, and the newest file of the history damaged.
    ///
    /// A loss of power may take the middle of a record and leave its end.
    private(set) var damaged: Set<[UInt8]> = []
    /// Which bytes of the newest file of the history have the first of these records and all after
    /// it, as far as they were there.
    private(set) var doubtful = 0..<0
    /// The ids of those that failed before anything of them came, and so freed their keys.
    private var freed: Set<String> = []
    /// Whether it is known which records the history has.
    private(set) var isLookedUp = false
    /// What the journal's folder has to say, for the log.
    private(set) var reports: [JournalReport] = []
    let folder: JournalFolder
    private let history: [String]

    /// Reads the journal, and looks up what the history has of it.
    ///
    /// - Parameters:
    ///   - folder: the journal's.
    ///   - history: the paths of the history's files, the newest first, which is appended to.
    ///   - deletions: what is left of a conversation in this list is not taken over.
    /// - Throws: where the journal cannot be read.
    package init(
        _ folder: JournalFolder,
        history: [String],
        deletions: Deletions
    ) throws(StorageError) {
        self.folder = folder
        self.history = history
        guard !folder.isEmpty else { return }
        left = try read().filter { !deletions.cover($0.recordHead) }
        do throws(StorageError) {
            try lookUp()
        } catch {
            // A history on a disk in trouble must not keep the daemon from starting.
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
    ///
    /// - Throws: where the history cannot be read.
    mutating func lookUp() throws(StorageError) {
        guard let earliest = left.map(\.head.startedAt).min() else { return isLookedUp = true }
        let wanted = Set(left.map { Array($0.head.id.utf8) })
        var bound: [UInt8] = []
        // Clocks may have been set back meanwhile.
        Timestamp.append(
            milliseconds: max(0, earliest - Self.clockSlackMilliseconds),
            into: &bound
        )
        let ended = Set(left.filter(\.isEnded).map { Array($0.head.id.utf8) })
        let keyed = Set(left.filter { $0.head.key != nil && !$0.isEnded }.map(\.head.id))
        var known: Set<String> = []
        var torn: Set<[UInt8]> = []
        var tail = 0
        var knownTail = 0
        var scan = RecordScan()
        var isBehind = false
        for path in history where !isBehind {
            do throws(StorageError) {
                let size = try BackwardLines.visit(path, platform: folder.platform) { line in
                    tail += line.count + 1
                    scan.forEach(in: line) { piece, range, head in
                        let isWhole = piece == .record(isRepaired: false)
                        if !isWhole, ended.contains(head.id), path == history.first {
                            torn.insert(head.id)
                            knownTail = tail
                        } else if piece != .rest, wanted.contains(head.id) {
                            let id = String(decoding: head.id, as: UTF8.self)
                            known.insert(id)
                            knownTail = tail
                            if keyed.contains(id), Self.isFailure(line.extracting(range)) {
                                freed.insert(id)
                            }
                        }
                        // The time of a damaged one may be damaged.
                        guard isWhole,
                            let endedAt = RecordGlance.endedAt(line.extracting(range))
                        else { return }
                        isBehind = endedAt.lexicographicallyPrecedes(bound)
                    }
                    return !isBehind
                }
                // Older files were made safe when they were closed.
                if path == history.first { doubtful = max(0, size - knownTail)..<size }
            } catch .notRegularFile {
                // Whatever has the name of an old file but is not a file has no records.
                continue
            }
        }
        recorded = known
        damaged = torn
        isLookedUp = true
    }

    /// Whether the journal had no answer.
    var isEmpty: Bool { left.isEmpty && recordedOnly.isEmpty }

    /// Whether the history has the record of one of those left.
    func isRecorded(_ left: JournaledGeneration) -> Bool { recorded.contains(left.head.id) }

    private static func isFailure(_ record: Span<UInt8>) -> Bool {
        var line: [UInt8] = []
        line.append(span: record)
        return RecordedAnswer(line)?.part.log.firstAnswerIsFailure ?? false
    }

    private static let clockSlackMilliseconds = 600_000
}
