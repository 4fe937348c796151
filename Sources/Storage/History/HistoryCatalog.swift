import Glibc
import Wire

/// The history as it can be searched: its files in the order in which they were written, and the
/// index over their records.
///
/// Lives on the history's own queue and does I/O there; no loop ever waits for it.
package struct HistoryCatalog: Sendable {
    /// One file of the history.
    struct Part: Sendable {
        var name: String
        var identity: FileIdentity
        /// Where its last whole line ends, as far as known, and how much of it is in the index.
        var end: Int
        var indexedEnd = 0
        /// Whether the writer appends to it.
        var isActive = false
        /// Whether it holds records of deleted conversations.
        var isDirty = false
        /// How often somebody else had changed its length, of the file that is appended to.
        var edition = 0
        /// What in it is no record.
        var damage = Damage()
    }

    /// How much of a file is no record.
    struct Damage: Sendable {
        var pieces = 0
        var bytes = 0
        var firstOffset = 0

        mutating func add(_ count: Int, at offset: Int) {
            if pieces == 0 { firstOffset = offset }
            pieces += 1
            bytes += count
        }
    }

    let directory: String
    private let activeName: String
    var index = HistoryIndex()
    var parts: [Part] = []
    var deletions: Deletions
    /// Records that were begun, which no deletion of before may reach.
    var begun: [RecordHead] = []
    /// Records that the disk has refused so far, as lines.
    var unsettled: [UInt8] = []
    /// Why the files cannot be read at the moment.
    var failure: StorageError?
    /// How often the index was begun anew, because somebody moved the files: numbers of entries
    /// from before mean nothing.
    private(set) var era = 0
    private var isLoaded = false
    var isCompacting = false
    /// Whether torn lines may have been set aside since they were last looked through.
    var hasUntidied = false
    /// The head of the line that was read last.
    var head = RecordHead()
    /// What is to be said of the files, and how many bytes of each were said to be no record.
    private var reports: [HistoryReport] = []
    var reported: [FileIdentity: Int] = [:]

    init(directory: String, activeName: String) {
        self.directory = directory.isEmpty ? "." : directory
        self.activeName = activeName
        deletions = Deletions(directory: self.directory)
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    // MARK: Following the files

    /// Takes into the index what was written since the last time.
    mutating func catchUp(_ active: ActiveFile?, unsettled: [UInt8], begun: [RecordHead]) {
        self.unsettled = unsettled
        self.begun += begun
        do throws(StorageError) {
            if !isLoaded { try load() }
            if let active { try follow(active) }
            spareBegun()
            for number in parts.indices where parts[number].indexedEnd < parts[number].end {
                try indexPart(number)
                reportDamage(of: parts[number])
            }
            failure = nil
        } catch {
            failure = error
        }
    }

    /// Those that the disk refuses to note are tried again the next time.
    private mutating func spareBegun() {
        begun.removeAll { head in
            do throws(StorageError) {
                try deletions.spare(head)
                return true
            } catch {
                return false
            }
        }
    }

    private mutating func reportDamage(of part: Part) {
        let damage = part.damage
        guard damage.bytes > reported[part.identity, default: 0] else { return }
        reported[part.identity] = damage.bytes
        reports.append(
            .unreadable(
                path: path(part.name),
                pieces: damage.pieces,
                bytes: damage.bytes,
                firstOffset: damage.firstOffset
            )
        )
    }

    /// Gives what is to be said of the files, once.
    mutating func takeReports() -> [HistoryReport] {
        defer { reports = [] }
        return reports
    }

    private mutating func load() throws(StorageError) {
        // Should it fail on its way, the next question begins anew.
        isLoaded = false
        if era == 0 { removeLeftovers() }
        index = HistoryIndex()
        parts = []
        try deletions.load()
        hasUntidied = !deletions.isEmpty
        for (_, name) in sealedNames() {
            let file: OpenFile
            do throws(StorageError) {
                file = try OpenFile.reading(path(name))
            } catch .systemCall(_, _, ENOENT) {
                continue
            } catch  where !error.mayPass {
                if era == 0 { reports.append(.unreadableFile(error)) }
                continue
            }
            let status = try file.status()
            parts.append(
                Part(name: name, identity: FileIdentity(status), end: Int(status.st_size))
            )
        }
        isLoaded = true
    }

    private mutating func follow(_ active: ActiveFile) throws(StorageError) {
        if let number = parts.firstIndex(where: \.isActive) {
            if parts[number].identity == active.identity, parts[number].indexedEnd <= active.end,
                parts[number].edition == active.edition
            {
                parts[number].end = active.end
                return
            }
            // Somebody moved the file away, or cut it off.
            era += 1
            try load()
        }
        parts.append(
            Part(
                name: activeName,
                identity: active.identity,
                end: active.end,
                isActive: true,
                edition: active.edition
            )
        )
    }

    private mutating func indexPart(_ number: Int) throws(StorageError) {
        guard let file = try open(number) else { return }
        let part = parts[number]
        var scan = RecordScan()
        let end = try FileLines.forEach(
            in: file,
            from: part.indexedEnd,
            to: part.end,
            // A line without its end is still being written in the file that is appended to.
            takesTail: !part.isActive
        ) { offset, line throws(StorageError) in
            scan.forEach(in: line) { piece, range, head in
                note(piece, range.lowerBound + offset..<range.upperBound + offset, head, in: number)
            }
            parts[number].indexedEnd = min(offset + line.count + 1, part.end)
        }
        if !part.isActive { parts[number].end = end }
    }

    private mutating func note(
        _ piece: RecordScan.Piece,
        _ range: Range<Int>,
        _ head: RecordHead,
        in number: Int
    ) {
        guard !deletions.cover(head) else { return parts[number].isDirty = true }
        guard case .record(let isRepaired) = piece, range.count <= UInt32.max else {
            return parts[number].damage.add(range.count, at: range.lowerBound)
        }
        index.add(
            .init(
                part: number,
                offset: range.lowerBound,
                length: UInt32(range.count),
                isRepaired: isRepaired,
                id: shortIndexHash(head.id),
                user: shortIndexHash(head.user)
            ),
            conversation: head.conversation.isEmpty ? nil : indexHash(head.conversation)
        )
    }

    // MARK: Files

    /// Opens a file of the history.
    ///
    /// - Returns: nil where the name leads to another file by now, or to none.
    func open(_ number: Int) throws(StorageError) -> OpenFile? {
        do throws(StorageError) {
            let file = try OpenFile.reading(path(parts[number].name))
            guard try file.identity() == parts[number].identity else { return nil }
            return file
        } catch .systemCall(_, _, ENOENT) {
            return nil
        }
    }

    /// The names of the files that were rotated away, the oldest first.
    fileprivate func sealedNames() -> [(number: Int, name: String)] {
        var found: [(number: Int, name: String)] = []
        for name in fileNames(in: directory) {
            if let number = sealedNumber(name) { found.append((number, name)) }
        }
        return found.sorted { ($0.number, $0.name) < ($1.number, $1.name) }
    }

    private var stem: Substring {
        activeName.hasSuffix(".jsonl") ? activeName.dropLast(6) : activeName[...]
    }

    private func sealedNumber(_ name: String) -> Int? {
        let prefix = "\(stem)-"
        guard name.hasPrefix(prefix), name.hasSuffix(".jsonl") else { return nil }
        let digits = String(name.dropFirst(prefix.count).dropLast(6))
        return digits.utf8.count <= 9 ? parseDecimal(digits) : nil
    }

    /// The name of the next file that is rotated away: after all others, also in `ls`.
    func nextSealedName() -> String {
        let digits = String((sealedNames().last?.number ?? 0) + 1)
        return "\(stem)-\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits).jsonl"
    }

    /// Removes what a compaction left that the end of the process cut short.
    private func removeLeftovers() {
        for name in fileNames(in: directory)
        where name.hasPrefix(stem) && name.hasSuffix(Compaction.suffix) {
            _ = unlink(path(name))
        }
    }

    /// Whether there is enough of a past to begin with the index before somebody asks.
    func isWorthReading() -> Bool {
        var bytes = 0
        for name in fileNames(in: directory) {
            if name == Deletions.name { return true }
            guard name == activeName || sealedNumber(name) != nil else { continue }
            var status = stat()
            if stat(path(name), &status) == 0 { bytes += Int(status.st_size) }
        }
        return bytes > Self.fewBytes
    }

    /// What is read in a millisecond can wait for the first question.
    private static let fewBytes = 1 << 20
}

/// The names in a folder; none where it cannot be read.
func fileNames(in path: String) -> [String] { (try? names(in: path)) ?? [] }

extension HistoryFile {
    /// The paths of a history's files, the newest first.
    package static func paths(in directory: String, name: String = "history.jsonl") -> [String] {
        let catalog = HistoryCatalog(directory: directory, activeName: name)
        return ([name] + catalog.sealedNames().reversed().map(\.name)).map(catalog.path)
    }
}
