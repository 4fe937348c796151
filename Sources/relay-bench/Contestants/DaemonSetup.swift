/// How our daemon is started for measuring: its defaults, except where it listens, who answers and
/// whether it keeps a journal.
struct DaemonSetup {
    /// Its executable file.
    let binary: String
    let upstreamURL: String
    let loops: Int
    var keepsJournal = true

    /// All the variables that it gets.
    func environment(port: Int, dataFolder: String) -> [String] {
        [
            "PATH=/usr/bin:/bin",
            "OPENAI_BASE_URL=\(upstreamURL)",
            "RELAY_LISTEN=127.0.0.1:\(port)",
            "RELAY_DATA_DIR=\(dataFolder)",
            "RELAY_LOOPS=\(loops)",
            "RELAY_JOURNAL=\(keepsJournal ? 1 : 0)",
            // The page's folder depends on where this is started, and plays no part.
            "RELAY_STATIC_DIR=",
        ]
    }
}
