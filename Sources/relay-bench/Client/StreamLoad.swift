import Loop

/// How many streams there are, and how fast each of them is.
struct StreamLoad: Sendable {
    /// The distance of the steady window from the last start and the first end.
    private static let margin = Nanoseconds.milliseconds(100)

    /// How many connections there are, each with one stream at a time.
    var streams: Int
    /// How many tokens each answer has.
    var tokens: Int
    /// The pause between two tokens of a stream; 0 for full speed.
    var intervalMicroseconds: Int
    /// The time from the first start to the last.
    var ramp: Nanoseconds = 0
    /// How long each connection asks again and again, unless its answer never ends; nil for one
    /// answer on each.
    var repetition: Nanoseconds?
    /// How long the load may take beyond its own duration before streams that are left are cut off.
    var patience: Nanoseconds = .seconds(10)
    /// Whether each token's latency is measured.
    var timesTokens = false
    /// Whether the contestant's memory is measured again and again.
    var watchesMemory = false

    /// How long the load lasts if nothing holds it up; at full speed that is not known.
    var duration: Nanoseconds {
        ramp + (repetition ?? Nanoseconds(tokens * intervalMicroseconds) * 1000)
    }

    /// The model name that makes the simulator answer stream number `index`.
    ///
    /// The tokens of all streams come evenly. Left to the jitter of their starts they would bunch
    /// up, differently in each round, and a token would wait for those that came with it.
    func model(of index: Int) -> String {
        let name = "bench?stamp=1&tokens=\(tokens)"
        guard intervalMicroseconds > 0 else { return name + "&interval_us=0&send_each=1" }
        let phase = repetition == nil ? "&phase_us=\(intervalMicroseconds * index / streams)" : ""
        return name + "&interval_us=\(intervalMicroseconds)" + phase
    }

    /// The time in which all streams run and none starts or ends, given the start of the first;
    /// empty if there is no such time.
    func window(from start: Nanoseconds) -> Range<Nanoseconds> {
        let begin = start + ramp + Self.margin
        // Because of its phase, a stream may be shorter by one interval.
        let shortest = Nanoseconds(max(0, tokens - 1) * intervalMicroseconds) * 1000
        let end = start + shortest
        return begin..<max(begin, end > Self.margin ? end - Self.margin : 0)
    }

    /// When stream number `index` starts, given the start of the first.
    func start(of index: Int, from start: Nanoseconds) -> Nanoseconds {
        start + ramp * Nanoseconds(index) / Nanoseconds(streams)
    }
}
