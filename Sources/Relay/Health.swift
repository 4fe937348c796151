import Generations
import HTTPServer
import Loop
import Storage
import Wire

/// Whether everything that must be written can be; `/readyz` answers with it.
final class Health: Sendable {
    private let history: HistoryFile
    private let keys: KeyFile?
    /// What is wrong with the journals at the moment.
    private let outages = Guarded(JournalOutages())
    private let recorder: Recorder

    init(_ stores: Stores) {
        history = stores.history
        keys = stores.keyFile
        recorder = stores.recorder
    }

    /// Takes a journal's report.
    ///
    /// - Returns: whether the report is worth a line in the log.
    func note(_ report: JournalReport) -> Bool { outages.withLock { $0.note(report) } }

    /// What is wrong; nil where nothing is.
    var problem: Problem? {
        if !history.isWritable { return Self.notWritable("history file", "history") }
        // This includes a journal that is written but would not survive a loss of power.
        if outages.withLock({ $0 != JournalOutages() }) {
            return Self.notWritable("journal", "journal")
        }
        guard keys?.isWritable ?? true else { return Self.notWritable("file of keys", "keys") }
        guard recorder.isLeftRecorded else { return Self.leftWaits }
        return nil
    }

    private static let leftWaits = Problem(
        .serviceUnavailable,
        type: "storage_error",
        message: "the history lacks what an earlier process left; it is tried again",
        code: "recovery_waits"
    )

    private static func notWritable(_ what: String, _ word: String) -> Problem {
        Problem(
            .serviceUnavailable,
            type: "storage_error",
            message: "the \(what) cannot be written; answers go on",
            code: "\(word)_not_writable"
        )
    }
}
