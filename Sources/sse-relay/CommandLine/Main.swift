import CLinux
import Glibc
import Loop

/// The command `sse-relay`.
@main
struct Main {
    static func main() async {
        linux_tune_heap()
        exit(await run(Array(CommandLine.arguments.dropFirst())))
    }

    private static func run(_ arguments: [String]) async -> Int32 {
        do {
            let command = try Arguments(arguments)
            switch command.action {
            case .help:
                Console.out(Help.text)
                return ExitCode.success
            case .version:
                Console.out(Help.version)
                return ExitCode.success
            case .envExample:
                Console.out(EnvExample.text)
                return ExitCode.success
            case .check:
                let settings = try Settings(environment: Environment.load(command.envFile))
                Console.out(CheckReport(settings: settings).text)
                return ExitCode.success
            case .key(let work):
                try work.run(envFile: command.envFile)
                return ExitCode.success
            case .history(let work):
                return try work.run(envFile: command.envFile)
            case .serve:
                let settings = try Settings(environment: Environment.load(command.envFile))
                return try await Daemon(settings, envFile: command.envFile).run()
            }
        } catch let error as ArgumentError {
            Console.error("sse-relay: \(error)\nTry sse-relay --help.")
            return ExitCode.usage
        } catch let error as ConfigurationError {
            Console.error("\(JournalStream.errorMark)sse-relay: \(error)")
            return ExitCode.configuration
        } catch {
            Console.error("\(JournalStream.errorMark)sse-relay: \(error)")
            return ExitCode.failure
        }
    }
}
