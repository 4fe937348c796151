import Loop
import Simulator

/// The mode `relay-bench instructions`: what a change costs, without a clock.
enum InstructionCommand {
    /// How long a count may take: everything should have ended long before.
    private static let limit = Nanoseconds.seconds(150)
    private static let pairLimit = Nanoseconds.seconds(600)

    /// Counts the figures, prints them, and compares or keeps them.
    ///
    /// - Parameter words: the arguments after `instructions`.
    /// - Returns: the exit code; 1 if a figure exceeds its bound.
    static func run(_ words: some Sequence<String>) -> Int32 {
        do {
            let arguments = try InstructionArguments(words)
            guard !arguments.wantsHelp else {
                Console.out(InstructionArguments.help)
                return 0
            }
            Signals.ignoreBrokenPipes()
            let guardian = Guardian(limit: arguments.countsPairs == nil ? limit : pairLimit)
            defer { Leftovers.shared.clear() }
            let counted = try count(arguments)
            guardian.stop()
            return try conclude(arguments, counted)
        } catch let error as BenchArgumentError {
            Console.error("relay-bench: \(error)\nTry relay-bench instructions --help.")
            return 64
        } catch {
            Console.error("relay-bench: \(error)")
            return 1
        }
    }

    private static func count(_ arguments: InstructionArguments) throws -> [InstructionFigure] {
        // A missing file is named before anything starts.
        for path in [Callgrind.path, arguments.daemon] { _ = try FileSize.bytes(of: path) }
        let upstream = try SimulatorServer()
        defer { upstream.stop() }
        let setup = DaemonSetup(
            binary: arguments.daemon,
            upstreamURL: upstream.openAIBaseURL,
            loops: 1,
            anthropicURL: arguments.countsPairs == nil ? nil : upstream.anthropicBaseURL
        )
        if let isFullSpeed = arguments.countsPairs {
            return try PairCases(setup: setup, isFullSpeed: isFullSpeed).count()
        }
        return try InstructionCases(setup: setup).count()
    }

    private static func conclude(
        _ arguments: InstructionArguments,
        _ counted: [InstructionFigure]
    ) throws -> Int32 {
        if arguments.countsPairs != nil { return judgePairs(counted) }
        let fresh = KeptFigures(versions: arguments.versions, figures: counted)
        if arguments.purpose == .keep {
            Console.out(table(counted, beside: nil))
            try TextFile.write(Array(fresh.text.utf8), to: arguments.keptPath)
            return 0
        }
        guard let text = TextFile.read(arguments.keptPath) else {
            Console.out(table(counted, beside: nil))
            guard arguments.purpose == .show else {
                throw BenchError.unreadable(arguments.keptPath)
            }
            return 0
        }
        let kept = try KeptFigures(text)
        Console.out(table(counted, beside: kept))
        return judge(arguments, fresh, against: kept)
    }

    private static func judgePairs(_ counted: [InstructionFigure]) -> Int32 {
        let ratio = PairCases.ratio(counted) ?? .infinity
        let words = "the dearest takes \(Format.fixed(ratio, 2)) times the cheapest's"
        Console.out(table(counted, beside: nil) + "\(words), of \(PairCases.room) at most\n")
        return ratio <= PairCases.room ? 0 : 1
    }

    private static func judge(
        _ arguments: InstructionArguments,
        _ fresh: KeptFigures,
        against kept: KeptFigures
    ) -> Int32 {
        let ratio = FilteredWords.objection(to: fresh.figures)
        if let ratio { Console.out("\(ratio)\n") }
        if ratio != nil, arguments.purpose == .check { return 1 }
        let objections = kept.objections(to: fresh.figures)
        let isSame = kept.versions == fresh.versions
        if !isSame {
            Console.out(
                "warning: the kept figures were taken with \(kept.versions),\n"
                    + "these with \(fresh.versions): a difference proves nothing.\n"
            )
        }
        for objection in objections { Console.out("\(objection)\n") }
        guard !objections.isEmpty, isSame, arguments.purpose == .check else { return 0 }
        Console.error("If it is worth its price: scripts/bench --quick --keep")
        return 1
    }

    private static func table(_ counted: [InstructionFigure], beside kept: KeptFigures?) -> String {
        var text = Format.left("instructions of the daemon", 28) + Format.right("now", 10)
        text += kept == nil ? "\n" : Format.right("kept", 10) + Format.right("change", 10) + "\n"
        for figure in counted {
            text += Format.left(figure.name, 28) + Format.right(Format.fixed(figure.value, 0), 10)
            if let value = kept?[figure.name] {
                let percent = Format.fixed((figure.value / value - 1) * 100, 1)
                text += Format.right(Format.fixed(value, 0), 10) + Format.right("\(percent) %", 10)
            }
            text += "\n"
        }
        return text
    }
}
