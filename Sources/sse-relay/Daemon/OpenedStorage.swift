import Generations
import Relay
import Storage

/// The files that outlive the process, opened.
struct OpenedStorage {
    private var folder: DataFolder
    /// Nil where none is kept.
    let audit: AuditFile?
    private let log: Log

    /// Opens the files, and reads what an earlier process left in them.
    ///
    /// - Throws: a `ConfigurationError` if the folder must be repaired first: another start would
    ///   fail in the same way.
    init(_ settings: Settings, _ log: Log) throws {
        self.log = log
        audit = try Self.audit(settings.process.auditLog, log)
        let storage = settings.storage
        var options = DataFolder.Options(folder: storage.dataFolder)
        options.journalFolder = storage.keepsJournal ? storage.journalFolder : nil
        options.durability = storage.durability
        options.rotateBytes = storage.historyRotateBytes
        options.resumeSeconds = settings.streams.resumeSeconds
        do throws(StorageError) {
            folder = try DataFolder(options) {
                log.write($0)
            } report: {
                log.write($0)
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

    var history: HistoryFile { folder.history }
    var keys: KeyFile { folder.keys }
    /// Nil where no journal is kept.
    var journal: JournalFolder? { folder.journal }

    /// What an earlier process left; it is given away, since it holds whole answers in memory.
    mutating func takeRecovery() -> Recovery? { folder.takeRecovery() }

    /// Writes what is still in memory, when all answers have ended.
    ///
    /// - Parameter isAllRecorded: whether the history has taken the record of every answer.
    /// - Returns: whether the history could be written.
    func close(isAllRecorded: Bool) -> Bool {
        if let audit, !audit.flush(timeoutMilliseconds: 5000) {
            log.write(.error, "lines of the audit log are lost: they could not be written in time")
        }
        switch folder.close(isAllRecorded: isAllRecorded) {
        case .whole: return true
        case .keysMissing:
            log.write(.error, "the keys of answers could not be written in time")
            return true
        case .recordsMissing:
            let kept = journal == nil ? "" : ", but for what the journal has for the next start"
            log.write(.error, "records are lost\(kept): the history could not be written in time")
            return false
        }
    }
}
