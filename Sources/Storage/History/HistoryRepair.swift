import Glibc
import Loop
import Wire

/// Sets aside what is no record in the files of a history that nobody writes.
///
/// Nothing is destroyed: each piece goes to a file of its own beside the history, as the start does
/// with an unfinished last line, where a deletion still reaches it. Of a record with bytes that
/// JSON does not allow, the original is set aside, and the record stays without them.
package struct HistoryRepair: ~Copyable {
    private static let batchBytes = 1 << 20

    private let names: HistoryNames
    private let platform: Platform
    private var active: AppendFile
    private var aside = 0
    /// What was set aside, in its order.
    package private(set) var setAside: [String] = []

    /// Takes the history's lock, and sets an unfinished last line aside.
    ///
    /// - Parameters:
    ///   - directory: the data folder, which exists.
    ///   - platform: whose disk it is on.
    /// - Returns: the repair, which holds the lock as long as it lives.
    /// - Throws: also where a relay runs.
    package static func begin(
        directory: String,
        platform: Platform = .system
    ) throws(StorageError) -> HistoryRepair {
        let names = HistoryNames(
            directory: directory,
            activeName: "history.jsonl",
            on: platform.disk
        )
        let active = try AppendFile.open(
            directory: names.directory,
            name: names.activeName,
            on: platform
        )
        let tail = active.tornTail
        var repair = HistoryRepair(names: names, platform: platform, active: active)
        if let tail { repair.setAside.append(tail.setAsideIn) }
        return repair
    }

    private init(names: HistoryNames, platform: Platform, active: consuming AppendFile) {
        self.names = names
        self.platform = platform
        self.active = active
    }

    /// Repairs every file that needs it.
    ///
    /// - Throws: what keeps a file from being repaired; then it is as it was.
    package mutating func run() throws(StorageError) {
        for name in try names.sealed() {
            var old = try AppendFile.open(
                directory: names.directory,
                name: name,
                on: platform
            )
            if let tail = old.tornTail { setAside.append(tail.setAsideIn) }
            guard var new = try rewritten(name) else { continue }
            try new.takePlace(of: &old, copyingFrom: try old.end())
        }
        guard var new = try rewritten(names.activeName) else { return }
        try new.takePlace(of: &active, copyingFrom: try active.end())
        // The lock of the one that has the name now is held from here on.
        active = new
    }

    /// Writes a file anew beside it, a line for each of its records.
    ///
    /// - Returns: the new one; nil where the old one is as it should be.
    private mutating func rewritten(_ name: String) throws(StorageError) -> AppendFile? {
        let file = try OpenFile.reading(names.path(name), on: platform.disk)
        guard try Self.isDamaged(file) else { return nil }
        let draft = name + Compaction.suffix
        // Nobody else has the lock: a draft is what an earlier process has left.
        if !platform.disk.isAbsent(names.path(draft)) {
            let path = names.path(draft)
            try naming(path) { () throws(DiskError) in try platform.disk.remove(path) }
        }
        var new = try AppendFile.open(
            directory: names.directory,
            name: draft,
            on: platform
        )
        var batch: [UInt8] = []
        var damage: [[UInt8]] = []
        var scan = RecordScan()
        let size = try file.status().size
        try FileLines.forEach(in: file, from: 0, to: size) { _, line throws(StorageError) in
            Self.sort(line, &scan, records: &batch, damage: &damage)
            for piece in damage { try keep(piece, of: name) }
            damage = []
            if batch.count >= Self.batchBytes { try Self.write(&batch, to: &new) }
        }
        try Self.write(&batch, to: &new)
        try new.settle()
        try platform.disk.synchronizeFolder(names.directory)
        return new
    }

    private static func isDamaged(_ file: borrowing OpenFile) throws(StorageError) -> Bool {
        var scan = RecordScan()
        var isDamaged = false
        try FileLines.forEach(in: file, from: 0, to: try file.status().size) { _, line in
            scan.forEach(in: line) { piece, _, _ in
                if piece != .record(isRepaired: false) { isDamaged = true }
            }
        }
        return isDamaged
    }

    /// Parts the records of a line from what is none.
    private static func sort(
        _ line: Span<UInt8>,
        _ scan: inout RecordScan,
        records: inout [UInt8],
        damage: inout [[UInt8]]
    ) {
        scan.forEach(in: line) { piece, range, _ in
            if piece != .record(isRepaired: false) {
                var original: [UInt8] = []
                original.append(span: line.extracting(range))
                damage.append(original)
            }
            switch piece {
            case .record(isRepaired: false): records.append(span: line.extracting(range))
            case .record(isRepaired: true):
                records += RecordScan.repaired(line.extracting(range))
            case .rest: return
            }
            records.append(newline)
        }
    }

    private static func write(
        _ batch: inout [UInt8],
        to file: inout AppendFile
    ) throws(StorageError) {
        guard !batch.isEmpty else { return }
        if let failure = file.append(batch, from: 0).failure { throw failure }
        batch.removeAll(keepingCapacity: true)
    }

    /// Puts a piece into a file of its own, safe before its place in the old file is given up.
    private mutating func keep(_ piece: [UInt8], of name: String) throws(StorageError) {
        let first = "\(names.path(name)).torn-\(platform.time.wallMilliseconds / 1000)"
        while true {
            aside += 1
            let path = "\(first)-r\(aside)"
            do throws(StorageError) {
                let file = try OpenFile(
                    opening: path,
                    O_WRONLY | O_CREAT | O_EXCL,
                    on: platform.disk
                )
                if let failure = file.write(piece).failure { throw failure }
                try file.synchronize()
                return setAside.append(path)
            } catch .systemCall(_, _, EEXIST) {
                continue
            }
        }
    }
}
