import Generations
import Relay
import Storage

/// The files that outlive the process, opened.
struct OpenedStorage {
    let history: HistoryFile
    let keys: KeyFile
    /// Nil where no journal is kept.
    let journal: JournalFolder?
    /// Nil where none is kept.
    let audit: AuditFile?
    private var recovery: Recovery?
    private let log: Log

    /// Opens the files, and reads what an earlier process left in them.
    ///
    /// - Throws: a `ConfigurationError` if the folder must be repaired first: another start would
    ///   fail in the same way.
    init(_ settings: Settings, _ log: Log) throws {
        self.log = log
        audit = try Self.audit(settings.process.auditLog, log)
        do throws(StorageError) {
            let storage = settings.storage
            history = try HistoryFile(
                directory: storage.dataFolder,
                durability: storage.durability,
                rotateBytes: storage.historyRotateBytes,
                holdsRotation: storage.keepsJournal
            ) { log.write($0) }
            keys = try KeyFile(
                directory: storage.dataFolder,
                durability: storage.durability,
                lifeMilliseconds: 1000 * settings.streams.resumeSeconds
            ) { log.write($0) }
            journal = storage.keepsJournal ? try JournalFolder(path: storage.journalFolder) : nil
            recovery = try journal.map { journal throws(StorageError) in
                try Self.recovery(journal, in: storage.dataFolder)
            }
        } catch {
            guard error.needsRepair else { throw error }
            throw ConfigurationError(
                StorageSettings.dataFolder.variable,
                "\(error)",
                example: "/var/lib/sse-relay"
            )
        }
    }

    private static func audit(_ path: String?, _ log: Log) throws -> AuditFile? {
        guard let path else { return nil }
        do throws(StorageError) {
            return try AuditFile(path: path) { log.write($0) }
        } catch {
            guard error.needsRepair else { throw error }
            throw ConfigurationError(ProcessSettings.auditLog.variable, "\(error)")
        }
    }

    private static func recovery(
        _ journal: JournalFolder,
        in folder: String
    ) throws(StorageError) -> Recovery {
        var deletions = Deletions(directory: folder)
        try deletions.load()
        return try Recovery(
            journal,
            history: HistoryFile.paths(in: folder),
            deletions: deletions
        )
    }

    /// What an earlier process left; it is given away, since it holds whole answers in memory.
    mutating func takeRecovery() -> Recovery? {
        defer { recovery = nil }
        return recovery
    }

    /// Writes what is still in memory, when all answers have ended.
    ///
    /// - Parameter isAllRecorded: whether the history has taken the record of every answer.
    /// - Returns: whether everything could be written.
    func close(isAllRecorded: Bool) -> Bool {
        if let audit, !audit.flush(timeoutMilliseconds: 5000) {
            log.write(.error, "lines of the audit log are lost: they could not be written in time")
        }
        guard history.finish(timeoutMilliseconds: 5000) else {
            let kept = journal == nil ? "" : ", but for what the journal has for the next start"
            log.write(.error, "records are lost\(kept): the history could not be written in time")
            return false
        }
        let hasKeys = keys.flush(timeoutMilliseconds: 5000)
        if !hasKeys { log.write(.error, "the keys of answers could not be written in time") }
        // The next start has nothing to recover, unless the history refused records that only the
        // journal has.
        if let journal, isAllRecorded, hasKeys { journal.removeAll() }
        return true
    }
}
