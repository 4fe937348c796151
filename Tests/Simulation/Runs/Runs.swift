import Loop

/// Runs one world after the other, until one breaks a promise.
struct Runs {
    /// What happened in all worlds so far.
    private struct Total {
        var tally = Tally()
        /// How many broke a promise.
        var broken = 0
    }

    private let arguments: Arguments

    /// Takes what is to be run.
    init(_ arguments: Arguments) { self.arguments = arguments }

    /// Runs all.
    ///
    /// - Returns: whether all promises were kept.
    func run() -> Bool {
        let start = monotonicNow()
        var total = Total()
        for plan in arguments.plans {
            guard run(plan, &total) else { return false }
        }
        if arguments.plans.isEmpty, !runFresh(from: start, &total) { return false }
        Main.say(total.tally.summary(in: monotonicNow() - start, broken: total.broken))
        return total.broken == 0
    }

    private func runFresh(from start: Nanoseconds, _ total: inout Total) -> Bool {
        let end = arguments.seconds.map { start + .seconds($0) } ?? .max
        let runs = arguments.runs ?? (arguments.seconds == nil ? 100 : .max)
        var seed = arguments.first
        while total.tally.worlds < runs, monotonicNow() < end {
            guard run(arguments.fresh(seed), &total) else { return false }
            seed += 1
        }
        return true
    }

    private func run(_ plan: Plan, _ total: inout Total) -> Bool {
        let start = monotonicNow()
        let world = World(plan, keepsStory: arguments.tellsStories || arguments.runsTwice)
        let outcome = world.run()
        let tally = Tally(world)
        total.tally.add(tally)
        if arguments.tellsStories { world.story.lines.forEach(Main.say) }
        guard case .broken(let what, let step) = outcome else {
            let milliseconds = (monotonicNow() - start) / 1_000_000
            Main.say("seed \(plan.arguments): \(tally.text), \(milliseconds) ms")
            return !arguments.runsTwice || tellsAgain(plan, world.story.lines)
        }
        total.broken += 1
        Main.say("seed \(plan.arguments): broken at step \(step): \(what)")
        switch arguments.sequel {
        case .story: tell(Shortening(plan, what).shortest())
        case .end: break
        case .nextWorld: return true
        }
        return false
    }

    /// Whether another world of the plan tells the same story, line for line.
    private func tellsAgain(_ plan: Plan, _ lines: [String]) -> Bool {
        let world = World(plan, keepsStory: true)
        _ = world.run()
        guard world.story.lines != lines else { return true }
        let place = zip(world.story.lines, lines).enumerated().first {
            $0.element.0 != $0.element.1
        }
        Main.say(
            "seed \(plan.arguments): the second story is another at line \(place?.offset ?? 0):"
        )
        if let place { Main.say("'\(place.element.1)', and then '\(place.element.0)'") }
        return false
    }

    /// Tells how the promise is broken, in as few words as are found.
    private func tell(_ plan: Plan) {
        let world = World(plan, keepsStory: true)
        let outcome = world.run()
        world.story.lines.forEach(Main.say)
        if case .broken(let what, let step) = outcome {
            Main.say("broken at step \(step): \(what)")
        }
        Main.say("to see it again: scripts/simulate \(plan.arguments)")
    }
}
