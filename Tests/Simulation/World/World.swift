import Glibc
import Loop
import Storage

/// A machine with a relay, its clients and its models, all of which comes from one seed.
///
/// One thing happens after the other: a turn of a loop, work of a thread, something that a client
/// or a model does, a trouble. Chance picks which of those that are due is next. Where nothing is
/// due, the clock moves on to what is.
final class World {
    /// How a world ended.
    enum Outcome: Equatable {
        /// All promises were kept.
        case kept
        /// One was broken, at a step.
        case broken(String, step: Int)
    }

    let plan: Plan
    let clock = ManualClock(start: .seconds(1000), wallMilliseconds: 1_800_000_000_000)
    let disk: SimulatedDisk
    let story: Story
    let promises: Promises
    let payments: Payments
    let witness: Witness
    let household: SharedKnowledge
    private(set) var process: RelayProcess?
    private(set) var step = 0
    private let chance: Chance
    private var troubles: Troubles
    private var clients: [SimulatedClient] = []
    /// The requests that are under way.
    private var visits: [ClientVisit] = []
    /// When the next process starts; nil while one runs.
    private var startsAt: Nanoseconds?
    /// Whether the process's death takes the machine's power with it.
    private var losesPower = false
    /// How many more calls of the disk the process lives for; nil where it is not to die.
    private var callsLeft: Int?
    /// The disk's faults that pass, and when.
    private var passing: [(at: Nanoseconds, fault: DiskFault)] = []
    /// When the disk's last trouble, or the last pause of a thread, was over.
    private var troubledUntil: Nanoseconds = 0
    /// How many processes there have been.
    private(set) var processes = 0
    private let began: Nanoseconds

    /// How much time has passed.
    var span: Nanoseconds { clock.now - began }

    /// How long clients come and things go wrong.
    private static let span = Nanoseconds.seconds(40)
    /// A world that is not calm by then waits for something for ever.
    private static let mostSteps = 400_000
    private static let longest = Nanoseconds.seconds(2000)

    /// Makes the world of a plan; nothing has happened in it.
    init(_ plan: Plan, keepsStory: Bool) {
        self.plan = plan
        began = clock.now
        story = Story(isKept: keepsStory)
        chance = Chance(seed: plan.seed, part: "world")
        disk = SimulatedDisk(chance: Chance(seed: plan.seed, part: "disk"), story: story)
        promises = Promises(clock)
        payments = Payments(promises, mostCalls: RelayProcess.mostCalls(plan))
        witness = Witness(promises, payments)
        household = SharedKnowledge(promises, payments)
        troubles = Troubles(plan, from: clock.now, for: Self.span)
        if plan.hasOlderFolder {
            OlderFolder.write(on: disk, Chance(seed: plan.seed, part: "older"), promises)
        }
        disk.onLoss = { [unowned self] in
            promises.contentLost(since: unsafeSince(clock.now))
            household.freeLostQuestions()
        }
        disk.onCall = { [unowned self] in fate(of: $0) }
        for number in 0..<plan.clients where !plan.absent.contains(number) {
            clients.append(SimulatedClient(number, in: self, within: Self.span))
        }
    }

    // MARK: Running

    /// Lets all of it happen.
    func run() -> Outcome {
        startProcess()
        while promises.violation == nil, !isCalm { turn() }
        if promises.violation == nil { reckon() }
        endProcess()
        guard let violation = promises.violation else { return .kept }
        return .broken(violation, step: step)
    }

    /// Whether all clients have done all, and nothing goes wrong any more.
    private var isCalm: Bool {
        clients.allSatisfy { $0.due == .max } && troubles.next == nil && passing.isEmpty
    }

    /// Lets one thing happen.
    private func turn() {
        step += 1
        if step > Self.mostSteps { return promises.fail("nothing comes to an end") }
        if clock.now - began > Self.longest { return promises.fail("somebody waits for ever") }
        if !happens() { moveOn() }
        noteDeath()
        if let process, process.isReady { promises.becameSafe() }
        if let deadlock = process?.deadlock { promises.fail(deadlock) }
    }

    /// - Returns: whether anything was due.
    private func happens() -> Bool {
        let now = clock.now
        if goesWrong(now) { return true }
        let due = clients.indices.filter { clients[$0].due <= now }
        let parts = process?.partsDue(at: now) ?? 0
        guard due.count + parts > 0 else { return false }
        let picked = chance.below(due.count + parts)
        if picked < parts { process?.runPart(picked) } else { clients[due[picked - parts]].act() }
        return true
    }

    private func moveOn() {
        var next = clients.map(\.due).min() ?? .max
        next = min(next, process?.nextDue ?? .max, troubles.next ?? .max, startsAt ?? .max)
        next = min(next, passing.map(\.at).min() ?? .max)
        guard next < .max, next > clock.now else { return promises.fail("nothing is due") }
        clock.move(by: next - clock.now)
    }

    // MARK: Troubles

    private func goesWrong(_ now: Nanoseconds) -> Bool {
        if let place = passing.firstIndex(where: { $0.at <= now }) {
            let fault = passing.remove(at: place).fault
            story.tell("the disk's fault is over: \(fault)")
            disk.faults.removeAll { $0.isLeft(of: fault) }
            return true
        }
        if let startsAt, startsAt <= now {
            startProcess()
            return true
        }
        guard let event = troubles.take(at: now) else { return false }
        switch event {
        case .kill(let calls): doom(after: calls, losesPower: false)
        case .powerLoss(let calls): doom(after: calls, losesPower: true)
        case .stop:
            story.tell("the process is asked to stop")
            process?.beginStop()
        case .disk(let number, let milliseconds):
            let fault = Self.fault(number, chance, disk)
            story.tell("the disk has a fault for \(milliseconds) ms: \(fault)")
            disk.faults.append(fault)
            passing.append((now + .milliseconds(milliseconds), fault))
            troubledUntil = max(troubledUntil, now + .milliseconds(milliseconds))
        case .slowness(let milliseconds):
            story.tell("a thread is stuck for \(milliseconds) ms")
            process?.work.hold(milliseconds: milliseconds)
            troubledUntil = max(troubledUntil, now + .milliseconds(milliseconds))
        case .clock(let milliseconds):
            story.tell("the wall clock is set by \(milliseconds) ms")
            clock.setWall(aheadBy: milliseconds)
            payments.keysMayExpire()
        }
        return true
    }

    private static func fault(
        _ number: Int,
        _ chance: Chance,
        _ disk: SimulatedDisk
    ) -> DiskFault {
        switch number {
        case 0, 1: .full(bytes: disk.used + chance.below(8192))
        case 2: .refusesWrites
        case 3: .refusesReads
        case 4: .refusesNames
        case 5: .noDescriptors
        default: .failsSync(times: chance.within(1...20))
        }
    }

    private func doom(after calls: Int, losesPower: Bool) {
        guard process != nil else { return }
        story.tell("the process dies at the disk's call \(calls) from now on")
        self.losesPower = losesPower
        callsLeft = calls
    }

    /// Decides on a call of the disk.
    private func fate(of process: ProcessDisk) -> CallFate {
        guard process === self.process?.disk, let left = callsLeft else { return .happens }
        callsLeft = left > 0 ? left - 1 : nil
        guard left == 0 else { return .happens }
        return chance.happens(oneIn: 2) ? .endsBefore : .endsWithin
    }

    /// A process that has died is buried, and another one follows.
    private func noteDeath() {
        guard let process, process.isOver else { return }
        let isKilled = process.disk.isDead
        let keptAll = process.keptAll
        callsLeft = nil
        endProcess()
        let clockNow = clock.now
        startsAt = clockNow + .milliseconds(chance.within(0...4000))
        if !keptAll { promises.processEnded() }
        if isKilled, losesPower {
            story.tell("the machine loses its power")
            losesPower = false
            disk.losePower()
            promises.powerLost(
                since: unsafeSince(clockNow),
                endsAreSafe: plan.durability == .always
            )
        }
        household.freeLostQuestions()
    }

    /// What was shown since then may be gone with the power.
    private func unsafeSince(_ now: Nanoseconds) -> Nanoseconds {
        let span: Nanoseconds =
            switch plan.durability {
            case .never: now
            // Under `always` this is for what runs.
            case .always, .interval: .milliseconds(1000 + 500) + slowness(now)
            }
        return span >= now ? 0 : now - span
    }

    /// How much longer than its interval a disk may take that was in trouble a moment ago: after a
    /// failure it is asked again five seconds later.
    private func slowness(_ now: Nanoseconds) -> Nanoseconds {
        !passing.isEmpty || now < troubledUntil + .seconds(7) ? .seconds(15) : 0
    }

    // MARK: The process

    /// Whether the relay takes requests.
    var isServing: Bool { process?.isServing ?? false }

    /// Whether there is a process that has not died.
    var isAlive: Bool { process.map { !$0.disk.isDead } ?? false }

    private func startProcess() {
        startsAt = nil
        processes += 1
        story.tell("process \(processes) starts")
        // What cannot be read at the start is set aside, and the log admits it.
        if disk.has(.refusesReads) {
            promises.contentLost(since: unsafeSince(clock.now))
            payments.keysMayExpire()
        }
        do {
            process = try RelayProcess(processes, in: self)
        } catch {
            story.tell("process \(processes) cannot start: \(error)")
            startsAt = clock.now + .milliseconds(chance.within(500...3000))
        }
    }

    private func endProcess() {
        guard let process else { return }
        let open = visits
        visits = []
        for visit in open { visit.lose() }
        process.bury()
        payments.processEnded()
        self.process = nil
    }

    /// Holds a text against the filters.
    func checkFilters(_ text: String) {
        if plan.hasFilters, text.contains(CallText.secret) {
            promises.fail("a word passed the filters: '\(text)'")
        }
    }

    // MARK: For clients

    /// A loop that takes a request; nil where none does.
    func loop(_ chance: Chance) -> EventLoop? {
        guard let process, process.isServing else { return nil }
        return chance.pick(process.loops)
    }

    /// A request is on its way.
    func sent(_ visit: ClientVisit) {
        visits.removeAll { $0.end != nil }
        visits.append(visit)
    }

    /// A client learned something.
    ///
    /// - Returns: the last entry of the log that its reading has now.
    func learned(_ event: AnswerEvent, by visit: ClientVisit, after last: Int?) -> Int? {
        var last = last
        tell(event, by: visit)
        witness.learned(event, by: visit, &last, isSafe: process?.isReady ?? false)
        return last
    }

    /// Tells what a client learned, but for the many words between.
    private func tell(_ event: AnswerEvent, by visit: ClientVisit) {
        switch event {
        case .entry, .text, .beside, .named: return
        default: break
        }
        let who = visit.client.map { "client \($0.number)" } ?? "the last look"
        let text = visit.reading.shown.suffix(24)
        story.tell("\(who) of \(visit.reading.generation ?? "-"): \(event), after '\(text)'")
    }

    // MARK: The end

    /// Once all is calm, looks at everything that was ever promised.
    private func reckon() {
        callsLeft = nil
        losesPower = false
        Reckoning(self).run()
    }

    /// Lets time pass until a condition holds, with no client and no trouble.
    ///
    /// - Returns: whether it came to hold in time.
    func pass(atMost span: Nanoseconds, until condition: () -> Bool) -> Bool {
        let end = clock.now + span
        while promises.violation == nil, !condition() {
            step += 1
            guard clock.now < end, step < Self.mostSteps else { return false }
            let parts = process?.partsDue(at: clock.now) ?? 0
            if parts > 0 {
                process?.runPart(chance.below(parts))
            } else if let next = process?.nextDue, next > clock.now {
                clock.move(by: min(next, end) - clock.now)
            } else {
                clock.move(by: end - clock.now)
            }
            if let process, process.isOver { endProcess() }
        }
        return promises.violation == nil
    }

    /// Starts a process, if none runs.
    func ensureProcess() {
        if process == nil { startProcess() }
    }
}
