package import Access
package import Generations
package import HTTPServer
package import Loop
package import Storage
package import Upstream

/// The relay: what all loops share, and its life from start to end.
package final class Service: Sendable {
    /// The configuration at the start; after a reload each loop has its own.
    let configuration: RelayConfiguration
    let limits: ServerLimits
    /// The memory that the bodies of requests share on all loops.
    let bodyBudget: BodyBudget
    /// Counts the connections of all loops.
    let connectionBook = ConnectionBook()
    let upstreamSettings: UpstreamSettings
    /// The folder of the page, or nil where none is served.
    let staticFolder: String?
    let access: AccessState
    let stores: Stores
    /// Nil where none is kept.
    let audit: AuditFile?
    package let log: Log
    /// What the relay gets from its machine beside its loops and sockets.
    package let platform: Platform
    /// The queue on which the parts of long answers that are not in memory are read back.
    let readBackQueue: any WorkQueue
    let post = LoopPost()
    let breakers = Breakers()
    /// Who waits for the upstreams, or for memory.
    let queues: CallQueues
    let modelLists = ModelLists()
    let health: Health

    /// Makes a relay that does not serve yet.
    package init(
        configuration: RelayConfiguration,
        limits: ServerLimits,
        upstreamSettings: UpstreamSettings,
        staticFolder: String?,
        access: AccessState = AccessState(),
        history: HistoryFile,
        keyFile: KeyFile? = nil,
        journal: JournalFolder? = nil,
        durability: Durability = .interval,
        audit: AuditFile? = nil,
        platform: Platform = .system,
        log: Log
    ) {
        self.configuration = configuration
        self.limits = limits
        let bodyBudget = BodyBudget(maxBytes: limits.bodyMemoryBytes)
        self.bodyBudget = bodyBudget
        queues = CallQueues(
            MemoryGauge(maxBytes: configuration.maxMemoryBytes) { bodyBudget.claimedBytes }
        )
        self.upstreamSettings = upstreamSettings
        self.staticFolder = staticFolder
        self.access = access
        self.audit = audit
        self.log = log
        self.platform = platform
        let readBackQueue = platform.work.queue("sse-relay.read-back", .clientWaits)
        self.readBackQueue = readBackQueue
        let health = Health(history, keyFile)
        self.health = health
        stores = Stores(
            history: history,
            keyFile: keyFile,
            journal: journal,
            durability: durability,
            keys: KeyTable(maxCount: configuration.maxKeys),
            recorder: Recorder(into: history, on: readBackQueue) { log.write($0) }
        )
    }

    /// Takes reports of what happens to answers, on any thread.
    func reported(_ report: GenerationReport) {
        switch report {
        case .ended(let answer):
            let bill = RateBill(
                tokens: answer.bill.tokens,
                nanodollars: answer.bill.nanodollars
            )
            if answer.wasAsked {
                access.budgets.settle(answer.id, bill)
            } else {
                access.budgets.release(answer.id)
            }
        // The loops share a disk, so its trouble is logged once.
        case .journal(let report) where !health.note(report): return
        default: break
        }
        log.write(report)
    }

    // MARK: Life

    /// Serves on all loops from one listening socket.
    ///
    /// - Parameters:
    ///   - loops: at most 64, since a generation's id names its loop by one digit.
    ///   - listeners: stay owned by the caller for as long as the relay serves.
    ///   - recovery: what an earlier process left in the journal.
    /// - Throws: what keeps a loop from serving.
    package func start(
        on loops: [EventLoop],
        listeners: [Int32],
        recovery: Recovery? = nil
    ) async throws(StartError) {
        post.begin(loops)
        queues.memory.whenAsked { [post] in post.postToAll { $0.measureMemory() } }
        restoreKeys(recovery)
        let left = recovery?.left ?? []
        for loop in loops {
            try await loop.run { loop throws(StartError) in
                let worker = try Worker(self, on: loop)
                loop.reactor.tenants.append(worker)
                for generation in left
                where self.post.loopIndex(of: generation.head.id) == loop.index {
                    worker.store.adopt(generation)
                }
            }
        }
        recover(recovery)
        stores.history.allowRotation()
        if let first = loops.first {
            await access.callers.begin(on: first, upstreamSettings) { [log] in log.write($0) }
        }
        do throws(StartError) {
            for loop in loops {
                try await loop.run { loop throws(StartError) in
                    try Worker.of(loop)?.accept(from: listeners)
                }
            }
        } catch {
            await access.callers.end()
            throw error
        }
    }

    private func recover(_ recovery: Recovery?) {
        guard let recovery else { return }
        let isDone = recovery.finish(into: stores.history, stores.keyFile) { log.write($0) }
        if !isDone { stores.recorder.leftForNextStart() }
    }

    /// Restores the keys of answers that ended before the start.
    private func restoreKeys(_ recovery: Recovery?) {
        guard let keyFile = stores.keyFile else { return }
        let kept = keyFile.takeKept()
        let now = wallMilliseconds()
        let missing = recovery?.missingKeys(in: kept, at: now) ?? []
        for key in missing { _ = keyFile.append(key) }
        stores.keys.restore(
            kept + missing,
            life: .seconds(configuration.resumeSeconds),
            at: monotonicNow(),
            wallMilliseconds: now
        )
    }

    /// Replaces the configuration and the limits of requests.
    ///
    /// New requests use them on all loops once this returns; a request or an answer keeps what it
    /// began with. `maxKeys`, the memory for bodies, and how long keys from before the start are
    /// kept do not change.
    package func reload(_ configuration: RelayConfiguration, limits: ServerLimits) async {
        queues.memory.replace(maxBytes: configuration.maxMemoryBytes)
        await post.onAll { $0.reload(configuration, limits) }
    }

    /// Stops accepting; answers that run go on.
    package func drain() async {
        await post.onAll { $0.drain() }
    }

    /// Ends the running answers, and says so in them.
    package func interrupt() async {
        await post.onAll { $0.store.interruptAll() }
    }

    /// Drops the remaining connections, and everything that lives on the loops.
    package func closeAll() async {
        await access.callers.end()
        for loop in post.loops {
            await loop.run { loop in
                Worker.of(loop)?.closeAll()
                loop.reactor.tenants.removeAll { $0 is Worker }
            }
        }
        stores.recorder.finish()
    }

    /// Whether the history has the records of all answers that have ended.
    package var isAllRecorded: Bool { stores.recorder.isAllRecorded }

    /// How many answers run and how many connections are open.
    package func load() async -> (generations: Int, connections: Int) {
        var generations = 0
        var connections = 0
        for loop in post.loops {
            let load = await loop.run { Worker.of($0)?.load ?? (generations: 0, connections: 0) }
            generations += load.generations
            connections += load.connections
        }
        return (generations, connections)
    }
}
