import Loop

/// Many streams at once on one loop, and what came of them.
final class Fleet {
    /// How long the streams may take beyond their own duration.
    private static let patience = Nanoseconds.seconds(4)

    let load: StreamLoad
    let target: StreamTarget
    let reactor: Reactor
    /// What is received, and what of it is content: shared by all, since one reads at a time.
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    var content: [UInt8] = []

    private let watched: ProcessUse?
    private let window: Range<Nanoseconds>
    private let begin: Nanoseconds
    private var clients: [StreamClient] = []
    private var running = 0
    private var outcome = FleetOutcome()
    private var onEnd: ((FleetOutcome) -> Void)?
    private lazy var starter = reactor.makeDeadline { [unowned self] in startDue() }
    private lazy var windowBegin = reactor.makeDeadline { [unowned self] in mark(isBegin: true) }
    private lazy var windowEnd = reactor.makeDeadline { [unowned self] in mark(isBegin: false) }
    private lazy var limit = reactor.makeDeadline { [unowned self] in giveUp() }

    /// Runs all streams of a load against a target.
    ///
    /// - Parameters:
    ///   - load: the streams.
    ///   - target: whom to ask for them.
    ///   - watched: the process whose processor time is counted meanwhile.
    ///   - loop: where the clients live.
    /// - Returns: what came of them, once all have ended or time is up.
    static func run(
        _ load: StreamLoad,
        against target: StreamTarget,
        watching watched: ProcessUse?,
        on loop: EventLoop
    ) async -> FleetOutcome {
        await withCheckedContinuation { continuation in
            loop.post { loop in
                let fleet = Fleet(load, target, watched, loop.reactor)
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
        _ target: StreamTarget,
        _ watched: ProcessUse?,
        _ reactor: Reactor
    ) {
        self.load = load
        self.target = target
        self.watched = watched
        self.reactor = reactor
        begin = monotonicNow() + .milliseconds(5)
        window = load.window(from: begin)
        outcome.latencies.reserveCapacity(load.streams * load.tokens)
    }

    private func start(onEnd: @escaping (FleetOutcome) -> Void) {
        self.onEnd = onEnd
        starter.set(at: begin)
        windowBegin.set(at: window.lowerBound)
        windowEnd.set(at: window.upperBound)
        limit.set(at: begin + load.duration + Self.patience)
    }

    // MARK: What the clients tell

    func receivedFirst(after delay: Nanoseconds) {
        outcome.firstTokenDelays.append(delay)
    }

    func received(stamp: Nanoseconds, at now: Nanoseconds) {
        outcome.tokens += 1
        guard window.contains(stamp) else { return }
        outcome.latencies.append(now > stamp ? now - stamp : 0)
    }

    func ended(failure: String?) {
        if let failure { outcome.failures.append(failure) }
        running -= 1
        if running == 0, clients.count + outcome.unstarted == load.streams { finish() }
    }

    // MARK: Moments

    private func startDue() {
        while clients.count + outcome.unstarted < load.streams {
            let next = clients.count + outcome.unstarted
            let due = load.start(of: next, from: begin)
            guard due <= monotonicNow() else { return starter.set(at: due) }
            do throws(SystemCallError) {
                let request = target.request(model: load.model(of: next))
                clients.append(try StreamClient(request, in: self))
                running += 1
            } catch {
                outcome.unstarted += 1
                outcome.failures.append(error.description)
            }
        }
        if running == 0 { finish() }
    }

    private func mark(isBegin: Bool) {
        let mark = FleetOutcome.Mark(
            instant: monotonicNow(),
            tokens: outcome.tokens,
            processorTime: watched?.processorTime ?? 0
        )
        if isBegin {
            outcome.begin = mark
        } else {
            outcome.end = mark
        }
    }

    private func giveUp() {
        for client in clients { client.close() }
        outcome.failures += Array(repeating: "not done in time", count: running)
        finish()
    }

    private func finish() {
        for deadline in [starter, windowBegin, windowEnd, limit] { deadline.clear() }
        // The clients and the fleet hold each other until here.
        clients = []
        onEnd.take()?(outcome)
    }
}

/// What came of a fleet's streams.
struct FleetOutcome: Sendable {
    /// The state of things at one end of the window.
    struct Mark: Sendable {
        let instant: Nanoseconds
        let tokens: Int
        let processorTime: Nanoseconds
    }

    /// From the stamp to its arrival, for each token stamped within the window.
    var latencies: [Nanoseconds] = []
    /// From `connect` to the first token of each stream.
    var firstTokenDelays: [Nanoseconds] = []
    /// Tokens received at any time.
    var tokens = 0
    /// Why streams failed, one line for each.
    var failures: [String] = []
    /// Streams that did not even get a socket.
    var unstarted = 0
    var begin: Mark?
    var end: Mark?
}
