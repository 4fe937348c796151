import Glibc
import Wire

/// What is wrong with the command line.
struct ArgumentError: Error {
    let message: String
}

/// What is to be run.
struct Arguments {
    /// What follows on a broken promise.
    enum Sequel {
        /// The shortest story of it that is found.
        case story
        /// Nothing: it is enough to know the seed.
        case end
        /// The next world.
        case nextWorld
    }

    static let usage = """
        usage: simulate [SEED... | --kept FILE] [--runs N] [--seconds N] [--from SEED]
                        [--absent N,N...] [--without TROUBLE,...] [--story] [--twice]
                        [--first | --survey]
        """

    /// The plans that are named; empty for fresh seeds.
    private(set) var plans: [Plan] = []
    /// How many fresh seeds are run; nil for as many as there is time for.
    private(set) var runs: Int?
    /// How long fresh seeds are run, in seconds.
    private(set) var seconds: Int?
    /// The first fresh seed.
    private(set) var first: UInt64
    /// What does not go wrong.
    private(set) var without: Set<Plan.Trouble> = []
    /// What follows on a broken promise.
    private(set) var sequel = Sequel.story
    /// Whether stories are told of worlds in which all is well.
    private(set) var tellsStories = false
    /// Whether each world is run twice, and has to tell the same story.
    private(set) var runsTwice = false

    /// Reads a command line.
    init(_ words: some Sequence<String>) throws(ArgumentError) {
        first = UInt64.random(in: 0..<1 << 48)
        var seeds: [UInt64] = []
        var absent: Set<Int> = []
        var words = Array(words)[...]
        while let word = words.popFirst() {
            switch word {
            case "--runs": runs = try Self.number(after: word, &words)
            case "--seconds": seconds = try Self.number(after: word, &words)
            case "--from": first = UInt64(try Self.number(after: word, &words))
            case "--story": tellsStories = true
            case "--twice": runsTwice = true
            case "--first": sequel = .end
            case "--survey": sequel = .nextWorld
            case "--kept": plans += try Self.kept(try Self.value(after: word, &words))
            case "--absent": absent = try Self.clients(try Self.value(after: word, &words))
            case "--without": without = try Self.troubles(try Self.value(after: word, &words))
            default:
                guard let seed = UInt64(word) else {
                    throw ArgumentError(message: "'\(word)' is neither a seed nor an option")
                }
                seeds.append(seed)
            }
        }
        for seed in seeds {
            var plan = fresh(seed)
            plan.absent = absent
            plans.append(plan)
        }
    }

    /// The world of a seed, without what is left out.
    func fresh(_ seed: UInt64) -> Plan {
        var plan = Plan(seed: seed)
        plan.without = without
        return plan
    }

    /// Reads the plans of a file: a line for each, as the command line has them; what follows a
    /// `#` says what it found.
    private static func kept(_ path: String) throws(ArgumentError) -> [Plan] {
        guard let file = fopen(path, "r") else {
            throw ArgumentError(message: "\(path) cannot be read")
        }
        defer { fclose(file) }
        var plans: [Plan] = []
        var line = [CChar](repeating: 0, count: 1024)
        while fgets(&line, Int32(line.count), file) != nil {
            let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let text = String(decoding: bytes, as: UTF8.self)
            let words = text.prefix { $0 != "#" && $0 != "\n" }.split(separator: " ")
            if !words.isEmpty { plans += try Arguments(words.map(String.init)).plans }
        }
        return plans
    }

    private static func value(
        after option: String,
        _ words: inout ArraySlice<String>
    ) throws(ArgumentError) -> String {
        guard let value = words.popFirst() else {
            throw ArgumentError(message: "\(option) needs a value")
        }
        return value
    }

    private static func number(
        after option: String,
        _ words: inout ArraySlice<String>
    ) throws(ArgumentError) -> Int {
        let value = try value(after: option, &words)
        guard let number = parseDecimal(value) else {
            throw ArgumentError(message: "\(option) takes a number, not '\(value)'")
        }
        return number
    }

    private static func clients(_ list: String) throws(ArgumentError) -> Set<Int> {
        var clients: Set<Int> = []
        for word in list.split(separator: ",") {
            guard let number = parseDecimal(String(word)) else {
                throw ArgumentError(message: "--absent takes numbers, not '\(word)'")
            }
            clients.insert(number)
        }
        return clients
    }

    private static func troubles(_ list: String) throws(ArgumentError) -> Set<Plan.Trouble> {
        var troubles: Set<Plan.Trouble> = []
        for word in list.split(separator: ",") {
            guard let trouble = Plan.Trouble(rawValue: String(word)) else {
                let names = Plan.Trouble.allCases.map(\.rawValue).joined(separator: ", ")
                throw ArgumentError(message: "there is no trouble '\(word)'; there are \(names)")
            }
            troubles.insert(trouble)
        }
        return troubles
    }
}
