import Glibc
import Loop

/// The command `relay-bench`: what the daemon costs on this machine, beside others.
@main
struct Main {
    /// Descriptors of 10,000 streams in this process, which is both their ends, and some more.
    private static let wantedDescriptors = 20_400
    /// A run that takes so many times what was expected has gone wrong.
    private static let limitFactor = 2

    static func main() async {
        let words = CommandLine.arguments.dropFirst()
        guard words.first != "instructions" else {
            exit(InstructionCommand.run(words.dropFirst()))
        }
        exit(await run(Array(words)))
    }

    private static func run(_ words: [String]) async -> Int32 {
        do {
            let arguments = try Arguments(words)
            guard !arguments.wantsHelp else {
                Console.out(Arguments.help)
                return 0
            }
            Signals.ignoreBrokenPipes()
            let plan = Plan(arguments)
            let seconds = plan.seconds(arguments.peers, isSmall: arguments.isSmall)
            Progress.say("this takes about \(seconds) s")
            let guardian = Guardian(limit: .seconds(60 + seconds * limitFactor))
            defer { Leftovers.shared.clear() }
            let report = try await measure(arguments, plan)
            guardian.stop()
            try write(report, arguments)
            return report.hasLostStreams ? 1 : 0
        } catch let error as ArgumentError {
            Console.error("relay-bench: \(error)\nTry relay-bench --help.")
            return 64
        } catch {
            Console.error("relay-bench: \(error)")
            return 1
        }
    }

    private static func measure(_ arguments: Arguments, _ plan: Plan) async throws -> Report {
        let ours = OurDaemonKind(version: arguments.commit, binary: arguments.daemon)
        _ = try FileSize.bytes(of: arguments.daemon)
        let descriptors = DescriptorLimit.raise(to: wantedDescriptors)
        let bench = try Bench()
        var report = Report(
            machine: Machine(commit: arguments.commit),
            versions: arguments.peers.kinds(for: .all).map { ($0.name, $0.version) },
            rounds: plan.rounds
        )
        if plan.starts > 0 {
            let kinds = [ours] + arguments.peers.kinds(for: .all)
            let starts = StartCase(starts: plan.starts)
            report.cases.append(try starts.measure(kinds, upstreamPort: bench.upstreamPort))
        }
        for var one in plan.cases {
            if let note = one.fit(descriptors: descriptors) { report.notes.append(note) }
            let kinds = [ours] + arguments.peers.kinds(for: one.peers)
            report.cases.append(try await bench.measure(one, kinds, rounds: plan.rounds))
        }
        if plan.growthRounds > 0 {
            let growth = Growth(
                bench: bench,
                ours: ours,
                rounds: plan.growthRounds,
                isSmall: arguments.isSmall,
                maxStreams: Case.maxStreams(descriptors: descriptors)
            )
            report.growth = [try await growth.streams(), try await growth.tokens()]
            report.growth += try await growth.history()
        }
        await bench.stop()
        return report
    }

    private static func write(_ report: Report, _ arguments: Arguments) throws {
        Console.out(report.text)
        if let path = arguments.jsonPath { try TextFile.write(report.json, to: path) }
        if let path = arguments.markdownPath {
            try TextFile.write(Array(report.markdown.utf8), to: path)
        }
        if let folder = arguments.chartsFolder {
            for chart in report.charts {
                try TextFile.write(Array(chart.svg.utf8), to: "\(folder)/\(chart.name)")
            }
        }
    }
}

extension Case {
    /// Leaves out streams for which there are no descriptors.
    ///
    /// - Returns: a note for the report where it had to.
    mutating func fit(descriptors: Int) -> String? {
        let room = Self.maxStreams(descriptors: descriptors)
        guard load.streams > room else { return nil }
        title = "\(Format.grouped(Double(room))) open streams"
        load.streams = room
        return "\(key): the limit of \(descriptors) descriptors left room for \(room) streams"
    }

    /// How many streams fit: each has two ends in the contestant, as it has in this process.
    static func maxStreams(descriptors: Int) -> Int {
        max(1, (descriptors - 200) / 2)
    }
}
