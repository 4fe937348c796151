/// The command line after `relay-bench instructions`.
struct InstructionArguments: Equatable {
    /// What is done with the figures besides printing them.
    enum Purpose: Equatable {
        case show
        /// Other figures: each upstream protocol with each dialect.
        case pairs(isFullSpeed: Bool)
        /// They are compared with the kept ones.
        case check
        /// They are the kept ones from now on.
        case keep
    }

    /// The daemon's executable file.
    private(set) var daemon = ""
    /// The file of kept figures; empty if there is none.
    private(set) var keptPath = ""
    private(set) var purpose = Purpose.show
    /// The versions of what decides the numbers besides our own code.
    private(set) var versions = "unknown"
    private(set) var wantsHelp = false

    /// Whether the tokens of the pairs that are counted come without pauses; nil for no pairs.
    var countsPairs: Bool? {
        guard case .pairs(let isFullSpeed) = purpose else { return nil }
        return isFullSpeed
    }

    static let help = """
        Counts the instructions that sse-relay takes, with valgrind's callgrind, in under a minute.

        usage: relay-bench instructions [options] DAEMON
          DAEMON             the executable file to count, built for release
          --kept FILE        the figures to compare with
          --check            fail where a figure is a tenth above the kept one
          --keep             write the figures to the file instead
          --pairs            count each upstream protocol with each dialect instead, in three minutes
          --full-speed-pairs the same for tokens without pauses
          --versions TEXT    what else decides the numbers: compiler, libc, libcurl

        """

    init(_ words: some Sequence<String>) throws(BenchArgumentError) {
        var rest = Array(words)[...]
        while let word = rest.popFirst() {
            switch word {
            case "-h", "--help": wantsHelp = true
            case "--check": purpose = .check
            case "--keep": purpose = .keep
            case "--pairs": purpose = .pairs(isFullSpeed: false)
            case "--full-speed-pairs": purpose = .pairs(isFullSpeed: true)
            case "--kept": keptPath = try rest.value(of: word)
            case "--versions": versions = try rest.value(of: word)
            case _ where word.hasPrefix("-") || !daemon.isEmpty: throw .unknown(word)
            default: daemon = word
            }
        }
        guard !wantsHelp else { return }
        guard !daemon.isEmpty else { throw .noDaemon }
        switch purpose {
        case .show, .pairs: return
        case .check, .keep: guard !keptPath.isEmpty else { throw .noKeptFile }
        }
    }
}
