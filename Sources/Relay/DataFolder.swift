package import Generations
package import Storage

/// The files that a relay keeps, from the start of its process to the end.
package struct DataFolder {
    /// What is kept of a relay, and how.
    package struct Options: Sendable {
        /// Where the files are.
        package var folder: String
        /// Where the journal is; nil for none.
        package var journalFolder: String?
        /// When what was written is made safe.
        package var durability = Durability.interval
        /// The size at which the history's file is rotated; 0 for never.
        package var rotateBytes = 0
        /// How long a key lasts after its answer's end.
        package var resumeSeconds = 600
        /// How much may wait for the disk, in bytes.
        package var maxPendingBytes = HistoryFile.maxPendingBytes
        /// The bounds of the journal.
        package var journalLimits = JournalLimits()
        /// The machine.
        package var platform = Platform.system

        /// Names the folder; the rest is as it is by default, without a journal.
        package init(folder: String) { self.folder = folder }
    }

    /// What became of what was in memory at the end.
    package enum Ending: Sendable, Equatable {
        /// All of it is in the files.
        case whole
        /// The history could not be written in time.
        case recordsMissing
        /// The keys could not be written in time.
        case keysMissing
    }

    /// How long the end waits for the disk, for each file.
    private static let patienceMilliseconds = 5000

    package let history: HistoryFile
    package let keys: KeyFile
    package let journal: JournalFolder?
    private var recovery: Recovery?

    /// Opens all of them, and reads what an earlier process left in the journal.
    ///
    /// A full or failing disk does not stop the start.
    ///
    /// - Parameters:
    ///   - options: what is kept, and how.
    ///   - reportKeys: takes what the file of keys reports.
    ///   - report: takes what the history reports.
    /// - Throws: what somebody has to put right.
    package init(
        _ options: Options,
        reportKeys: @escaping @Sendable (KeyReport) -> Void,
        report: @escaping @Sendable (HistoryReport) -> Void
    ) throws(StorageError) {
        let platform = options.platform
        history = try HistoryFile(
            directory: options.folder,
            maxPendingBytes: options.maxPendingBytes,
            durability: options.durability,
            rotateBytes: options.rotateBytes,
            holdsUpkeep: options.journalFolder != nil,
            platform: platform,
            report: report
        )
        keys = try KeyFile(
            directory: options.folder,
            durability: options.durability,
            lifeMilliseconds: 1000 * options.resumeSeconds,
            platform: platform,
            report: reportKeys
        )
        guard let path = options.journalFolder else {
            journal = nil
            return
        }
        let journal = try JournalFolder(
            path: path,
            limits: options.journalLimits,
            platform: platform
        )
        self.journal = journal
        recovery = try Self.recovery(journal, options)
    }

    private static func recovery(
        _ journal: JournalFolder,
        _ options: Options
    ) throws(StorageError) -> Recovery {
        var deletions = Deletions(directory: options.folder, platform: options.platform)
        try deletions.load()
        return try Recovery(
            journal,
            history: try HistoryFile.paths(in: options.folder, platform: options.platform),
            deletions: deletions
        )
    }

    /// What an earlier process left; it is given away, since it holds whole answers in memory.
    package mutating func takeRecovery() -> Recovery? { recovery.take() }

    /// Writes what is still in memory, when all answers have ended.
    ///
    /// - Parameter isAllRecorded: whether the history has taken the record of every answer.
    /// - Returns: whether everything could be written.
    package func close(isAllRecorded: Bool) -> Ending {
        guard history.finish(timeoutMilliseconds: Self.patienceMilliseconds) else {
            return .recordsMissing
        }
        let hasKeys = keys.flush(timeoutMilliseconds: Self.patienceMilliseconds)
        // The next start has nothing to recover, unless the history refused records that only the
        // journal has.
        if let journal, isAllRecorded, hasKeys { journal.removeAll() }
        return hasKeys ? .whole : .keysMissing
    }
}
