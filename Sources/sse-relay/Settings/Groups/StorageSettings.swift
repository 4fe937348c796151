import Generations
import Storage

/// What is kept, where, and how safely.
struct StorageSettings: Sendable {
    let dataFolder: String
    let durability: Durability
    let keepsJournal: Bool
    /// The size of the history at which a new file is begun, in bytes; 0 for never.
    let historyRotateBytes: Int
    /// How much of a conversation goes upstream, in tokens as estimated; 0 for no past.
    let contextTokens: Int

    init(_ environment: Environment) throws(ConfigurationError) {
        dataFolder = try Self.dataFolder.value(in: environment)
        durability = try Self.durability.value(in: environment)
        keepsJournal = try Self.keepsJournal.value(in: environment)
        historyRotateBytes = try Self.historyRotateMebibytes.value(in: environment) << 20
        contextTokens = try Self.contextTokens.value(in: environment)
    }

    var journalFolder: String { "\(dataFolder)/journal" }
}

extension StorageSettings {
    static let group = VariableGroup(
        "What it keeps",
        [
            dataFolder.variable, durability.variable, keepsJournal.variable,
            historyRotateMebibytes.variable, contextTokens.variable,
        ]
    )

    static let dataFolder = Setting.text(
        Variable(
            "RELAY_DATA_DIR",
            fallback: "data",
            change: .restart,
            summary: "the folder of history.jsonl and the journal",
            words: "The folder of `history.jsonl` and of the journal. One process per folder."
        )
    )

    static let durability = Setting.choice(
        Variable(
            "RELAY_FSYNC",
            fallback: "interval",
            change: .restart,
            summary:
                "safe against a loss of power: interval (1 s), always (before the end) or never",
            words: """
                When what was written is made safe against a loss of power (the end of the process \
                alone loses nothing): `interval`, once a second; `always`, before readers see the \
                end, too; `never`, by the kernel.
                """
        ),
        expected: "interval, always or never"
    ) { Durability(rawValue: $0) }

    static let keepsJournal = Setting.flag(
        Variable(
            "RELAY_JOURNAL",
            fallback: "1",
            change: .restart,
            summary: "0 keeps no journal: what ends the process then cuts its answers",
            words: """
                The journal, which has every token before any reader sees it. With 0 the end of \
                the process cuts the answers that run.
                """
        )
    )

    static let historyRotateMebibytes = Setting.integer(
        0...(1 << 20),
        Variable(
            "RELAY_HISTORY_ROTATE_MB",
            fallback: "1024",
            change: .restart,
            summary: "history.jsonl of this size becomes history-<n>.jsonl, in MiB; 0 for never",
            words: """
                `history.jsonl` that has grown to this size, in MiB, becomes \
                `history-000001.jsonl` and so on, and a new one is begun. Old ones stay \
                searchable. 0 for never.
                """
        )
    )

    static let contextTokens = Setting.integer(
        0...10_000_000,
        Variable(
            "RELAY_CONTEXT_TOKENS",
            fallback: "8000",
            summary: "a conversation's past goes upstream up to so many tokens; 0 for no past",
            words: """
                The past of a conversation goes upstream with a new message, without its oldest \
                part where all of it is more than this many tokens (estimated, four bytes each, \
                the new message and the system prompt included); 0 for no past.
                """
        )
    )
}
