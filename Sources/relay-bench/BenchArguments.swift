/// The command line.
struct BenchArguments {
    /// The daemon's executable file.
    private(set) var daemon = ""
    private(set) var peers = Peers()
    private(set) var jsonPath: String?
    private(set) var markdownPath: String?
    private(set) var chartsFolder: String?
    /// The commit that the report names.
    private(set) var commit = "unknown"
    private(set) var wantsHelp = false
    private(set) var wantsGrowth = false
    private(set) var starts = 11
    /// The parts to measure; all if this is empty.
    private(set) var only: [String] = []
    private var givenRounds: Int?

    /// Whether the cases are small, as they are if there is no peer to compare with.
    var isSmall: Bool { peers.isEmpty }
    var rounds: Int { givenRounds ?? (isSmall ? 3 : 5) }

    static let help = """
        Measures what sse-relay costs on this machine, over loopback alone, beside other relays.

        usage: relay-bench [options] DAEMON
          DAEMON               the executable file to measure, built for release and stripped

        Without any peer the cases are taken in small, in two to three minutes. With peers they
        have the size that the targets name, which takes up to half an hour; every contestant is
        measured in turn in each round, and ratios are taken within a round.
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

    init(_ words: [String]) throws(BenchArgumentError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "-h", "--help": wantsHelp = true
            case "--growth": wantsGrowth = true
            case "--nginx": peers.nginx = try rest.value(of: word)
            case "--haproxy": peers.haproxy = try rest.value(of: word)
            case "--fastapi": peers.fastAPI = try rest.value(of: word)
            case "--fastapi-app": peers.fastAPIFile = try rest.value(of: word)
            case "--litellm": peers.liteLLM = try rest.value(of: word)
            case "--json": jsonPath = try rest.value(of: word)
            case "--markdown": markdownPath = try rest.value(of: word)
            case "--charts": chartsFolder = try rest.value(of: word)
            case "--commit": commit = try rest.value(of: word)
            case "--starts": starts = try rest.number(of: word, in: 1...1000)
            case "--rounds": givenRounds = try rest.number(of: word, in: 1...100)
            case "--only": only = try rest.parts(of: word)
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
}
