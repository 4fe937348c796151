import Loop

/// Counts what a token costs for each upstream protocol with each dialect.
///
/// A token that comes alone is what streams are made of; one in a full read shows what the formats
/// themselves cost, and is counted only on request.
struct PairCases {
    /// How many times the cheapest pair the dearest may take.
    static let room = 1.5

    /// The upstream protocols, each with a model that the simulator answers in it.
    private static let protocols = [("openai", "count"), ("anthropic", "claude")]
    private static let dialects = [
        "events", "text", "tokens", "content", "openai", "ndjson", "plain",
    ]
    let setup: DaemonSetup
    /// Whether tokens come without pauses.
    let isFullSpeed: Bool

    /// How many streams there are, and how many tokens each has in the two runs.
    private var amounts: (streams: Int, small: Int, large: Int) {
        isFullSpeed ? (1, 2_000, 12_000) : (4, 50, 150)
    }

    /// Counts all pairs, which takes some three minutes.
    func count() throws -> [InstructionFigure] {
        var figures: [InstructionFigure] = []
        for (name, model) in Self.protocols {
            for dialect in Self.dialects {
                let small = try run(model, dialect, tokens: amounts.small)
                let large = try run(model, dialect, tokens: amounts.large)
                let tokens = Double(amounts.streams * (amounts.large - amounts.small))
                let value = Double(large &- small) / tokens
                figures.append(InstructionFigure(name: "\(name) to \(dialect)", value: value))
            }
        }
        return figures
    }

    /// How many times the cheapest of some figures the dearest is; nil where there are none.
    static func ratio(_ figures: [InstructionFigure]) -> Double? {
        let values = figures.map(\.value)
        guard let least = values.min(), let most = values.max(), least > 0 else { return nil }
        return most / least
    }

    private func run(_ model: String, _ dialect: String, tokens: Int) throws -> UInt64 {
        let daemon = try CountedDaemon(setup)
        do {
            let streams = amounts.streams
            let milliseconds = isFullSpeed ? 0 : 24
            let connections = try (0..<streams).map { index in
                // Their tokens come in turn: each takes a turn of the loop.
                let phase = isFullSpeed ? "" : "&phase_us=\(1000 * milliseconds * index / streams)"
                let target = StreamTarget.relay(
                    port: daemon.port,
                    path: "/chat/stream?format=\(dialect)",
                    model: "\(model)?tokens=\(tokens)&interval_ms=\(milliseconds)\(phase)"
                )
                let connection = try PlainConnection(port: daemon.port)
                try connection.send(target.request)
                return connection
            }
            for connection in connections {
                // An answer that is cut must not pass for a cheap one.
                let came = try connection.readContent().count
                guard came >= 3 * tokens else {
                    throw BenchError.streamsFailed(1, of: 1, first: "\(came) bytes came")
                }
            }
            return try daemon.end()
        } catch {
            daemon.abandon()
            throw error
        }
    }
}
