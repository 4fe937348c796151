import Glibc
import Loop
import Relay
import Storage

extension HistoryCommand {
    /// Does what it says, and prints what there is to say.
    ///
    /// - Parameter envFile: the file that the command line names; nil for `.env`.
    /// - Returns: the exit code.
    /// - Throws: why it cannot be done.
    func run(envFile: String?) throws -> Int32 {
        let folder = try folder(envFile)
        switch action {
        case .list(let asJSON): try HistoryReading(folder).list(owner, asJSON: asJSON)
        case .show(let id): try HistoryReading(folder).show(id, owner)
        case .export(let id, let format, let output):
            let output = try PrintedOutput(output)
            do {
                try HistoryReading(folder).export(id, owner, format, to: output)
                try output.finish()
            } catch {
                output.discard()
                throw error
            }
        case .delete(let id): try HistoryChange(folder).delete(id, owner)
        case .compact: try HistoryChange(folder).compact()
        case .verify(let asJSON):
            return try HistoryCheck(folder).verify(asJSON: asJSON)
        case .repair(let isDry): try HistoryCheck(folder).repair(isDry: isDry)
        }
        return ExitCode.success
    }

    private func folder(_ envFile: String?) throws(ConfigurationError) -> String {
        if let folder { return folder }
        return try StorageSettings.dataFolder.value(in: try Environment.load(envFile))
    }
}
