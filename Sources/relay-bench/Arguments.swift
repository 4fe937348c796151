import Loop
import Wire

/// The command line.
struct Arguments {
    /// The daemon's executable file.
    private(set) var daemon = ""
    private(set) var jsonPath: String?
    /// What the report says was measured.
    private(set) var commit = "unknown"
    private(set) var wantsHelp = false
    private(set) var starts = 11
    private(set) var rounds = 3
    private(set) var loops = 1
    private(set) var load = StreamLoad()

    static let help = """
        Measures what sse-relay costs on this machine, over loopback alone, in under a minute.

        usage: relay-bench [options] DAEMON
          DAEMON             the executable file to measure, built for release and stripped
          --json FILE        write the figures there, too
          --commit TEXT      what the report says was measured
          --starts N         starts of the daemon, of which the median counts [11]
          --rounds N         rounds of direct and relayed streams in turn; medians count [3]
          --streams N        streams at once [100]
          --interval-ms N    between two tokens of a stream [20]
          --tokens N         tokens of each stream in a round [300]
          --loops N          event loops of the daemon [1]

        """

    init(_ words: [String]) throws(ArgumentError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "-h", "--help": wantsHelp = true
            case "--json": jsonPath = try Self.value(of: word, &rest)
            case "--commit": commit = try Self.value(of: word, &rest)
            case "--starts": starts = try Self.number(of: word, in: 1...1000, &rest)
            case "--rounds": rounds = try Self.number(of: word, in: 1...100, &rest)
            case "--streams": load.streams = try Self.number(of: word, in: 1...100_000, &rest)
            case "--interval-ms":
                load.intervalMilliseconds = try Self.number(of: word, in: 1...60_000, &rest)
            case "--tokens": load.tokens = try Self.number(of: word, in: 1...1_000_000, &rest)
            case "--loops": loops = try Self.number(of: word, in: 1...64, &rest)
            case _ where word.hasPrefix("-"): throw .unknown(word)
            default:
                guard daemon.isEmpty else { throw .unknown(word) }
                daemon = word
            }
        }
        guard wantsHelp || !daemon.isEmpty else { throw .noDaemon }
        guard load.hasWindow else { throw .tooShort }
    }

    /// Long after everything should have ended: each part has a shorter limit of its own.
    var wholeRunLimit: Nanoseconds {
        let streaming = Nanoseconds(2 * rounds) * (load.duration + .seconds(1))
        return streaming + Nanoseconds(starts) * .seconds(1) + .seconds(6)
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
}

/// A command line that cannot be followed.
enum ArgumentError: Error, CustomStringConvertible {
    case unknown(String)
    case missingValue(String)
    case badValue(String, String, ClosedRange<Int>)
    case noDaemon
    case tooShort

    var description: String {
        switch self {
        case .unknown(let word): "unknown argument \(word)"
        case .missingValue(let option): "\(option) needs a value"
        case .badValue(let option, let found, let range):
            "\(option) is \(found); expected a whole number from \(range.lowerBound)"
                + " to \(range.upperBound)"
        case .noDaemon: "the daemon's file is missing"
        case .tooShort: "streams must last longer than \(StreamLoad.unmeasuredMilliseconds) ms"
        }
    }
}
