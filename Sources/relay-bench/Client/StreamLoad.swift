import Loop

/// How many streams there are, and how fast each of them goes.
struct StreamLoad: Sendable {
    /// Streams need this long to start and settle, and again to end.
    static let unmeasuredMilliseconds = warmUpMilliseconds + endMilliseconds
    private static let warmUpMilliseconds = 500
    private static let endMilliseconds = 100

    var streams = 100
    var intervalMilliseconds = 20
    var tokens = 300

    /// How long each stream lasts.
    var duration: Nanoseconds { .milliseconds(tokens * intervalMilliseconds) }

    /// Tokens per second of all streams together.
    var tokensPerSecond: Double { Double(streams) * 1000 / Double(intervalMilliseconds) }

    /// The model name that makes the simulator answer stream number `index`.
    ///
    /// The tokens of all streams come evenly: left to the jitter of their starts they would bunch
    /// up, otherwise in each round, and a token would wait for those that came with it.
    func model(of index: Int) -> String {
        let phase = intervalMilliseconds * 1000 * index / streams
        return "bench?stamp=1&tokens=\(tokens)&interval_ms=\(intervalMilliseconds)"
            + "&phase_us=\(phase)"
    }

    /// Whether anything is left to measure.
    var hasWindow: Bool { duration > .milliseconds(Self.unmeasuredMilliseconds) }

    /// The time in which all streams run and nothing starts or ends, given the start of the first.
    func window(from start: Nanoseconds) -> Range<Nanoseconds> {
        let begin = start + .milliseconds(Self.warmUpMilliseconds)
        let end = start + duration - .milliseconds(Self.endMilliseconds)
        return begin..<max(begin, end)
    }

    /// When stream number `index` starts: one after the other until half of the warm-up is over.
    func start(of index: Int, from start: Nanoseconds) -> Nanoseconds {
        let ramp = Nanoseconds.milliseconds(Self.warmUpMilliseconds / 2)
        return start + ramp * Nanoseconds(index) / Nanoseconds(streams)
    }
}
