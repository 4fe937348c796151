import Glibc
import Loop

/// Counts the lines of the file of keys, and writes it anew once too many of them are over.
final class KeyUpkeep: RecordFollower {
    /// Fewer lines than this are not worth a compaction.
    private static let fewLines = 1024
    private static let compactSuffix = ".compact"

    private struct State {
        var lines = 0
        /// How many of the lines lived when they were counted.
        var living = 0
        /// What was read at the start, until somebody takes it.
        var kept: [KeptKey] = []
    }

    private let directory: String
    private let name: String
    private let lifeMilliseconds: Int
    private let platform: Platform
    private let reportKeys: @Sendable (KeyReport) -> Void
    private let state = Guarded(State())

    /// Follows the file of a name in a folder.
    init(
        directory: String,
        name: String,
        lifeMilliseconds: Int,
        on platform: Platform,
        report: @escaping @Sendable (KeyReport) -> Void
    ) {
        self.directory = directory
        self.name = name
        self.lifeMilliseconds = lifeMilliseconds
        self.platform = platform
        reportKeys = report
        // What a compaction left that the end of the process cut short.
        removeNew()
    }

    private var path: String { joinedPath(directory, name) }

    /// Removes the new file of a compaction, where there is one.
    private func removeNew() { try? platform.disk.remove(path + Self.compactSuffix) }

    private func readFile(_ lines: inout KeyLines) throws(StorageError) {
        try lines.read(
            path,
            lifeMilliseconds: lifeMilliseconds,
            at: platform.time.wallMilliseconds,
            on: platform.disk
        )
    }

    // MARK: The start

    /// Reads the lines that an earlier process left.
    ///
    /// - Returns: whether the file is to be written anew at once. Lines whose time is over wait
    ///   until there are many: the clock may be ahead for a moment.
    func readLines() -> Bool {
        var lines = KeyLines()
        do throws(StorageError) {
            // What cannot be written may be read.
            try readFile(&lines)
            if lines.damaged > 0 { reportKeys(.damaged(lines: lines.damaged)) }
        } catch {
            reportKeys(.notReadable(error))
        }
        state.withLock { state in
            state.lines += lines.count
            state.living = lines.living.count
            state.kept = lines.living
        }
        return lines.damaged > 0 || lines.future > 0
    }

    /// Gives what was read at the start, once.
    func takeKept() -> [KeptKey] {
        state.withLock { state in
            defer { state.kept = [] }
            return state.kept
        }
    }

    // MARK: Following

    func report(_ report: RecordReport) { reportKeys(KeyReport(report)) }

    func wrote(
        _ count: Int,
        wasRefused: Bool,
        _ writer: inout RecordWriter,
        of records: RecordQueue
    ) {
        let isGrown = state.withLock { state in
            state.lines += count
            return state.lines >= 2 * max(state.living, Self.fewLines)
        }
        if isGrown, writer.outage == nil { compact(&writer) }
    }

    func makesRoom(after failure: StorageError) -> Bool { false }

    // MARK: Compaction

    /// Writes the file anew with the keys that live.
    ///
    /// Until the new one takes its name, the end of the process loses nothing but the work.
    func compact(_ writer: inout RecordWriter) {
        do throws(StorageError) {
            try rewrite(&writer)
        } catch {
            removeNew()
            // Once it has doubled it is tried again.
            state.withLock { $0.living = $0.lines }
            reportKeys(.compactionFailed(error))
        }
    }

    private func rewrite(_ writer: inout RecordWriter) throws(StorageError) {
        guard !writer.isClosed, let active = writer.active else { return }
        var old = KeyLines()
        try readFile(&old)
        old.dropSuperseded()
        var bytes: [UInt8] = []
        for key in old.living {
            bytes += key.line
            bytes.append(newline)
        }
        let newName = name + Self.compactSuffix
        let new = try OpenFile(
            opening: joinedPath(directory, newName),
            O_WRONLY | O_CREAT | O_TRUNC,
            on: platform.disk
        )
        if let failure = new.write(bytes).failure { throw failure }
        guard
            try writer.replaceFile(by: newName, active, copyingFrom: old.end) != nil
        else {
            // Somebody moved the file away, and the next line begins another; or lost lines came
            // back, and the next line tries it again.
            removeNew()
            return
        }
        state.withLock { state in
            state.lines = old.living.count
            state.living = old.living.count
        }
    }
}
