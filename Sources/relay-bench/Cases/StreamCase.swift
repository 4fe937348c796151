import Loop

/// What the daemon adds to each token of many streams, and what it takes for that.
///
/// The same clients ask the upstream directly and through the daemon, in turn: what the machine,
/// the upstream and the clients themselves cost is in both, so their difference is the daemon's.
struct StreamCase {
    /// One round against one target.
    struct Round {
        let latency: Percentiles
        let firstToken: Percentiles
        /// Tokens per second that arrived.
        let tokensPerSecond: Double
        /// Microseconds of the daemon's processor time for each token; 0 without a daemon.
        let processorMicroseconds: Double
        /// Cores that other programs kept busy meanwhile.
        let coresOfOthers: Double
    }

    struct Result {
        let load: StreamLoad
        let direct: [Round]
        let relayed: [Round]
        /// The share of the system in the daemon's processor time, from 0 to 1.
        let systemShare: Double
        /// Resident memory of the daemon after all rounds.
        let residentBytes: Int
    }

    let load: StreamLoad
    let rounds: Int

    init(_ load: StreamLoad, rounds: Int) {
        self.load = load
        self.rounds = rounds
    }

    func measure(_ setup: DaemonSetup, upstreamPort: Int) async throws -> Result {
        let daemon = try MeasuredDaemon(setup)
        defer { daemon.clean() }
        let loop = try EventLoop(index: 0)
        let upstream = StreamTarget.upstream(port: upstreamPort)
        let relay = StreamTarget.relay(port: daemon.port)
        var direct: [Round] = []
        var relayed: [Round] = []
        for _ in 0..<rounds {
            direct.append(try await round(upstream, watching: nil, on: loop))
            relayed.append(try await round(relay, watching: daemon.use, on: loop))
        }
        let result = Result(
            load: load,
            direct: direct,
            relayed: relayed,
            systemShare: daemon.use.systemShare,
            residentBytes: try daemon.use.residentBytes()
        )
        await loop.stop()
        daemon.end()
        // Figures of a daemon that lost answers on the way would be no figures.
        guard daemon.historyRecords == rounds * load.streams else {
            throw BenchError.historyIncomplete(
                records: daemon.historyRecords,
                expected: rounds * load.streams
            )
        }
        return result
    }

    private func round(
        _ target: StreamTarget,
        watching watched: ProcessUse?,
        on loop: EventLoop
    ) async throws(BenchError) -> Round {
        let before = MachineLoad(children: watched?.processorTime ?? 0)
        let outcome = await Fleet.run(load, against: target, watching: watched, on: loop)
        let after = MachineLoad(children: watched?.processorTime ?? 0)
        if let first = outcome.failures.first {
            throw .streamsFailed(outcome.failures.count, of: load.streams, first: first)
        }
        guard let begin = outcome.begin, let end = outcome.end, end.tokens > begin.tokens else {
            throw .streamsFailed(load.streams, of: load.streams, first: "no tokens in the window")
        }
        let tokens = Double(end.tokens - begin.tokens)
        return Round(
            latency: Percentiles(of: outcome.latencies),
            firstToken: Percentiles(of: outcome.firstTokenDelays),
            tokensPerSecond: tokens * 1e9 / Double(end.instant - begin.instant),
            processorMicroseconds: Double(end.processorTime - begin.processorTime) / 1e3 / tokens,
            coresOfOthers: after.coresOfOthers(since: before)
        )
    }
}
