import Generations
import Relay
import Storage

/// The files that outlive the process, opened.
struct OpenedStorage {
    private var folder: DataFolder
    /// Nil where none is kept.
    let audit: LineFile?
    /// Nil where the lines of requests go where all others go.
    private let access: LineFile?
    private let log: Log

    /// Opens the files, and reads what an earlier process left in them.
    ///
    /// - Throws: a `ConfigurationError` if the folder must be repaired first: another start would
    ///   fail in the same way.
    init(_ settings: Settings, _ log: Log) throws {
        self.log = log
        audit = try Self.lines(ProcessSettings.auditLog, settings, log, "the audit log", .interval)
        // What a loss of power takes of it nobody answers for.
        access = try Self.lines(ProcessSettings.accessLog, settings, log, "the access log", .never)
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

    private static func lines(
        _ setting: Setting<String?>,
        _ settings: Settings,
        _ log: Log,
        _ name: String,
        _ durability: Durability
    ) throws -> LineFile? {
        guard let path = try setting.value(in: settings.environment) else { return nil }
        do throws(StorageError) {
            return try LineFile(path: path, durability: durability) { log.write($0, of: name) }
        } catch {
            guard error.needsRepair else { throw error }
            throw ConfigurationError(setting.variable, "\(error)")
        }
    }

    /// The log for who takes requests.
    var requestLog: Log { access.map { log.writingRequests(into: $0) } ?? log }

    /// Begins the files anew that somebody has moved away.
    func reopenLines() {
        audit?.reopen()
        access?.reopen()
    }

    var history: HistoryFile { folder.history }
    var keys: KeyFile { folder.keys }
    /// Nil where no journal is kept.
    var journal: JournalFolder? { folder.journal }

    /// What an earlier process left; it is given away, since it holds whole answers in memory.
    mutating func takeRecovery() -> Recovery? { folder.takeRecovery() }

    private func flush(_ file: LineFile?, _ name: String, milliseconds: Int) {
        guard let file, !file.flush(timeoutMilliseconds: milliseconds) else { return }
        log.write(.error, "lines of \(name) are lost: they could not be written in time")
    }

    /// Writes what is still in memory, when all answers have ended.
    ///
    /// - Parameter isAllRecorded: whether the history has taken the record of every answer.
    /// - Returns: whether the history could be written.
    func close(isAllRecorded: Bool) -> Bool {
        flush(audit, "the audit log", milliseconds: 5000)
        defer { flush(access, "the access log", milliseconds: 1000) }
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
