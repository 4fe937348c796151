import Glibc
import Loop
import Simulator

/// The command `relay-bench`: what the daemon costs on this machine.
@main
struct Main {
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
            let guardian = Guardian(limit: arguments.wholeRunLimit)
            defer { Leftovers.shared.clear() }
            let report = try await measure(arguments)
            guardian.stop()
            Console.out(report.table)
            if let path = arguments.jsonPath { try TextFile.write(report.json, to: path) }
            return 0
        } catch let error as ArgumentError {
            Console.error("relay-bench: \(error)\nTry relay-bench --help.")
            return 64
        } catch {
            Console.error("relay-bench: \(error)")
            return 1
        }
    }

    private static func measure(_ arguments: Arguments) async throws -> Report {
        let upstream = try SimulatorServer()
        defer { upstream.stop() }
        let setup = DaemonSetup(
            binary: arguments.daemon,
            upstreamURL: upstream.openAIBaseURL,
            loops: arguments.loops
        )
        let size = try FileSize.bytes(of: arguments.daemon)
        let start = try StartCase(starts: arguments.starts).measure(setup)
        let streams = try await StreamCase(arguments.load, rounds: arguments.rounds)
            .measure(setup, upstreamPort: upstream.port)
        return Report(
            machine: Machine(commit: arguments.commit),
            binaryBytes: size,
            start: start,
            streams: streams
        )
    }
}
