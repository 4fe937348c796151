package import Access
package import Generations
package import HTTPServer
package import Loop
package import Storage
package import Upstream
package import Wire

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
    let audit: LineFile?
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
    /// Makes what calls the upstreams of one loop; nil if there is no memory for it.
    let makeClient: @Sendable (Reactor, UpstreamSettings) -> UpstreamClient?

    /// Makes a relay that does not serve yet.
    ///
    /// A simulation gives another `makeClient`, whose clients it plays.
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
        audit: LineFile? = nil,
        makeClient: @escaping @Sendable (Reactor, UpstreamSettings) -> UpstreamClient? = {
            UpstreamClient(on: $0, settings: $1)
        },
        platform: Platform = .system,
        log: Log
    ) {
        self.configuration = configuration
        self.limits = limits
        let bodyBudget = BodyBudget(maxBytes: limits.bodyMemoryBytes)
        self.bodyBudget = bodyBudget
        queues = CallQueues(
            MemoryGauge(maxBytes: configuration.maxMemoryBytes, time: platform.time) {
                bodyBudget.claimedBytes
            }
        )
        self.upstreamSettings = upstreamSettings
        self.staticFolder = staticFolder
        self.access = access
        self.audit = audit
        self.makeClient = makeClient
        self.log = log
        self.platform = platform
        let readBackQueue = platform.work.queue("sse-relay.read-back", .clientWaits)
        self.readBackQueue = readBackQueue
        let stores = Stores(
            history: history,
            keyFile: keyFile,
            journal: journal,
            durability: durability,
            keys: KeyTable(maxCount: configuration.maxKeys),
            recorder: Recorder(into: history, on: readBackQueue) { log.write($0) }
        )
        self.stores = stores
        health = Health(stores)
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

    /// Whether all that must be written can be, as `/readyz` says.
    package var isReady: Bool { health.problem == nil }

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
        begin(on: loops, recovery)
        let left = recovery?.left ?? []
        for loop in loops {
            try await loop.run { loop throws(StartError) in
                try self.beginWorker(on: loop, adopting: left)
            }
        }
        finishStart(recovery)
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

    // MARK: The parts of the start, for loops that are stepped by hand

    /// Notes which loops will serve, and restores what belongs to all of them: the start's first
    /// part.
    ///
    /// - Parameters:
    ///   - loops: at most 64, since a generation's id names its loop by one digit.
    ///   - recovery: what an earlier process left in the journal.
    package func begin(on loops: [EventLoop], _ recovery: Recovery? = nil) {
        post.begin(loops)
        if recovery != nil { stores.recorder.noteLeft(isRecorded: false) }
        queues.memory.whenAsked { [post] in post.postToAll { $0.measureMemory() } }
        restoreKeys(recovery)
    }

    /// Makes what serves on one loop: the start's second part, once for each loop.
    ///
    /// - Parameters:
    ///   - loop: one of those of the first part.
    ///   - left: the answers that an earlier process left, of all loops.
    /// - Throws: what keeps the loop from serving.
    package func beginWorker(
        on loop: isolated EventLoop,
        adopting left: [JournaledGeneration] = []
    ) throws(StartError) {
        let worker = try Worker(self, on: loop)
        loop.reactor.tenants.append(worker)
        for generation in left where post.loopIndex(of: generation.head.id) == loop.index {
            worker.store.adopt(generation)
        }
    }

    /// Hands what the loops have not adopted to the history: the start's third part.
    package func finishStart(_ recovery: Recovery? = nil) {
        guard let recovery else { return stores.history.allowUpkeep() }
        RecoveredRecords(recovery, stores) { [log] in
            log.write($0)
        } whenDone: { [stores, post] in
            stores.recorder.noteLeft(isRecorded: true)
            // What may be unsafe is in the file that is appended to until then.
            stores.history.allowUpkeep()
            post.postToAll { $0.store.shelveLeft() }
        }.begin()
    }

    /// Restores the keys of answers that ended before the start.
    private func restoreKeys(_ recovery: Recovery?) {
        guard let keyFile = stores.keyFile else { return }
        let kept = keyFile.takeKept()
        let now = platform.time.wallMilliseconds
        let missing = recovery?.missingKeys(in: kept, at: now) ?? []
        for key in missing { _ = keyFile.append(key) }
        stores.keys.restore(
            kept + missing,
            life: .seconds(configuration.resumeSeconds),
            at: platform.time.now,
            wallMilliseconds: now
        )
    }

    /// Replaces the configuration and the limits of requests.
    ///
    /// New requests use them on all loops once this returns; a request or an answer keeps what it
    /// began with. `maxKeys`, the memory for bodies, and how long keys from before the start are
    /// kept do not change.
    package func reload(_ configuration: RelayConfiguration, limits: ServerLimits) async {
        await post.onAll { self.reload(configuration, limits: limits, on: $0) }
    }

    /// The same for one loop.
    package func reload(
        _ configuration: RelayConfiguration,
        limits: ServerLimits,
        on loop: isolated EventLoop
    ) {
        queues.memory.replace(maxBytes: configuration.maxMemoryBytes)
        Worker.of(loop)?.reload(configuration, limits)
    }

    /// Stops accepting; answers that run go on.
    package func drain() async {
        await post.onAll { self.drain($0) }
    }

    /// The same for one loop.
    package func drain(_ loop: isolated EventLoop) { Worker.of(loop)?.drain() }

    /// Ends the running answers, and says so in them.
    package func interrupt() async {
        await post.onAll { self.interrupt($0) }
    }

    /// The same for one loop.
    package func interrupt(_ loop: isolated EventLoop) { Worker.of(loop)?.store.interruptAll() }

    /// Drops the remaining connections, and everything that lives on the loops.
    package func closeAll() async {
        await access.callers.end()
        await post.onAll { self.close($0) }
        finishRecords()
    }

    /// Drops everything that lives on one loop.
    package func close(_ loop: isolated EventLoop) {
        Worker.of(loop)?.closeAll()
        loop.reactor.tenants.removeAll { $0 is Worker }
    }

    /// Waits for the records that are under way, once all loops are closed.
    package func finishRecords() { stores.recorder.finish() }

    /// Whether the history has the records of all answers that have ended.
    package var isAllRecorded: Bool { stores.recorder.isAllRecorded }

    // MARK: What is asked on this machine

    /// Deletes a conversation as its route does: its running answers are stopped.
    ///
    /// - Returns: whether there was one, with records or with an answer that runs.
    /// - Throws: what the disk refuses; then it is not deleted.
    package func delete(_ conversation: ConversationName) async throws(HistoryQueryError) -> Bool {
        let order = OrderedDeletion(conversation, stores, post, platform.time)
        guard try await order.run() else { return false }
        if let audit {
            var event = AuditEvent(.deleted)
            event.conversation = conversation.id
            event.whose = .owner(conversation.owner)
            var line: [UInt8] = []
            event.append(milliseconds: platform.time.wallMilliseconds, to: &line)
            audit.append(line)
        }
        return true
    }

    /// What all loops do; waits for each of them.
    package func load() async -> Load {
        var load = Load()
        for loop in post.loops { load = load + (await loop.run { self.load(of: $0) }) }
        return load
    }

    /// The same of one loop.
    package func load(of loop: isolated EventLoop) -> Load { Worker.of(loop)?.load ?? Load() }

    /// How many answers one loop has in memory, ended ones included.
    package func answers(of loop: isolated EventLoop) -> Int {
        Worker.of(loop)?.store.all.count ?? 0
    }

    // MARK: Played clients

    /// Takes a request that came whole from a client that is played, without a connection.
    ///
    /// - Parameters:
    ///   - head: what is asked; it says how the body is framed.
    ///   - body: what follows the head, as it would be sent.
    ///   - peer: where the client is.
    ///   - standIn: plays the client; it may be called before this returns.
    ///   - loop: the one that the client came to.
    /// - Returns: the exchange, for the client to say that it takes more or has left; nil where the
    ///   loop does not serve.
    package func play(
        _ head: RequestHead,
        body: [UInt8] = [],
        from peer: PeerAddress = .unknown,
        with standIn: any ExchangeStandIn,
        on loop: isolated EventLoop
    ) -> Exchange? {
        Worker.of(loop)?.play(head, body: body, from: peer, with: standIn)
    }
}
