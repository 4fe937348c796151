import Loop
import Wire

/// The command line.
struct Arguments {
    /// The daemon's executable file.
    private(set) var daemon = ""
    private(set) var peers = Peers()
    private(set) var jsonPath: String?
    private(set) var markdownPath: String?
    private(set) var chartsFolder: String?
    /// What the report says was measured.
    private(set) var commit = "unknown"
    private(set) var wantsHelp = false
    private(set) var wantsGrowth = false
    private(set) var starts = 11
    /// The parts to take; all where there are none.
    private(set) var only: [String] = []
    private var givenRounds: Int?

    /// Without anyone to compare with, the cases are taken in small.
    var isSmall: Bool { peers.isEmpty }
    var rounds: Int { givenRounds ?? (isSmall ? 3 : 5) }

    static let help = """
        Measures what sse-relay costs on this machine, over loopback alone, beside other relays.

        usage: relay-bench [options] DAEMON
          DAEMON               the executable file to measure, built for release and stripped

        Without any peer the cases are taken in small, in about a minute. With peers they have the
        size that the targets name, which takes up to half an hour; every contestant is measured in
        turn in each round, and ratios are taken within a round.
          --nginx FILE         nginx's executable; most targets are ratios to it
          --haproxy FILE       haproxy's executable
          --fastapi FILE       a Python with fastapi, uvicorn, uvloop, httptools and openai
          --fastapi-app FILE   the application that it serves; belongs to --fastapi
          --litellm FILE       the litellm command

          --rounds N           rounds; medians count [5; 3 without peers]
          --starts N           starts of the daemon, of which the median counts [11]
          --growth             take the growth curves without peers, too
          --only NAMES         take some parts alone, by commas:
                               \(Plan.parts.joined(separator: ","))

          --json FILE          write all figures there, those of each round too
          --markdown FILE      write the tables there
          --charts FOLDER      draw SVG files there
          --commit TEXT        what the report says was measured

        """

    init(_ words: [String]) throws(ArgumentError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "-h", "--help": wantsHelp = true
            case "--growth": wantsGrowth = true
            case "--nginx": peers.nginx = try Self.value(of: word, &rest)
            case "--haproxy": peers.haproxy = try Self.value(of: word, &rest)
            case "--fastapi": peers.fastAPI = try Self.value(of: word, &rest)
            case "--fastapi-app": peers.fastAPIFile = try Self.value(of: word, &rest)
            case "--litellm": peers.liteLLM = try Self.value(of: word, &rest)
            case "--json": jsonPath = try Self.value(of: word, &rest)
            case "--markdown": markdownPath = try Self.value(of: word, &rest)
            case "--charts": chartsFolder = try Self.value(of: word, &rest)
            case "--commit": commit = try Self.value(of: word, &rest)
            case "--starts": starts = try Self.number(of: word, in: 1...1000, &rest)
            case "--rounds": givenRounds = try Self.number(of: word, in: 1...100, &rest)
            case "--only": only = try Self.parts(of: word, &rest)
            case _ where word.hasPrefix("-"): throw .unknown(word)
            default:
                guard daemon.isEmpty else { throw .unknown(word) }
                daemon = word
            }
        }
        guard !wantsHelp else { return }
        guard !daemon.isEmpty else { throw .noDaemon }
        guard (peers.fastAPI == nil) == (peers.fastAPIFile == nil) else { throw .halfFastAPI }
    }

    private static func value(
        of option: String,
        _ rest: inout ArraySlice<String>
    ) throws(ArgumentError) -> String {
        guard let value = rest.popFirst() else { throw .missingValue(option) }
        return value
    }

    private static func number(
        of option: String,
        in range: ClosedRange<Int>,
        _ rest: inout ArraySlice<String>
    ) throws(ArgumentError) -> Int {
        let text = try value(of: option, &rest)
        guard let number = parseDecimal(text), range.contains(number) else {
            throw .badValue(option, text, range)
        }
        return number
    }

    private static func parts(
        of option: String,
        _ rest: inout ArraySlice<String>
    ) throws(ArgumentError) -> [String] {
        let names = try value(of: option, &rest).split(separator: ",").map(String.init)
        guard !names.isEmpty else { throw .missingValue(option) }
        for name in names where !Plan.parts.contains(name) { throw .unknownPart(name) }
        return names
    }
}

/// A command line that cannot be followed.
enum ArgumentError: Error, Equatable, CustomStringConvertible {
    case unknown(String)
    case missingValue(String)
    case badValue(String, String, ClosedRange<Int>)
    case unknownPart(String)
    case noDaemon
    case halfFastAPI

    var description: String {
        switch self {
        case .unknown(let word): "unknown argument \(word)"
        case .missingValue(let option): "\(option) needs a value"
        case .badValue(let option, let found, let range):
            "\(option) is \(found); expected a whole number from \(range.lowerBound)"
                + " to \(range.upperBound)"
        case .unknownPart(let name):
            "--only names \(name); expected some of \(Plan.parts.joined(separator: ","))"
        case .noDaemon: "the daemon's file is missing"
        case .halfFastAPI: "--fastapi and --fastapi-app belong together"
        }
    }
}
