import Glibc
import Wire

/// Which conversations were deleted, and when: safe on the disk before the deletion is confirmed.
///
/// What was recorded of a conversation of that name up to then is no record any more, wherever it
/// still is. The list stays when the text is gone, for records that come late: an answer that ran
/// when its conversation was deleted, or one found in what a crash left.
///
/// A deletion's time is never before that of a record that it reaches. A clock may have been ahead
/// at either: then a record that is begun after the deletion says itself from which time on it may
/// be deleted.
package struct Deletions: Sendable {
    /// The list's name in the data folder.
    package static let name = "history.deleted.jsonl"
    /// Deletions beyond this many are forgotten, the oldest first, once their text is gone.
    static let maxCount = 10_000

    /// One deletion.
    private struct Deletion {
        let time: [UInt8]
        /// The records that were begun after it, whatever their times: earlier versions named them
        /// here.
        var spared: Set<[UInt8]> = []

        func isNotBefore(_ other: [UInt8]) -> Bool {
            other.count != time.count || !time.lexicographicallyPrecedes(other)
                || Timestamp.milliseconds(other) == nil
        }
    }

    private let directory: String
    private let platform: Platform
    /// The deletions by the conversations' keys.
    private var deletions: [[UInt8]: Deletion] = [:]

    /// Makes an empty list for a data folder.
    package init(directory: String, platform: Platform = .system) {
        self.directory = directory.isEmpty ? "." : directory
        self.platform = platform
    }

    var isEmpty: Bool { deletions.isEmpty }

    var mustShrink: Bool { deletions.count > Self.maxCount }

    /// The latest time of all, in milliseconds since 1970; nil where nothing was deleted.
    private(set) var latest: Int?

    /// Whether a line that begins like this is of a deleted conversation.
    ///
    /// Times are compared as text; one that is not written as ours counts as before the deletion.
    package func cover(_ head: RecordHead) -> Bool {
        guard !deletions.isEmpty, let deletion = deletions[head.conversationKey] else {
            return false
        }
        return deletion.isNotBefore(head.deletableFrom) && !deletion.spared.contains(head.id)
    }

    /// Whether a piece of a line is of a deleted conversation, or may be: where the owner of half a
    /// record is cut off, nothing of the answer is left that anybody could miss.
    func cover(_ piece: RecordScan.Piece, _ head: RecordHead) -> Bool {
        guard !cover(head) else { return true }
        guard piece == .rest, head.mayLackOwner else { return false }
        return deletions.keys.contains { ConversationName.parts(of: $0).id == head.conversation }
    }

    /// Reads the list; a line that is not ours is passed over.
    ///
    /// - Throws: where it cannot be read; then the list stays as it is.
    package mutating func load() throws(StorageError) {
        let path = joinedPath(directory, Self.name)
        // What is there and cannot be reached fails below: nothing deleted may come back.
        guard !platform.disk.isAbsent(path) else {
            latest = nil
            return deletions = [:]
        }
        let file = try OpenFile.reading(path, on: platform.disk)
        let size = try file.status().size
        var found: [[UInt8]: Deletion] = [:]
        try FileLines.forEach(in: file, from: 0, to: size) { _, line in
            guard let entry = try? JSON.parse(line),
                let id = entry["conversation"]?.stringValue
            else { return }
            let conversation = ConversationName(id: id, owner: entry["owner"]?.stringValue).key
            if let time = entry["deleted_at"]?.stringValue {
                found[conversation] = Deletion(time: Array(time.utf8))
            } else if let id = entry["spared"]?.stringValue {
                found[conversation]?.spared.insert(Array(id.utf8))
            }
        }
        deletions = found
        latest = found.values.compactMap { Timestamp.milliseconds($0.time) }.max()
    }

    /// Adds one, and waits until it would survive a loss of power.
    ///
    /// - Parameters:
    ///   - conversation: the one that is deleted.
    ///   - time: as records write it; not before any that the deletion has to reach.
    /// - Throws: where the disk refuses; then it is not deleted.
    mutating func add(
        _ conversation: ConversationName,
        at time: [UInt8]
    ) throws(StorageError) {
        let key = conversation.key
        var time = time
        // What an earlier one reached may still come late.
        if let earlier = deletions[key]?.time, earlier.count == time.count,
            time.lexicographicallyPrecedes(earlier)
        {
            time = earlier
        }
        try append(Self.line(key, "deleted_at", time))
        deletions[key] = Deletion(time: time)
        latest = [latest, Timestamp.milliseconds(time)].compactMap(\.self).max()
    }

    private func append(_ line: [UInt8]) throws(StorageError) {
        var file = try AppendFile.open(directory: directory, name: Self.name, on: platform)
        let (_, failure) = file.append(line, from: 0)
        if let failure { throw failure }
        try file.synchronize()
    }

    /// Forgets the oldest deletions.
    mutating func shrink(to count: Int = maxCount / 2) throws(StorageError) {
        let kept = deletions.sorted { $1.value.time.lexicographicallyPrecedes($0.value.time) }
            .prefix(count)
        let path = joinedPath(directory, Self.name)
        var file = try OpenFile(
            opening: path + ".new",
            O_WRONLY | O_CREAT | O_TRUNC,
            on: platform.disk
        )
        let lines = kept.reversed().flatMap { conversation, deletion in
            deletion.spared.reduce(into: Self.line(conversation, "deleted_at", deletion.time)) {
                $0 += Self.line(conversation, "spared", $1)
            }
        }
        let (_, failure) = file.write(lines)
        if let failure { throw failure }
        try file.synchronize()
        try file.rename(to: path)
        try platform.disk.synchronizeFolder(directory)
        deletions = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }

    private static func line(
        _ conversation: [UInt8],
        _ name: StaticString,
        _ value: [UInt8]
    ) -> [UInt8] {
        let (id, owner) = ConversationName.parts(of: conversation)
        var line: [UInt8] = []
        line.append(literal: "{\"conversation\":")
        JSONText.appendString(id.span, into: &line)
        if !owner.isEmpty {
            line.append(literal: ",\"owner\":")
            JSONText.appendString(owner.span, into: &line)
        }
        line.append(literal: ",\"")
        line.append(literal: name)
        line.append(literal: "\":")
        JSONText.appendString(value.span, into: &line)
        line.append(literal: "}\n")
        return line
    }
}
