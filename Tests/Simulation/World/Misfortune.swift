import Loop

/// All that goes wrong in a world: when it is due, and what follows from it.
final class Misfortune {
    /// What goes wrong now, of which the world has to see to some.
    enum Turn {
        /// The disk, or the process's life: it is seen to.
        case seenTo
        /// The process is asked to stop.
        case stop
        /// A background thread is stuck for so long.
        case slowness(milliseconds: Int)
        /// The wall clock is set ahead, or back.
        case clock(milliseconds: Int)
    }

    private let clock: ManualClock
    private let story: Story
    private let diskTroubles: DiskTroubles
    private var troubles: Troubles
    /// When the process dies of a trouble.
    private var doom = Doom()
    /// What waits for the disk's next failure.
    private var ambush: Ambush?
    /// How long after the next start the power goes, in milliseconds; nil where it does not.
    private var nextLoss: Int?
    /// The deaths that follow the next starts.
    private var crashLoop: CrashLoop?

    /// Decides what goes wrong within a span from now on.
    init(
        _ plan: Plan,
        _ disk: SimulatedDisk,
        _ story: Story,
        _ clock: ManualClock,
        for span: Nanoseconds
    ) {
        self.clock = clock
        self.story = story
        let chance = Chance(seed: plan.seed, part: "disk troubles")
        diskTroubles = DiskTroubles(disk, story, chance)
        troubles = Troubles(plan, from: clock.now, for: span)
    }

    /// When the next thing goes wrong, or is over; nil where nothing does any more.
    var next: Nanoseconds? {
        guard let end = diskTroubles.nextEnd else { return troubles.next }
        return troubles.next.map { min($0, end) } ?? end
    }

    /// Whether the process's death takes the machine's power with it.
    var losesPower: Bool { doom.losesPower }

    /// Lets one thing go wrong that is due, or be over.
    ///
    /// - Parameter isAlive: whether there is a process that can die.
    /// - Returns: what it is; nil where nothing is due.
    func take(isAlive: Bool) -> Turn? {
        if diskTroubles.endOne(at: clock.now) { return .seenTo }
        guard let event = troubles.take(at: clock.now) else { return nil }
        switch event {
        case .stop: return .stop
        case .slowness(let milliseconds): return .slowness(milliseconds: milliseconds)
        case .clock(let milliseconds): return .clock(milliseconds: milliseconds)
        case .disk(let kind, let milliseconds):
            diskTroubles.begin(kind, for: milliseconds, at: clock.now)
        case .ambush(let ambush):
            story.tell("something waits for the disk to fail")
            self.ambush = ambush
            diskTroubles.begin(ambush.trouble, for: ambush.milliseconds, at: clock.now)
        case .crashLoop(let loop):
            guard isAlive else { return .seenTo }
            crashLoop = loop
            diskTroubles.begin(loop.trouble, for: loop.milliseconds, at: clock.now)
            strike(after: 0, at: nil, losesPower: false)
        case .kill(let calls, let word):
            if isAlive { strike(after: calls, at: word, losesPower: false) }
        case .powerLoss(let calls, let word):
            if isAlive { strike(after: calls, at: word, losesPower: true) }
        }
        return .seenTo
    }

    private func strike(after calls: Int, at word: String?, losesPower: Bool) {
        let place = word.map { " of \($0)" } ?? ""
        story.tell("the process dies at the disk's call \(calls)\(place) from now on")
        doom.set(after: calls, at: word, losesPower: losesPower)
    }

    /// The disk has not done what it was asked to.
    func diskFailed() {
        guard let ambush else { return }
        self.ambush = nil
        nextLoss = ambush.nextLoss
        switch ambush.wait {
        case .calls(let calls):
            strike(after: calls, at: ambush.word, losesPower: ambush.losesPower)
        case .milliseconds(let span):
            let event: Troubles.Event =
                ambush.losesPower
                ? .powerLoss(calls: 0, at: ambush.word) : .kill(calls: 0, at: ambush.word)
            troubles.add(event, at: clock.now + .milliseconds(span))
        }
    }

    /// A call of the disk begins.
    ///
    /// - Parameter what: what it is about.
    /// - Returns: whether the process dies at it.
    func strikes(at what: () -> String) -> Bool { doom.strikes(at: what) }

    /// The process has died, or ended.
    func processEnded() { doom.clear() }

    /// Another process has started.
    func processStarted() {
        if let death = crashLoop?.takeNext() {
            let event: Troubles.Event =
                death.losesPower ? .powerLoss(calls: 0, at: nil) : .kill(calls: 0, at: nil)
            troubles.add(event, at: clock.now + .milliseconds(death.milliseconds))
        }
        guard let span = nextLoss else { return }
        nextLoss = nil
        troubles.add(.powerLoss(calls: 0, at: nil), at: clock.now + .milliseconds(span))
    }

    /// Nothing goes wrong any more.
    func end() {
        doom.clear()
        ambush = nil
        nextLoss = nil
        crashLoop = nil
    }
}
