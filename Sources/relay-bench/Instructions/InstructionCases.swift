import Loop

/// What is counted.
///
/// Each figure is the difference between two runs of the daemon that differ only in how much of one
/// thing they do, so that the daemon's start and end cancel out.
struct InstructionCases {
    /// The names of the figures, in the order of the kept file.
    enum Name: String, CaseIterable {
        /// A token that comes alone and takes a turn of the loop.
        case pacedToken = "paced_token"
        /// The same with a hundred words to filter.
        case filteredToken = "filtered_token"
        /// A token that comes with many others in one read.
        case fullSpeedToken = "full_speed_token"
        /// A whole request for five tokens, on a connection that is kept open.
        case shortAnswerRequest = "short_answer_request"
    }

    let setup: DaemonSetup

    /// Counts all figures, which takes about half a minute.
    func count() throws -> [InstructionFigure] {
        try Name.allCases.map { name in
            let small = try run(name, amount: Self.amounts(name).small)
            let large = try run(name, amount: Self.amounts(name).large)
            return InstructionFigure(
                name: name.rawValue,
                value: Double(large.instructions &- small.instructions)
                    / Double(large.things - small.things)
            )
        }
    }

    /// How many tokens each stream has, or how many requests there are, in the two runs.
    private static func amounts(_ name: Name) -> (small: Int, large: Int) {
        switch name {
        case .pacedToken, .filteredToken: (50, 250)
        case .fullSpeedToken: (2_000, 22_000)
        case .shortAnswerRequest: (20, 220)
        }
    }

    private func run(
        _ name: Name,
        amount: Int
    ) throws -> (instructions: UInt64, things: Int) {
        var setup = setup
        if name == .filteredToken { setup.filtersPath = try FilteredWords.write() }
        let daemon = try CountedDaemon(setup)
        do {
            let things =
                switch name {
                case .pacedToken: try pacedTokens(amount, of: daemon.port)
                case .filteredToken:
                    // A beginning of a word waits for the next token.
                    try pacedTokens(amount, atLeast: amount * 9 / 10, of: daemon.port)
                case .fullSpeedToken: try fullSpeedTokens(amount, of: daemon.port)
                case .shortAnswerRequest: try shortAnswers(amount, of: daemon.port)
                }
            return (try daemon.end(), things)
        } catch {
            daemon.abandon()
            throw error
        }
    }

    /// Reads four streams whose tokens come in turn, with enough time between them for the slow
    /// daemon: each token takes a turn of its own.
    private func pacedTokens(
        _ tokens: Int,
        atLeast least: Int? = nil,
        of port: Int
    ) throws -> Int {
        let streams = 4
        let intervalMilliseconds = 24
        var connections: [PlainConnection] = []
        for index in 0..<streams {
            let phase = intervalMilliseconds * 1000 * index / streams
            let model =
                "count?tokens=\(tokens)&interval_ms=\(intervalMilliseconds)&phase_us=\(phase)"
            let connection = try PlainConnection(port: port)
            try connection.send(StreamTarget.relay(port: port, model: model).request)
            connections.append(connection)
        }
        // One after the other: meanwhile the other sockets hold what comes on them.
        for connection in connections {
            try expect(tokens, atLeast: least, on: connection)
        }
        return streams * tokens
    }

    /// Reads one stream without pauses: the upstream is always ahead of a daemon that is so slow,
    /// hence every read is full.
    private func fullSpeedTokens(_ tokens: Int, of port: Int) throws -> Int {
        let connection = try PlainConnection(port: port)
        let model = "count?tokens=\(tokens)&interval_ms=0"
        try connection.send(StreamTarget.relay(port: port, model: model).request)
        try expect(tokens, on: connection)
        return tokens
    }

    /// Makes one request after the other.
    private func shortAnswers(_ requests: Int, of port: Int) throws -> Int {
        let tokens = 5
        let model = "count?tokens=\(tokens)&interval_ms=0"
        let request = StreamTarget.relay(port: port, model: model).request
        let connection = try PlainConnection(port: port)
        for _ in 0..<requests {
            try connection.send(request)
            try expect(tokens, on: connection)
        }
        return requests
    }

    /// Checks that all tokens come: work that was not done must not pass for cheap work.
    private func expect(
        _ tokens: Int,
        atLeast least: Int? = nil,
        on connection: PlainConnection
    ) throws {
        let came = try connection.readTokens(.named)
        guard (least ?? tokens)...tokens ~= came else {
            throw BenchError.streamsFailed(1, of: 1, first: "\(came) of \(tokens) tokens came")
        }
    }
}

/// A number of instructions.
struct InstructionFigure: Equatable {
    /// The name in the file of kept figures.
    let name: String
    let value: Double
}
