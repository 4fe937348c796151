/// The history of a folder as its files are, read beside whoever writes it.
///
/// It takes no lock and changes no byte. What another process compacts or rotates meanwhile is
/// noticed, and read again.
package struct HistoryArchive {
    /// How often files are read anew that change their names meanwhile.
    private static let maxAttempts = 8

    private static let pieceBytes = 1 << 20

    private let names: HistoryNames
    private let platform: Platform
    private var catalog: HistoryCatalog
    /// What was there when the index was begun, which goes on as long as nothing else is.
    private var seen: Look?

    /// What tells whether an index still holds, beside lines that are appended.
    private struct Look: Equatable {
        var files: [FileIdentity?]
        var deletionBytes: Int
    }

    /// Names the files; nothing is read yet.
    ///
    /// - Parameters:
    ///   - directory: the data folder.
    ///   - platform: whose disk it is on.
    /// - Throws: where there is no such folder, or it cannot be read.
    package init(directory: String, platform: Platform = .system) throws(StorageError) {
        names = HistoryNames(
            directory: directory,
            activeName: "history.jsonl",
            on: platform.disk
        )
        self.platform = platform
        catalog = HistoryCatalog(names, on: platform, isReadOnly: true)
        // An absent one has no names, and would pass for an empty history.
        let folder = names.directory
        _ = try naming(folder) { () throws(DiskError) in try platform.disk.names(in: folder) }
    }

    /// Asks a question of all that is in the files now.
    ///
    /// - Parameter question: may be asked again, where files changed their names meanwhile.
    /// - Returns: its answer.
    /// - Throws: why there is none.
    package mutating func ask<Answer>(
        _ question: (inout HistoryCatalog) throws(HistoryQueryError) -> Answer
    ) throws(HistoryQueryError) -> Answer {
        for _ in 0..<Self.maxAttempts {
            let before = try look()
            if before != seen { catalog = HistoryCatalog(names, on: platform, isReadOnly: true) }
            seen = before
            catalog.catchUp(nil, unsettled: [])
            let answer = try question(&catalog)
            if try look() == before { return answer }
        }
        throw .moved
    }

    /// Shows all records that are meant, the oldest first, in pieces of whole lines.
    ///
    /// - Parameters:
    ///   - filter: which records.
    ///   - body: takes one piece after the other.
    /// - Throws: what `body` throws; `moved` where files changed their names before the end: then
    ///   something may be missing in what was shown.
    package mutating func export(
        _ filter: HistoryFilter,
        _ body: ([UInt8]) throws -> Void
    ) throws {
        try ask { _ throws(HistoryQueryError) in }
        let before = try look()
        var cursor: HistoryCursor?
        repeat {
            let piece = try catalog.export(filter, from: cursor, maxBytes: Self.pieceBytes)
            try body(piece.lines)
            cursor = piece.next
        } while cursor != nil
        guard try look() == before else { throw HistoryQueryError.moved }
    }

    /// Gives what the last question found wrong with the files.
    package mutating func takeReports() -> [HistoryReport] { catalog.takeReports() }

    /// How many bytes the files have together.
    ///
    /// - Throws: where the folder cannot be read.
    package func bytes() throws(StorageError) -> Int {
        var bytes = 0
        for name in try names.sealed() + [names.activeName] {
            let status = try? platform.disk.status(of: names.path(name), followsLinks: true)
            bytes += status?.size ?? 0
        }
        return bytes
    }

    private func look() throws(HistoryQueryError) -> Look {
        let disk = platform.disk
        do throws(StorageError) {
            let files = (try names.sealed() + [names.activeName])
                .map { disk.identity(of: names.path($0)) }
            let deletions = try? disk.status(of: names.path(Deletions.name), followsLinks: true)
            return Look(files: files, deletionBytes: deletions?.size ?? 0)
        } catch {
            throw .storage(error)
        }
    }
}
