import Loop

/// What goes wrong in a world, and when.
struct Troubles {
    /// One thing that goes wrong.
    enum Event {
        /// The process dies at the disk's call of that number from now on, of those that are about
        /// a word.
        case kill(calls: Int, at: String?)
        /// The same, and the machine loses what was not safe.
        case powerLoss(calls: Int, at: String?)
        /// The process dies soon after the disk's next failure.
        case ambush(Ambush)
        /// The process dies now, and those after it die soon after they start.
        case crashLoop(CrashLoop)
        /// The process is asked to stop.
        case stop
        /// The disk has a fault for so long.
        case disk(DiskTroubles.Kind, milliseconds: Int)
        /// A background thread is stuck for so long.
        case slowness(milliseconds: Int)
        /// The wall clock is set ahead, or back.
        case clock(milliseconds: Int)
    }

    /// In the order of their times.
    private var events: [(at: Nanoseconds, event: Event)] = []

    /// Decides what goes wrong.
    ///
    /// - Parameters:
    ///   - plan: what may.
    ///   - start: when the world begins.
    ///   - span: how long things go wrong.
    init(_ plan: Plan, from start: Nanoseconds, for span: Nanoseconds) {
        // Each kind draws apart, so that to leave one out does not change the others.
        func add(_ trouble: Plan.Trouble, _ most: Int, _ make: (Chance) -> Event) {
            let chance = Chance(seed: plan.seed, part: "trouble \(trouble.rawValue)")
            guard plan.has(trouble) else { return }
            for _ in 0..<chance.within(0...most) {
                let at = start + Nanoseconds(chance.below(Int(span)))
                events.append((at, make(chance)))
            }
        }
        add(.kills, plan.endings) { .kill(calls: $0.below(40), at: $0.pick(Ambush.words)) }
        add(.power, plan.endings / 2) { .powerLoss(calls: $0.below(40), at: $0.pick(Ambush.words)) }
        add(.ambushes, min(2, plan.endings)) { .ambush(Ambush($0)) }
        add(.crashLoops, min(1, plan.endings)) { .crashLoop(CrashLoop($0)) }
        add(.stops, min(1, plan.endings)) { _ in .stop }
        add(.disk, 3) { .disk(DiskTroubles.Kind($0), milliseconds: $0.within(10...8000)) }
        add(.slowness, 4) { .slowness(milliseconds: $0.within(1...4000)) }
        add(.clocks, 1) { .clock(milliseconds: $0.within(-90_000...90_000)) }
        // A stable order, whatever has the same time.
        events = events.enumerated().sorted {
            ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
        }.map(\.element)
    }

    /// When the next thing goes wrong; nil where nothing does any more.
    var next: Nanoseconds? { events.first?.at }

    /// Something else goes wrong, which follows from what happened.
    mutating func add(_ event: Event, at time: Nanoseconds) {
        let place = events.firstIndex { $0.at > time } ?? events.count
        events.insert((time, event), at: place)
    }

    /// Takes the next thing that goes wrong by now.
    mutating func take(at now: Nanoseconds) -> Event? {
        guard let first = events.first, first.at <= now else { return nil }
        events.removeFirst()
        return first.event
    }
}
