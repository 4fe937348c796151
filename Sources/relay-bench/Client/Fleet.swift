import Glibc
import Loop

/// Many streams at once on one loop, and their outcome.
final class Fleet {
    /// The pause between two looks at a contestant's memory, which cost us about 0.1 ms each.
    private static let memoryInterval = Nanoseconds.milliseconds(250)
    /// How long a contestant's work after its last byte counts, such as that for the record.
    private static let settling = Nanoseconds.milliseconds(100)

    let load: StreamLoad
    let reactor: Reactor
    /// Received bytes, and their content; all clients share these, since one reads at a time.
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    var content: [UInt8] = []

    private let targets: [StreamTarget]
    private let watched: ProcessTree?
    private let window: Range<Nanoseconds>
    private let begin: Nanoseconds
    private let processorTimeBefore: Nanoseconds
    private var clients: [StreamClient] = []
    private var started = 0
    private var running = 0
    private var outcome = FleetOutcome()
    private var onEnd: ((FleetOutcome) -> Void)?
    private lazy var starter = reactor.makeDeadline { [unowned self] in startDue() }
    private lazy var windowBegin = reactor.makeDeadline { [unowned self] in outcome.begin = mark }
    private lazy var windowEnd = reactor.makeDeadline { [unowned self] in outcome.end = mark }
    private lazy var memory = reactor.makeDeadline { [unowned self] in lookAtMemory() }
    private lazy var limit = reactor.makeDeadline { [unowned self] in cutOff() }
    private lazy var settled = reactor.makeDeadline { [unowned self] in finish() }

    /// Runs all streams of a load.
    ///
    /// - Parameters:
    ///   - load: the streams.
    ///   - targets: where to ask for each of them.
    ///   - watched: the processes whose use is counted meanwhile.
    ///   - loop: the clients' loop.
    /// - Returns: the outcome, once all have ended or time is up.
    static func run(
        _ load: StreamLoad,
        against targets: [StreamTarget],
        watching watched: ProcessTree?,
        on loop: EventLoop
    ) async -> FleetOutcome {
        await withCheckedContinuation { continuation in
            loop.post { loop in
                let fleet = Fleet(load, targets, watched, loop.reactor)
                loop.reactor.tenants.append(fleet)
                fleet.start { [unowned fleet, reactor = loop.reactor] outcome in
                    reactor.tenants.removeAll { $0 === fleet }
                    continuation.resume(returning: outcome)
                }
            }
        }
    }

    private init(
        _ load: StreamLoad,
        _ targets: [StreamTarget],
        _ watched: ProcessTree?,
        _ reactor: Reactor
    ) {
        self.load = load
        self.targets = targets
        self.watched = watched
        self.reactor = reactor
        processorTimeBefore = watched?.processorTime ?? 0
        begin = monotonicNow() + .milliseconds(5)
        window = load.window(from: begin)
        if load.timesTokens { outcome.latencies.reserveCapacity(load.streams * load.tokens) }
    }

    private func start(onEnd: @escaping (FleetOutcome) -> Void) {
        self.onEnd = onEnd
        starter.set(at: begin)
        limit.set(at: begin + load.duration + load.patience)
        if !window.isEmpty {
            windowBegin.set(at: window.lowerBound)
            windowEnd.set(at: window.upperBound)
        }
        if load.watchesMemory { memory.set(at: begin) }
    }

    // MARK: Reports of the clients

    func receivedFirst(after delay: Nanoseconds) {
        outcome.firstTokenDelays.append(delay)
    }

    func received(stamp: Nanoseconds, at now: Nanoseconds) {
        outcome.tokens += 1
        guard load.timesTokens, window.contains(stamp) else { return }
        outcome.latencies.append(now > stamp ? now - stamp : 0)
    }

    /// Notes a whole answer.
    ///
    /// - Parameters:
    ///   - duration: since its connection began; nil if the connection had answers before.
    ///   - now: when it ended.
    /// - Returns: whether the connection should ask again.
    func answered(after duration: Nanoseconds?, at now: Nanoseconds) -> Bool {
        outcome.answers += 1
        if let duration { outcome.durations.append(duration) }
        guard let repetition = load.repetition else { return false }
        return now < begin + repetition
    }

    func ended(failure: String?) {
        if let failure { outcome.failures.append(failure) }
        running -= 1
        endIfOver()
    }

    // MARK: Moments

    private func startDue() {
        while started < load.streams {
            let due = load.start(of: started, from: begin)
            guard due <= monotonicNow() else { return starter.set(at: due) }
            let target = targets[started]
            started += 1
            do throws(SystemCallError) {
                clients.append(try StreamClient(target, in: self))
                running += 1
            } catch {
                outcome.failures.append(error.description)
            }
        }
        endIfOver()
    }

    private var mark: FleetOutcome.Mark {
        FleetOutcome.Mark(tokens: outcome.tokens, processorTime: watched?.processorTime ?? 0)
    }

    private func lookAtMemory() {
        let bytes = (try? watched?.residentBytes()) ?? 0
        outcome.peakResidentBytes = max(outcome.peakResidentBytes, bytes)
        memory.set(at: monotonicNow() + Self.memoryInterval)
    }

    /// Ends the load: streams that are left have failed, and the contestant's further work for them
    /// does not count.
    private func cutOff() {
        outcome.isCutOff = true
        outcome.elapsed = monotonicNow() - begin
        outcome.processorTime = (watched?.processorTime ?? 0) - processorTimeBefore
        for client in clients { client.close() }
        let missing = running + load.streams - started
        outcome.failures += Array(repeating: "not done in time", count: missing)
        finish()
    }

    private func endIfOver() {
        guard running == 0, started == load.streams, outcome.elapsed == 0 else { return }
        outcome.elapsed = monotonicNow() - begin
        limit.clear()
        settled.set(at: monotonicNow() + Self.settling)
    }

    private func finish() {
        if !outcome.isCutOff {
            outcome.processorTime = (watched?.processorTime ?? 0) - processorTimeBefore
        }
        for deadline in [starter, windowBegin, windowEnd, memory, limit, settled] {
            deadline.clear()
        }
        // The clients and the fleet hold each other until here.
        clients = []
        onEnd.take()?(outcome)
    }
}
