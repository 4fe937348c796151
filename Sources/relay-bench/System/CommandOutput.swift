import Glibc
import Loop

/// The output of a command that ends by itself.
enum CommandOutput {
    private static let limit = Nanoseconds.seconds(10)

    /// Runs a command.
    ///
    /// - Returns: its output and errors; nil if it fails or takes too long.
    static func of(_ path: String, _ arguments: [String]) -> String? {
        guard let folder = try? Leftovers.shared.makeFolder() else { return nil }
        defer { Leftovers.shared.removeFolder(folder) }
        let log = "\(folder)/log"
        let environment = ["PATH=/usr/bin:/bin", "HOME=\(folder)"]
        guard let child = try? ChildProcess(path, arguments, environment: environment, log: log)
        else { return nil }
        let deadline = monotonicNow() + limit
        while child.exitCode == nil, monotonicNow() < deadline { usleep(1_000) }
        child.end(within: 0)
        return child.exitCode == 0 ? TextFile.read(log) : nil
    }

    /// The first part of a text that looks like a version: numbers with points between them.
    static func version(in text: String) -> String? {
        text.split { !"0123456789.".utf8.contains($0.utf8.first ?? 0) }
            .first { $0.first?.isNumber == true && $0.last?.isNumber == true && $0.contains(".") }
            .map(String.init)
    }
}
