import CLinux
import Glibc

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
                Console.out(Usage.text)
                return ExitCode.success
            case .version:
                Console.out(Usage.version)
                return ExitCode.success
            case .check:
                let settings = try Settings(environment: Environment.load(command.envFile))
                Console.out(settings.report)
                return ExitCode.success
            case .serve:
                let settings = try Settings(environment: Environment.load(command.envFile))
                return try await Daemon(settings).run()
            }
        } catch let error as ArgumentError {
            Console.error("sse-relay: \(error)\nTry sse-relay --help.")
            return ExitCode.usage
        } catch let error as ConfigurationError {
            Console.error("sse-relay: \(error)")
            return ExitCode.configuration
        } catch {
            Console.error("sse-relay: \(error)")
            return ExitCode.failure
        }
    }
}

/// What the process ends with, in the terms of sysexits.h where it has one.
enum ExitCode {
    static let success: Int32 = 0
    static let failure: Int32 = 1
    static let usage: Int32 = 64
    /// systemd does not start a service again that ends so (`RestartPreventExitStatus=78`).
    static let configuration: Int32 = 78
}

/// Words for whoever started the command.
enum Console {
    static func out(_ text: String) { write(text, to: STDOUT_FILENO) }
    static func error(_ text: String) { write(text, to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return }
            offset += count
        }
    }
}
