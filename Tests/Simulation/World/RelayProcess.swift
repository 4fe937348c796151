import Access
import ChatFormats
import Generations
import HTTPServer
import Loop
import Relay
import Storage
import Upstream
import Wire

/// One process of the relay, from its start to its end, put together as the daemon does it.
///
/// `@unchecked Sendable`, since a world runs on one thread.
final class RelayProcess: @unchecked Sendable {
    private enum Phase {
        /// It takes requests. → draining, over
        case serving
        /// It takes none, and lets answers end until then. → ending, over
        case draining(until: Nanoseconds)
        /// What ran was interrupted, and readers get a moment to take the end. → over
        case ending(until: Nanoseconds)
        case over
    }

    /// Its calls of the disk.
    let disk: ProcessDisk
    /// Its threads.
    let work: SimulatedWork
    /// Its loops.
    let loops: [EventLoop]
    private let models: PlayedModels
    private let budgets: SlowBudgets?
    private let service: Service
    private let folder: DataFolder
    private unowned let world: World
    private var phase = Phase.serving
    /// The loop whose turn it is.
    private(set) var stepped: EventLoop?
    /// Whether it ended in order, with all that it had in the files.
    private(set) var keptAll = false
    private let drains: Nanoseconds
    /// How long readers get for the end.
    private static let endMilliseconds = 2000
    /// Where its files are.
    static let dataFolder = "/data"

    /// Starts a process.
    ///
    /// - Throws: what keeps it from starting.
    init(_ number: Int, in world: World) throws {
        self.world = world
        let plan = world.plan
        let chance = Chance(seed: plan.seed, part: "process \(number)")
        disk = world.disk.attach()
        work = SimulatedWork(clock: world.clock, chance: chance)
        drains = .milliseconds(chance.pick([0, 1000, 8000]))
        let platform = Platform(
            disk: disk,
            work: work,
            time: .manual(world.clock),
            random: SeededRandom(chance)
        )
        var options = DataFolder.Options(folder: Self.dataFolder)
        options.journalFolder = Self.dataFolder + "/journal"
        options.durability = plan.durability
        options.rotateBytes = plan.rotateBytes
        options.resumeSeconds = Self.resumeSeconds
        options.maxPendingBytes = plan.maxPendingBytes
        options.journalLimits = plan.journal
        options.platform = platform
        let lines = StoryLines(world.story, world.household)
        let household = OnOneThread(world.household)
        let log = Log(logsRequests: false, time: platform.time) { lines.write($0) }
        do {
            var folder = try DataFolder(
                options,
                reportKeys: { log.write(.info, "keys: \($0)") },
                report: { report in
                    log.write(.info, "history: \(report)")
                    if case .refused = report { household.value.recordRefused() }
                }
            )
            let recovery = folder.takeRecovery()
            self.folder = folder
            let budgets =
                plan.hasBudgets ? SlowBudgets(chance, work, world.promises) : nil
            self.budgets = budgets
            let models = PlayedModels(world)
            self.models = models
            service = Service(
                configuration: try Self.configuration(plan),
                limits: ServerLimits(),
                upstreamSettings: UpstreamSettings(),
                staticFolder: nil,
                access: AccessState(
                    callers: plan.hasOwners ? try Owners.callers() : AnonymousCallers(),
                    budgets: budgets ?? NoBudgets()
                ),
                history: folder.history,
                keyFile: folder.keys,
                journal: folder.journal,
                durability: plan.durability,
                makeClient: { reactor, _ in
                    UpstreamClient(on: reactor, playedBy: models.of(reactor))
                },
                platform: platform,
                log: log
            )
            var loops: [EventLoop] = []
            for index in 0..<plan.loops {
                loops.append(try EventLoop(stepped: index, clock: world.clock))
            }
            self.loops = loops
            service.begin(on: loops, recovery)
            let (service, left) = (service, recovery?.left ?? [])
            for loop in loops {
                try loop.assumeIsolated { try service.beginWorker(on: $0, adopting: left) }
            }
            service.finishStart(recovery)
            folder.history.holdReserve()
        } catch {
            work.end()
            disk.end()
            throw error
        }
    }

    // MARK: How it is configured

    /// How long ended answers and their keys are kept.
    static let resumeSeconds = 120

    private static let retries = 2

    /// How many calls one request may make at most.
    static func mostCalls(_ plan: Plan) -> Int { (1 + retries) * (plan.hasFallback ? 2 : 1) }

    private static func configuration(_ plan: Plan) throws(FilterError) -> RelayConfiguration {
        var first = RelayConfiguration.Upstream(
            name: "first",
            provider: .openAI,
            baseURL: "http://first/v1",
            key: nil,
            model: "one"
        )
        let second = RelayConfiguration.Upstream(
            name: "second",
            provider: .anthropic,
            baseURL: "http://second",
            key: nil,
            model: "two"
        )
        if plan.hasFallback { first.serves.fallbacks = [.init(upstream: "second", model: nil)] }
        let upstreams = plan.hasFallback ? [first, second] : [first]
        var configuration = RelayConfiguration(upstreams: upstreams)
        if plan.hasFilters {
            let word = FilterRule.Target.words(
                [CallText.secret],
                ignoresCase: false,
                areWhole: true
            )
            configuration.filters = try FilterList([.find(word, .replace("***"))])
        }
        configuration.headSeconds = 5
        configuration.firstDataSeconds = 10
        configuration.idleSeconds = 5
        configuration.totalSeconds = 60
        configuration.retryBudgetSeconds = 20
        configuration.maxRetries = retries
        configuration.keepAliveSeconds = 3
        configuration.headHoldSeconds = 2
        configuration.stallSeconds = 20
        configuration.resumeSeconds = resumeSeconds
        configuration.logWindowBytes = plan.logWindowBytes
        configuration.keptBytes = plan.keptBytes
        return configuration
    }

    // MARK: What is due

    /// Whether it takes requests.
    var isServing: Bool {
        if case .serving = phase { !disk.isDead } else { false }
    }

    /// Whether it says that all that must be written can be.
    var isReady: Bool { service.isReady }

    /// What waits for itself.
    var deadlock: String? { work.deadlock }

    /// How many of its parts have something to do now.
    func partsDue(at now: Nanoseconds) -> Int {
        var count = loops.count { ($0.nextWork ?? .max) <= now }
        if work.readyCount > 0 { count += 1 }
        if models.nextDue <= now { count += 1 }
        if phaseDue <= now { count += 1 }
        return count
    }

    /// When the next of them has something to do.
    var nextDue: Nanoseconds {
        var next = min(models.nextDue, phaseDue, work.nextDue ?? .max)
        for loop in loops { next = min(next, loop.nextWork ?? .max) }
        return next
    }

    /// Lets one of the parts that are due do something.
    func runPart(_ number: Int) {
        let now = world.clock.now
        var left = number
        for loop in loops where (loop.nextWork ?? .max) <= now {
            if left == 0 { return step(loop) }
            left -= 1
        }
        if work.readyCount > 0 {
            if left == 0 {
                work.runOne()
                return
            }
            left -= 1
        }
        if models.nextDue <= now {
            if left == 0 { return models.play(at: now) }
            left -= 1
        }
        goOnEnding(now)
    }

    private func step(_ loop: EventLoop) {
        stepped = loop
        loop.step()
        stepped = nil
    }

    /// A model's call is over.
    func ended(_ call: PlayedCall) { models.ended(call) }

    /// Takes a request.
    func play(
        _ head: RequestHead,
        body: [UInt8],
        with visit: ClientVisit,
        on loop: isolated EventLoop
    ) -> Exchange? {
        service.play(head, body: body, with: visit, on: loop)
    }

    // MARK: The end

    /// Whether it has ended, or died.
    var isOver: Bool {
        if case .over = phase { true } else { disk.isDead }
    }

    /// Ends it in order.
    func beginStop() {
        guard case .serving = phase else { return }
        for loop in loops { loop.assumeIsolated { service.drain($0) } }
        phase = .draining(until: world.clock.now + drains)
    }

    private var phaseDue: Nanoseconds {
        switch phase {
        case .serving, .over: .max
        case .draining(let until), .ending(let until):
            isIdle ? min(until, world.clock.now) : until
        }
    }

    /// How many places in its limits are held.
    var heldPlaces: Int { budgets?.heldCount ?? 0 }

    /// Whether no answer runs.
    var isIdle: Bool {
        loops.allSatisfy { loop in
            loop.assumeIsolated { service.load(of: $0).generations } == 0
        }
    }

    /// How many answers it has in memory.
    var answersInMemory: Int {
        loops.reduce(0) { count, loop in
            count + loop.assumeIsolated { service.answers(of: $0) }
        }
    }

    private func goOnEnding(_ now: Nanoseconds) {
        switch phase {
        case .serving, .over: return
        case .draining:
            for loop in loops { loop.assumeIsolated { service.interrupt($0) } }
            phase = .ending(until: now + .milliseconds(Self.endMilliseconds))
        case .ending:
            closeAll()
            let end = folder.close(isAllRecorded: service.isAllRecorded)
            world.story.tell("the process ends: \(end)")
            keptAll = end == .whole && service.isAllRecorded
            phase = .over
        }
    }

    private func closeAll() {
        for loop in loops { loop.assumeIsolated { service.close($0) } }
        service.finishRecords()
    }

    /// Lets go of everything; what it still does reaches nobody.
    func bury() {
        disk.end()
        work.end()
        closeAll()
        for loop in loops { loop.assumeIsolated { $0.stop() } }
    }
}
