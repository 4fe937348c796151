import Loop

/// What it costs that no answer is lost.
extension Case {
    static func neverLost(_ isSmall: Bool) -> [Case] {
        [
            journal("journal-paced", paced(isSmall)), journal("journal-latency", latency(isSmall)),
        ]
    }

    /// A load with the journal and without it.
    private static func journal(_ key: String, _ other: Case) -> Case {
        Case(
            key: key,
            part: "journal",
            title: other.title + ", journal on and off",
            load: other.load,
            metrics: [.processorPerToken, .served],
            peers: .withoutJournal
        )
    }
}
