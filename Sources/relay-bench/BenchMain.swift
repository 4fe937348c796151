import Glibc
import Loop

/// The command `relay-bench`: what the daemon costs on this machine, compared with others.
@main
struct BenchMain {
    /// How long a run may take, in percent of the expected time, before it counts as gone wrong.
    private static let limitPercent = 125
    private static let limitSlack = Nanoseconds.seconds(120)

    static func main() async {
        let words = CommandLine.arguments.dropFirst()
        guard words.first != "instructions" else {
            exit(InstructionCommand.run(words.dropFirst()))
        }
        exit(await run(Array(words)))
    }

    private static func run(_ words: [String]) async -> Int32 {
        do {
            let arguments = try BenchArguments(words)
            guard !arguments.wantsHelp else {
                Console.out(BenchArguments.help)
                return 0
            }
            Signals.ignoreBrokenPipes()
            try check(arguments)
            let plan = Plan(arguments)
            let seconds = plan.seconds(arguments.peers, isSmall: arguments.isSmall)
            Progress.say("this takes about \(seconds) s")
            let limit = Nanoseconds.milliseconds(seconds * limitPercent * 10) + limitSlack
            let guardian = Guardian(limit: limit)
            defer { Leftovers.shared.clear() }
            let report = try await Run(arguments, plan).report()
            guardian.stop()
            try write(report, arguments)
            return report.isWhole ? 0 : 1
        } catch let error as BenchArgumentError {
            Console.error("relay-bench: \(error)\nTry relay-bench --help.")
            return 64
        } catch {
            Console.error("relay-bench: \(error)")
            return 1
        }
    }

    /// Checks that all files are there, so that none is found missing after half an hour.
    private static func check(_ arguments: BenchArguments) throws {
        for path in [arguments.daemon] + arguments.peers.files { _ = try FileSize.bytes(of: path) }
        for path in [arguments.jsonPath, arguments.markdownPath].compactMap(\.self) {
            try TextFile.checkWritable(path)
        }
        if let folder = arguments.chartsFolder, mkdir(folder, 0o755) != 0, errno != EEXIST {
            throw BenchError.notWritable(folder, errorText(errno))
        }
    }

    private static func write(_ report: Report, _ arguments: BenchArguments) throws {
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
