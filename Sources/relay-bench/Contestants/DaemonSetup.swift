/// How our daemon is started for a measurement: with its defaults, except for the address, the
/// upstream and whether it keeps a journal.
struct DaemonSetup {
    /// Its executable file.
    let binary: String
    let upstreamURL: String
    let loops: Int
    var keepsJournal = true

    /// All the variables of its environment.
    func environment(port: Int, dataFolder: String) -> [String] {
        [
            "PATH=/usr/bin:/bin",
            "OPENAI_BASE_URL=\(upstreamURL)",
            "RELAY_LISTEN=127.0.0.1:\(port)",
            "RELAY_DATA_DIR=\(dataFolder)",
            "RELAY_LOOPS=\(loops)",
            "RELAY_JOURNAL=\(keepsJournal ? 1 : 0)",
            // The page's folder would depend on where this is started, and does not matter here.
            "RELAY_STATIC_DIR=",
        ]
    }
}
