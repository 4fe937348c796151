import Loop

/// What it costs that no answer is lost, and how soon returning readers have theirs.
extension Case {
    static func neverLost(_ isSmall: Bool) -> [Case] {
        [
            journal("journal-paced", paced(isSmall)), journal("journal-latency", latency(isSmall)),
            resume("resume-20", isSmall, tokensPerSecond: 20),
            resume("resume-10", isSmall, tokensPerSecond: 10), fanOut(isSmall), restart,
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

    private static func resume(_ key: String, _ isSmall: Bool, tokensPerSecond: Int) -> Case {
        Case(
            key: key,
            part: "resume",
            title: "1,000 streams x \(tokensPerSecond) tokens/s, some come back",
            load: StreamLoad(
                streams: 1000,
                tokens: tokensPerSecond * (isSmall ? 4 : 6),
                intervalMicroseconds: 1_000_000 / tokensPerSecond,
                ramp: .milliseconds(500)
            ),
            metrics: [.resumeP50, .resumeP99, .resumes, .served],
            peers: .none,
            method: .comeBack,
            // With two loops, a connection moves if the other loop has its answer.
            workers: 2
        )
    }

    private static func fanOut(_ isSmall: Bool) -> Case {
        Case(
            key: "fan-out",
            title: "1,000 readers of one answer, 20 tokens/s",
            load: StreamLoad(
                streams: 1000,
                tokens: isSmall ? 60 : 100,
                intervalMicroseconds: 50_000,
                ramp: .milliseconds(500)
            ),
            metrics: [.processorPerReaderToken, .served],
            peers: .none,
            method: .readAlong
        )
    }

    /// As large without peers as with them: the promise is about so many answers.
    private static let restart = Case(
        key: "restart",
        title: "10,000 unfinished answers in the journal",
        load: StreamLoad(streams: 10_000, tokens: 20, intervalMicroseconds: 0),
        metrics: [.start, .residentAfterStart],
        peers: .none,
        method: .restart,
        warmsUp: false
    )
}
