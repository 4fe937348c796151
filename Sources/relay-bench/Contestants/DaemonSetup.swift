/// How our daemon is started for a measurement: with its defaults, except for the address, the
/// upstream and whether it keeps a journal.
struct DaemonSetup {
    /// Its executable file.
    let binary: String
    let upstreamURL: String
    let loops: Int
    var keepsJournal = true
    /// A file of filters; nil for none.
    var filtersPath: String?
    /// The upstream in Anthropic's protocol, for models named `claude…`; nil for none.
    var anthropicURL: String?

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
        ] + (filtersPath.map { ["RELAY_FILTERS_FILE=\($0)"] } ?? [])
            + (anthropicURL.map { ["ANTHROPIC_BASE_URL=\($0)", "ANTHROPIC_API_KEY=none"] } ?? [])
    }
}
