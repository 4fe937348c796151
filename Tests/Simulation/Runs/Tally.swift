import Loop

/// How much happened in worlds.
struct Tally {
    private(set) var worlds = 0
    private var answers = 0
    private var calls = 0
    private var processes = 0
    private var steps = 0
    private var span: Nanoseconds = 0

    /// Begins with nothing.
    init() {}

    /// Counts one world.
    init(_ world: World) {
        worlds = 1
        answers = world.promises.ids.count
        calls = world.payments.calls
        processes = world.processes
        steps = world.step
        span = world.span
    }

    /// Adds another's.
    mutating func add(_ other: Tally) {
        worlds += other.worlds
        answers += other.answers
        calls += other.calls
        processes += other.processes
        steps += other.steps
        span += other.span
    }

    /// What happened in one world.
    var text: String {
        "\(answers) answers, \(calls) calls, \(processes) processes, \(steps) steps,"
            + " \(span / 1_000_000_000) s"
    }

    /// What happened in all, and how fast that was.
    ///
    /// - Parameters:
    ///   - time: how long it took.
    ///   - broken: how many of the worlds broke a promise.
    /// - Returns: a line.
    func summary(in time: Nanoseconds, broken: Int) -> String {
        let rate = Double(answers) * 1e9 / Double(max(1, time))
        let verdict =
            broken == 0
            ? "\(worlds) worlds kept all promises" : "\(broken) of \(worlds) worlds broke one"
        return "\(verdict): \(text) in \(time / 1_000_000) ms,"
            + " \(Int(rate)) answers a second"
    }
}
