import Dispatch
package import HTTPServer
package import Loop
package import Storage
package import Upstream

/// The relay: what all loops share, and the life of the whole.
package final class Service: Sendable {
    let configuration: RelayConfiguration
    let limits: ServerLimits
    /// The memory that the bodies of requests share on all loops.
    let bodyBudget: BodyBudget
    let upstreamSettings: UpstreamSettings
    /// The folder of the page, or nil where none is served.
    let staticFolder: String?
    let history: HistoryFile
    /// Where keys outlive the process; nil where they do not.
    let keyFile: KeyFile?
    /// The folder of the journals, or nil where none is kept.
    let journal: JournalFolder?
    /// When the journal and the history are made safe against a loss of power.
    let durability: Durability
    package let log: Log
    /// The answers that clients may ask for by keys of their own.
    let keys: KeyTable
    /// Where what is not in memory of long answers is read back.
    let readBackQueue = DispatchQueue(label: "sse-relay.read-back", qos: .userInitiated)
    let recorder: Recorder
    /// What is wrong with the journals at the moment.
    private let journalOutages = Guarded(JournalOutages())
    /// The loops that serve, in the order of their numbers; set once at the start.
    private let loops = Guarded<[EventLoop]>([])

    /// Describes a relay that does not serve yet.
    package init(
        configuration: RelayConfiguration,
        limits: ServerLimits,
        upstreamSettings: UpstreamSettings,
        staticFolder: String?,
        history: HistoryFile,
        keyFile: KeyFile? = nil,
        journal: JournalFolder? = nil,
        durability: Durability = .interval,
        log: Log
    ) {
        self.configuration = configuration
        self.limits = limits
        bodyBudget = BodyBudget(maxBytes: limits.bodyMemoryBytes)
        self.upstreamSettings = upstreamSettings
        self.staticFolder = staticFolder
        self.history = history
        self.keyFile = keyFile
        self.journal = journal
        self.durability = durability
        self.log = log
        keys = KeyTable(maxCount: configuration.maxKeys)
        recorder = Recorder(into: history, on: readBackQueue, log: log)
    }

    /// Serves on all loops from one listening socket.
    ///
    /// - Parameters:
    ///   - loops: at most 64, since a generation's id names its loop by one digit.
    ///   - listener: stays owned by the caller for as long as the relay serves.
    ///   - recovery: what an earlier process left in the journal.
    /// - Throws: what keeps a loop from serving.
    package func start(
        on loops: [EventLoop],
        listener: Int32,
        recovery: Recovery? = nil
    ) async throws(StartError) {
        precondition(loops.count <= GenerationID.maxLoops, "a digit tells 64 loops apart")
        self.loops.withLock { $0 = loops }
        restoreKeys(recovery)
        let left = recovery?.left ?? []
        for loop in loops {
            try await loop.run { loop throws(StartError) in
                let worker = try Worker(self, on: loop)
                loop.reactor.tenants.append(worker)
                for generation in left
                where self.loopIndex(of: generation.head.id) == loop.index {
                    worker.adopt(generation)
                }
            }
        }
        if let recovery, !recovery.finish(into: history, keyFile, log: log) {
            recorder.leftForNextStart()
        }
        history.allowRotation()
        for loop in loops {
            try await loop.run { loop throws(StartError) in
                try Worker.of(loop)?.accept(from: listener)
            }
        }
    }

    /// Takes back the keys of answers that ended before the start.
    private func restoreKeys(_ recovery: Recovery?) {
        guard let keyFile else { return }
        let kept = keyFile.takeKept()
        let now = wallMilliseconds()
        let missing = recovery?.missingKeys(in: kept, at: now) ?? []
        for key in missing { _ = keyFile.append(key) }
        keys.restore(
            kept + missing,
            life: .seconds(configuration.resumeSeconds),
            at: monotonicNow(),
            wallMilliseconds: now
        )
    }

    /// Stops accepting; answers that run go on.
    package func drain() async {
        await onAll { $0.drain() }
    }

    /// Ends what still runs, truthfully.
    package func interrupt() async {
        await onAll { $0.interrupt() }
    }

    /// Drops the connections that are left, and all that lives on the loops.
    package func closeAll() async {
        for loop in loops.withLock({ $0 }) {
            await loop.run { loop in
                Worker.of(loop)?.closeAll()
                loop.reactor.tenants.removeAll { $0 is Worker }
            }
        }
        recorder.finish()
    }

    /// Whether the history has the records of all answers that have ended.
    package var isAllRecorded: Bool { recorder.isAllRecorded }

    /// How many answers run and how many connections are open.
    package func load() async -> (generations: Int, connections: Int) {
        var generations = 0
        var connections = 0
        for loop in loops.withLock({ $0 }) {
            let load = await loop.run { Worker.of($0)?.load ?? (generations: 0, connections: 0) }
            generations += load.generations
            connections += load.connections
        }
        return (generations, connections)
    }

    /// Whether journals reach the disk at the moment, and safely as far as that is looked after.
    var isJournalWritable: Bool {
        journalOutages.withLock { $0 == JournalOutages() }
    }

    /// Notes what one of the journals has to say.
    func journalReported(_ report: JournalReport) {
        guard journalOutages.withLock({ $0.note(report) }) else { return }
        log.write(report)
    }

    /// The loop that owns an answer; nil where the text is no id of ours.
    ///
    /// An earlier process may have had more loops than there are now.
    func loopIndex(of id: String) -> Int? {
        let count = loops.withLock { $0.count }
        return GenerationID.loop(of: id).map { $0 % max(1, count) }
    }

    /// Hands a request to the loop that owns the answer it wants.
    ///
    /// - Returns: whether there is such a loop.
    func move(_ exchange: Exchange, toLoop index: Int) -> Bool {
        let loops = loops.withLock { $0 }
        guard loops.indices.contains(index), let detached = exchange.detach() else { return false }
        loops[index].post { Worker.of($0)?.adopt(detached) }
        return true
    }

    /// Runs work on a loop soon, unless the loop serves no longer.
    func post(toLoop index: Int, _ work: @escaping @Sendable (Worker) -> Void) {
        let loops = loops.withLock { $0 }
        guard loops.indices.contains(index) else { return }
        loops[index].post { loop in
            if let worker = Worker.of(loop) { work(worker) }
        }
    }

    /// Runs work on all loops soon.
    func postToAll(_ work: @escaping @Sendable (Worker) -> Void) {
        for index in loops.withLock({ $0 }).indices { post(toLoop: index, work) }
    }

    /// Asks all loops for values, and hands them on when the last has told its own.
    ///
    /// A loop that serves no longer has none to tell; nobody waits for it.
    ///
    /// - Parameters:
    ///   - look: runs on every loop.
    ///   - use: takes all values, in no order, on the loop that was the last.
    func gather<Value: Sendable>(
        _ look: @escaping @Sendable (Worker) -> [Value],
        then use: @escaping @Sendable ([Value]) -> Void
    ) {
        let loops = loops.withLock { $0 }
        guard !loops.isEmpty else { return use([]) }
        let gathering = Gathering<Value>(from: loops.count)
        for loop in loops {
            loop.post { loop in
                if let all = gathering.add(Worker.of(loop).map(look) ?? []) { use(all) }
            }
        }
    }

    private func onAll(_ work: @escaping @Sendable (Worker) -> Void) async {
        for loop in loops.withLock({ $0 }) {
            await loop.run { loop in
                if let worker = Worker.of(loop) { work(worker) }
            }
        }
    }
}

/// Values on their way from all loops to one place.
private final class Gathering<Value: Sendable>: Sendable {
    /// How many loops have not told theirs, and what the others have told.
    private let state: Guarded<(left: Int, values: [Value])>

    init(from count: Int) { state = Guarded((count, [])) }

    /// Adds what one loop has.
    ///
    /// - Returns: all of it, where that was the last.
    func add(_ values: [Value]) -> [Value]? {
        state.withLock { state in
            state.left -= 1
            state.values += values
            return state.left == 0 ? state.values : nil
        }
    }
}

/// Why the relay cannot serve.
package enum StartError: Error, CustomStringConvertible {
    /// The folder of the page cannot be opened.
    case staticFolder(String, SystemCallError)
    /// The listening socket cannot be watched.
    case listener(SystemCallError)
    /// libcurl cannot be set up.
    case outOfMemory

    /// One line for the log.
    package var description: String {
        switch self {
        case .staticFolder(let path, let error): "\(path): \(error)"
        case .listener(let error): "the listening socket: \(error)"
        case .outOfMemory: "libcurl is out of memory"
        }
    }
}
