import Generations
import Relay

/// The command line.
struct Arguments: Equatable {
    enum Action: Equatable {
        case serve, check, envExample, help, version
        case key(KeyCommand)
        case history(HistoryCommand)
    }

    var action = Action.serve
    /// The file named by `--env-file`; nil for `.env` if there is one.
    var envFile: String?

    init(_ arguments: [String]) throws(ArgumentError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "-h", "--help": action = .help
            case "-V", "--version": action = .version
            case "--check": action = .check
            case "--env-example": action = .envExample
            case "--env-file":
                guard let path = rest.popFirst() else { throw .missingValue(argument) }
                envFile = path
            case _ where argument.hasPrefix("--env-file="):
                envFile = String(argument.dropFirst("--env-file=".count))
            case "key":
                // All that follows is the command's.
                action = .key(try KeyCommand(rest))
                rest = []
            case "history":
                action = .history(try HistoryCommand(rest))
                rest = []
            default: throw .unknown(argument)
            }
        }
    }
}

/// What is wrong with a command line.
enum ArgumentError: Error, Equatable, CustomStringConvertible {
    case unknown(String)
    case missingValue(String)
    /// A command lacks a word: the command, and what the word is.
    case missingWord(String, String)
    /// A value that an option does not take: the option, and the problem.
    case wrongValue(String, String)

    var description: String {
        switch self {
        case .unknown(let argument):
            // The value after the name may be a key.
            "unknown argument \(Redaction.clean(address: String(argument.prefix { $0 != "=" })))"
        case .missingValue(let argument): "\(argument) needs a value"
        case .missingWord(let command, let word): "\(command) needs \(word)"
        case .wrongValue(let option, let problem): "\(option): \(problem)"
        }
    }
}
