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
    private let misfortune: Misfortune
    private var clients: [SimulatedClient] = []
    /// The requests that are under way.
    private var visits: [ClientVisit] = []
    /// When the next process starts; nil while one runs.
    private var startsAt: Nanoseconds?
    /// Until when all that was shown is safe.
    private var safe: SafeMoment
    /// Whether the disk ever lost what was written, so that files may have anything in its place.
    private(set) var hasLostContent = false
    /// When the disk last lost content of a journal, without the power being lost.
    private var lostAt: Nanoseconds = 0
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
        payments = Payments(
            promises,
            mostCalls: RelayProcess.mostCalls(plan),
            // A call may be open for a while after the answer.
            keysLast: .seconds(RelayProcess.resumeSeconds / 2),
            clock
        )
        witness = Witness(promises, payments)
        household = SharedKnowledge(promises, payments)
        safe = SafeMoment(at: clock.now)
        misfortune = Misfortune(plan, disk, story, clock, for: Self.span)
        if plan.hasOlderFolder {
            OlderFolder.write(on: disk, Chance(seed: plan.seed, part: "older"), promises)
        }
        disk.onLoss = { [unowned self] in contentLost(of: $0) }
        disk.onFailure = { [unowned self] in misfortune.diskFailed() }
        disk.onCall = { [unowned self] in fate(of: $0, $1) }
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
        clients.allSatisfy { $0.due == .max } && misfortune.next == nil
    }

    /// Lets one thing happen.
    private func turn() {
        step += 1
        if step > Self.mostSteps { return promises.fail("nothing comes to an end") }
        if clock.now - began > Self.longest { return promises.fail("somebody waits for ever") }
        let before = clock.now
        if !happens() {
            moveOn()
        } else if clock.now > before {
            // Somebody waited for a thread, and nothing else went on.
            safe.isDisturbed(at: clock.now)
        }
        noteDeath()
        noteReadiness()
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
        next = min(next, process?.nextDue ?? .max, misfortune.next ?? .max, startsAt ?? .max)
        guard next < .max, next > clock.now else { return promises.fail("nothing is due") }
        clock.move(by: next - clock.now)
    }

    // MARK: Troubles

    private func goesWrong(_ now: Nanoseconds) -> Bool {
        if let startsAt, startsAt <= now {
            startProcess()
            return true
        }
        guard let turn = misfortune.take(isAlive: process != nil) else { return false }
        switch turn {
        case .seenTo: break
        case .stop:
            story.tell("the process is asked to stop")
            process?.beginStop()
        case .slowness(let milliseconds):
            story.tell("a thread is stuck for \(milliseconds) ms")
            process?.work.hold(milliseconds: milliseconds)
            safe.isStuck(until: now + .milliseconds(milliseconds))
        case .clock(let milliseconds):
            story.tell("the wall clock is set by \(milliseconds) ms")
            clock.setWall(aheadBy: milliseconds)
            payments.keysMayExpire()
        }
        return true
    }

    /// Decides on a call of the disk.
    private func fate(of process: ProcessDisk, _ what: () -> String) -> CallFate {
        guard process === self.process?.disk, misfortune.strikes(at: what) else {
            return .happens
        }
        return chance.happens(oneIn: 2) ? .endsBefore : .endsWithin
    }

    /// A process that has died is buried, and another one follows.
    private func noteDeath() {
        guard let process, process.isOver else { return }
        let losesPower = process.disk.isDead && misfortune.losesPower
        let keptAll = process.keptAll
        misfortune.processEnded()
        endProcess()
        startsAt = clock.now + .milliseconds(chance.within(0...4000))
        if !keptAll { promises.processEnded() }
        if losesPower {
            story.tell("the machine loses its power")
            hasLostContent = true
            disk.losePower()
            promises.powerLost(
                since: plan.durability == .never ? 0 : safe.time,
                endsAreSafe: plan.durability == .always
            )
        }
        household.freeLostQuestions()
    }

    // MARK: What is safe

    /// Takes the relay's word for what it can write.
    private func noteReadiness() {
        guard let process, process.isReady else {
            return safe.isDisturbed(at: clock.now)
        }
        safe.follow(clock.now)
        // It has to hear of a loss before it can say so, and to make safe what it could not.
        let hasHeard = clock.now > lostAt + .seconds(1)
        if hasHeard, safe.isCalm(at: clock.now) { promises.becameSafe() }
    }

    /// The disk has lost content while the process runs, which writes it again.
    ///
    /// The history and the keys are in the journal until they are safe. Where nothing is to be safe,
    /// nothing is written again.
    private func contentLost(of name: String) {
        hasLostContent = true
        if name.hasSuffix(".journal") { lostAt = clock.now }
        guard plan.durability != .never else {
            promises.powerLost(since: 0, endsAreSafe: false)
            // The records of answers that are still in memory may be lost as well.
            promises.forgiveNew(until: clock.now + .seconds(RelayProcess.resumeSeconds))
            return household.freeLostQuestions()
        }
        guard name.hasSuffix(".journal") else { return }
        promises.becameUnsafe(since: safe.time)
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
            promises.contentLost(since: safe.time)
            payments.keysMayExpire()
        }
        do {
            process = try RelayProcess(processes, in: self)
        } catch {
            story.tell("process \(processes) cannot start: \(error)")
            startsAt = clock.now + .milliseconds(chance.within(500...3000))
        }
        safe.isDisturbed(at: clock.now)
        if process != nil { misfortune.processStarted() }
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

    /// The relay closed a connection in the middle of an answer.
    func cutOff(_ visit: ClientVisit) {
        story.tell("\(visit.name) is cut off")
        guard isServing, visit.isEager, visit.reading.ending ?? .cut == .cut else { return }
        // What the disk has lost of a journal cannot be read back, and the log says so.
        guard visit.reading.generation != nil, !visit.isPlain, lostAt == 0,
            !disk.has(.refusesReads)
        else { return }
        promises.fail("\(visit.reading.generation ?? "an answer") is cut off in the middle")
    }

    /// Tells what a client learned, but for the many words between.
    private func tell(_ event: AnswerEvent, by visit: ClientVisit) {
        switch event {
        case .entry, .text, .beside, .named: return
        default: break
        }
        let text = visit.reading.shown.suffix(24)
        story.tell("\(visit.name) of \(visit.reading.generation ?? "-"): \(event), after '\(text)'")
    }

    // MARK: The end

    /// Once all is calm, looks at everything that was ever promised.
    private func reckon() {
        misfortune.end()
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
