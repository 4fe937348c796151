import Loop

/// What a run measures, and how long it takes.
struct Plan {
    /// The parts of a run, as `--only` names them.
    static let parts = [
        "start", "paced", "latency", "full-speed", "short", "open", "stalled", "journal", "resume",
        "fan-out", "restart", "two-loops", "growth",
    ]
    /// The time for a start, the warm-up and the wait after a load.
    private static let overheadSeconds = 0.6
    /// The time of an interpreted peer, which starts slowly and is always cut off.
    private static let slowSeconds = 32.0

    let cases: [Case]
    let rounds: Int
    let growthRounds: Int
    let starts: Int

    init(_ arguments: BenchArguments) {
        let isSmall = arguments.isSmall
        var cases = Case.all(isSmall: isSmall)
        if arguments.peers.hasReference || arguments.only.contains("two-loops") {
            cases += Case.allWithTwoWorkers(isSmall: isSmall)
        }
        self.cases = cases.filter { one in
            guard !arguments.only.isEmpty else { return true }
            return arguments.only.contains(one.part ?? one.key)
        }
        rounds = arguments.rounds
        let wantsGrowth =
            arguments.only.isEmpty
            ? arguments.wantsGrowth || !isSmall : arguments.only.contains("growth")
        growthRounds = wantsGrowth ? min(rounds, 3) : 0
        starts =
            arguments.only.isEmpty || arguments.only.contains("start") ? arguments.starts : 0
    }

    /// About how long the plan takes.
    func seconds(_ peers: Peers, isSmall: Bool) -> Int {
        var seconds = Double(starts) * 0.15 + Double(3 * peers.slowCount) * 7
        for one in cases {
            let load = one.load
            // At full speed: about so many tokens per second with everything on two cores.
            let isUnpaced = load.intervalMicroseconds == 0 && load.repetition == nil
            let unpaced = isUnpaced ? load.streams * load.tokens / 60_000 : 0
            let settling = one.method == .stall ? Bench.stalledSettlingSeconds : 0
            let each =
                Double(load.duration) / 1e9 + Double(unpaced + settling) + Self.overheadSeconds
            let fast = 1 + peers.fastCount(in: one) + (one.takesDirect ? 1 : 0)
            let slow = one.peers == .all ? peers.slowCount : 0
            let round = each * Double(fast) + Self.slowSeconds * Double(slow)
            seconds += round * Double(rounds)
        }
        return Int(seconds) + growthRounds * (isSmall ? 60 : 105)
    }
}

/// Messages about a run's progress, on the standard error.
enum Progress {
    static func say(_ text: String) {
        Console.error(text)
    }

    static func round(_ round: Int, of rounds: Int, _ result: CaseResult) {
        let workers = result.measured.workers > 1 ? ", two workers" : ""
        let figures = result.contestants.filter { $0 != CaseResult.direct }
            .map { result.line(of: $0) }.joined(separator: "; ")
        let name = result.measured.metrics.first?.name ?? ""
        say(
            "\(result.measured.key)\(workers), round \(round + 1) of \(rounds), \(name): \(figures)"
        )
    }
}

extension CaseResult {
    /// A contestant's first metric so far, as text.
    func line(of contestant: String) -> String {
        guard let metric = measured.metrics.first else { return contestant }
        let value = summary(metric, of: contestant)?.median ?? .nan
        return "\(contestant) \(metric.text(value))"
    }
}
