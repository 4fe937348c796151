import Wire

/// The names of the history's files: `history.jsonl`, which is appended to, and the ones that were
/// rotated away, `history-000001.jsonl` and so on.
struct HistoryNames: Sendable {
    let directory: String
    let activeName: String
    private let disk: any Disk

    /// Names the files of a folder; an empty one is the process's own.
    init(directory: String, activeName: String, on disk: any Disk) {
        self.directory = directory.isEmpty ? "." : directory
        self.activeName = activeName
        self.disk = disk
    }

    /// The unfinished lines that were set aside beside the files.
    var tornLines: TornLines { TornLines(directory: directory, disk: disk) }

    /// The path of a file with this name.
    func path(_ name: String) -> String { joinedPath(directory, name) }

    /// The names of the files that were rotated away, the oldest first.
    ///
    /// - Throws: where the folder cannot be read: its files must not be taken for absent.
    func sealed() throws(StorageError) -> [String] { try numberedNames().map(\.name) }

    /// The name of the next file that is rotated away: after all others, also in `ls`.
    ///
    /// - Throws: where the folder cannot be read: the name of an old file would take its place.
    func nextSealed() throws(StorageError) -> String {
        let number = (try numberedNames().last?.number ?? 0) + 1
        return "\(stem)-\(paddedDecimal(number, digits: 6)).jsonl"
    }

    /// How many bytes the files have; nil where something was deleted, which has to be looked
    /// through whatever is left, or where the folder cannot be read.
    func bytes() -> Int? {
        guard let names = try? disk.fileNames(in: directory) else { return nil }
        var bytes = 0
        for name in names {
            if name == Deletions.name { return nil }
            guard name == activeName || number(ofSealed: name) != nil else { continue }
            bytes += (try? disk.status(of: path(name), followsLinks: true))?.size ?? 0
        }
        return bytes
    }

    /// Removes what a compaction left that the end of the process cut short.
    func removeLeftovers() {
        for name in (try? disk.fileNames(in: directory)) ?? []
        where name.hasPrefix(stem) && name.hasSuffix(Compaction.suffix) {
            try? disk.remove(path(name))
        }
    }

    private func numberedNames() throws(StorageError) -> [(number: Int, name: String)] {
        var found: [(number: Int, name: String)] = []
        for name in try disk.fileNames(in: directory) {
            if let number = number(ofSealed: name) { found.append((number, name)) }
        }
        return found.sorted { ($0.number, $0.name) < ($1.number, $1.name) }
    }

    private func number(ofSealed name: String) -> Int? {
        let prefix = "\(stem)-"
        guard name.hasPrefix(prefix), name.hasSuffix(".jsonl") else { return nil }
        let digits = String(name.dropFirst(prefix.count).dropLast(6))
        return digits.utf8.count <= 9 ? parseDecimal(digits) : nil
    }

    private var stem: Substring {
        activeName.hasSuffix(".jsonl") ? activeName.dropLast(6) : activeName[...]
    }
}
