import Loop

/// How many streams there are, and how fast each of them goes.
struct StreamLoad: Sendable {
    /// Between the last start, or the first end, and what is measured in a steady state.
    private static let margin = Nanoseconds.milliseconds(100)

    /// Connections, each with one stream at a time.
    var streams: Int
    /// Tokens of each answer.
    var tokens: Int
    /// Between two tokens of a stream; 0 for full speed.
    var intervalMicroseconds: Int
    /// From the first start to the last.
    var ramp: Nanoseconds = 0
    /// Each connection asks again and again until then, unless its answer never ends; nil for one
    /// answer on each.
    var repetition: Nanoseconds?
    /// Beyond its own duration, the load may take so long before what is left is cut off.
    var patience: Nanoseconds = .seconds(10)
    /// Whether each token's way is timed.
    var timesTokens = false
    /// Whether the contestant's memory is looked at again and again.
    var watchesMemory = false

    /// How long the load lasts where nothing holds it up; at full speed that is not known.
    var duration: Nanoseconds {
        ramp + (repetition ?? Nanoseconds(tokens * intervalMicroseconds) * 1000)
    }

    /// The model name that makes the simulator answer stream number `index`.
    ///
    /// The tokens of all streams come evenly: left to the jitter of their starts they would bunch
    /// up, otherwise in each round, and a token would wait for those that came with it.
    func model(of index: Int) -> String {
        let name = "bench?stamp=1&tokens=\(tokens)"
        guard intervalMicroseconds > 0 else { return name + "&interval_us=0&send_each=1" }
        let phase = repetition == nil ? "&phase_us=\(intervalMicroseconds * index / streams)" : ""
        return name + "&interval_us=\(intervalMicroseconds)" + phase
    }

    /// The time in which all streams run and nothing starts or ends, given the start of the first;
    /// empty where there is none.
    func window(from start: Nanoseconds) -> Range<Nanoseconds> {
        let begin = start + ramp + Self.margin
        // With its phase, a stream may be shorter by one interval.
        let shortest = Nanoseconds(max(0, tokens - 1) * intervalMicroseconds) * 1000
        let end = start + shortest
        return begin..<max(begin, end > Self.margin ? end - Self.margin : 0)
    }

    /// When stream number `index` starts, given the start of the first.
    func start(of index: Int, from start: Nanoseconds) -> Nanoseconds {
        start + ramp * Nanoseconds(index) / Nanoseconds(streams)
    }
}
