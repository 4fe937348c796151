import Glibc
import Wire

/// Which conversations were deleted, and when: safe on the disk before the deletion is confirmed.
///
/// What a conversation of that name said up to then is no record any more, wherever it still
/// stands. The list stays when the text is gone, for records that come late: an answer that ran
/// when its conversation was deleted, or one found in what a crash left behind.
package struct Deletions: Sendable {
    /// The list's name in the data folder.
    package static let name = "history.deleted.jsonl"
    /// Deletions beyond this many are forgotten, the oldest first, once their text is gone.
    static let maxCount = 10_000

    private let directory: String
    /// The times by the conversations' ids.
    private var times: [[UInt8]: [UInt8]] = [:]

    /// Makes an empty list for a data folder.
    package init(directory: String) {
        self.directory = directory.isEmpty ? "." : directory
    }

    var isEmpty: Bool { times.isEmpty }

    var mustShrink: Bool { times.count > Self.maxCount }

    /// Whether a line that begins like this is of a deleted conversation.
    ///
    /// Times are compared as text; one that is not written as ours counts as before the deletion.
    package func cover(_ head: RecordHead) -> Bool {
        guard !times.isEmpty, let time = times[head.conversation] else { return false }
        guard head.startedAt.count == time.count else { return true }
        return !time.lexicographicallyPrecedes(head.startedAt)
    }

    /// Reads the list; a line that is none of ours is passed over.
    ///
    /// - Throws: where it cannot be read; then the list stays as it is.
    package mutating func load() throws(StorageError) {
        let path = "\(directory)/\(Self.name)"
        // What is there and cannot be reached fails below: nothing deleted may come back.
        guard access(path, F_OK) == 0 || errno != ENOENT else { return times = [:] }
        let file = try OpenFile.reading(path)
        let size = Int(try file.status().st_size)
        var found: [[UInt8]: [UInt8]] = [:]
        try FileLines.forEach(in: file, from: 0, to: size) { _, line in
            guard let entry = try? JSON.parse(line),
                let conversation = entry["conversation"]?.stringValue,
                let time = entry["deleted_at"]?.stringValue
            else { return }
            found[Array(conversation.utf8)] = Array(time.utf8)
        }
        times = found
    }

    /// Adds one, and waits until it would survive a loss of power.
    ///
    /// - Parameters:
    ///   - conversation: its id.
    ///   - time: now, as records write it.
    /// - Throws: where the disk refuses; then it is not deleted.
    mutating func add(_ conversation: [UInt8], at time: [UInt8]) throws(StorageError) {
        var file = try AppendFile.open(directory: directory, name: Self.name)
        let (_, failure) = file.append(Self.line(conversation, time), from: 0)
        if let failure { throw failure }
        try file.synchronize()
        times[conversation] = time
    }

    /// Forgets the oldest.
    mutating func shrink(to count: Int = maxCount / 2) throws(StorageError) {
        let kept = times.sorted { $1.value.lexicographicallyPrecedes($0.value) }
            .prefix(count)
        let path = "\(directory)/\(Self.name)"
        var file = try OpenFile(opening: path + ".new", O_WRONLY | O_CREAT | O_TRUNC)
        let (_, failure) = file.write(kept.reversed().flatMap { Self.line($0.key, $0.value) })
        if let failure { throw failure }
        try file.synchronize()
        try file.rename(to: path)
        try synchronizeFolder(directory)
        times = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }

    private static func line(_ conversation: [UInt8], _ time: [UInt8]) -> [UInt8] {
        var line: [UInt8] = []
        line.append(literal: "{\"conversation\":")
        JSONText.appendString(conversation.span, into: &line)
        line.append(literal: ",\"deleted_at\":")
        JSONText.appendString(time.span, into: &line)
        line.append(literal: "}\n")
        return line
    }
}
