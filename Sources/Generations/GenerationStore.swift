package import ChatFormats
import Loop
package import Storage
import Wire

/// The answers of one loop by their ids.
///
/// Running ones, and ended ones that a client may come back for. Their keys, the journal and the
/// records are kept in step with them here.
package final class GenerationStore {
    /// What is given to the answers that begin from now on; a reload replaces it.
    package var context: LoopContext
    private let stores: Stores
    /// Nil where no journal is kept.
    package private(set) var journal: GenerationJournal?
    private var byID: [String: Generation] = [:]
    private var shelf = Shelf()
    /// Work that waits for ids whose answers may still be refused.
    private var expected: [String: [() -> Void]] = [:]
    private var random: RandomWords
    /// How many pieces of text the answers had that have ended.
    private var endedTokenCount = 0

    /// Makes an empty store.
    ///
    /// - Parameters:
    ///   - context: the loop's.
    ///   - stores: where entries, keys and records are kept, for all loops.
    package init(_ context: LoopContext, _ stores: Stores) {
        self.context = context
        self.stores = stores
        random = RandomWords(from: context.random)
        guard let folder = stores.journal else { return }
        let report = context.report
        journal = Journal.open(
            folder,
            durability: stores.durability,
            on: context.reactor,
            post: { [loop = context.reactor.loop] work in loop?.post { _ in work() } },
            report: { report(.journal($0)) }
        ) { journal in
            GenerationJournal(
                journal,
                durability: stores.durability,
                history: stores.history,
                keys: stores.keyFile,
                on: context.reactor,
                owner: self
            )
        }
    }

    /// Starts the journal, which is written at the loop's turn ends.
    package func start() {
        context.reactor.leader = journal
        journal?.start()
    }

    var sink: (any EntrySink)? { journal }

    package subscript(id: String) -> Generation? { byID[id] }

    package var all: [Generation] { Array(byID.values) }

    /// About how much memory answers hold, in bytes.
    package var heldBytes: Int { byID.values.reduce(0) { $0 + $1.heldBytes } }

    package var runningCount: Int { byID.values.count { !$0.isEnded } }

    /// How many pieces of text all answers of this process had so far.
    package var tokenCount: Int {
        byID.values.reduce(endedTokenCount) {
            $0 + ($1.isEnded ? 0 : $1.live.log.textEntryCount)
        }
    }

    /// A new answer's id.
    package func makeID() -> String {
        GenerationID.make(loop: context.reactor.index, from: &random)
    }

    // MARK: Ids that wait

    /// Notes that an id is taken before it is known whether its answer may begin.
    package func expect(_ id: String) { expected[id] = [] }

    /// Does the work that waited until it was known whether the answer may begin.
    package func decided(_ id: String) {
        for work in expected.removeValue(forKey: id) ?? [] { work() }
    }

    /// Does work once it is known whether an answer may begin.
    ///
    /// - Returns: whether that is not known yet.
    package func whenDecided(_ id: String, _ work: @escaping () -> Void) -> Bool {
        guard expected[id] != nil else { return false }
        expected[id]?.append(work)
        return true
    }

    // MARK: Life

    /// Makes an answer that begins now; it is given its source after that.
    ///
    /// - Parameters:
    ///   - id: made by `makeID`.
    ///   - owner: who asks; nil where callers are not told apart.
    ///   - key: the key under which the client asks, if any; it is claimed for this id.
    ///   - request: what is asked.
    ///   - source: the upstream and the model that are asked.
    ///   - onDisconnect: what happens when its last reader leaves.
    ///   - context: what it begins with; nil for what holds now.
    /// - Returns: the answer.
    package func begin(
        id: String,
        owner: String? = nil,
        key: RequestKey?,
        _ request: ChatRequest,
        source: GenerationRecord.Source,
        onDisconnect: OnDisconnect,
        in context: LoopContext? = nil
    ) -> Generation {
        let context = context ?? self.context
        let now = context.reactor.wallMilliseconds
        let start = request.conversation.map { _ in stores.history.begins(at: now) }
        let head = AnswerHead(
            id: id,
            owner: owner,
            key: key,
            request,
            source: source,
            startedAt: now,
            deletableFrom: start?.deletableFrom
        )
        let generation = Generation(
            head,
            number: start?.number ?? 0,
            onDisconnect: onDisconnect,
            context,
            in: self
        )
        byID[id] = generation
        if context.configuration.logsContent, let asked = request.messages.last {
            context.report(.asked(id: id, ShownText(asked.text.utf8.span)))
        }
        return generation
    }

    /// Takes over what an earlier process left, for readers that come back to it for a while.
    package func adopt(_ left: JournaledGeneration) {
        let generation = Generation(left, in: self)
        byID[generation.id] = generation
        if generation.live.head.conversationName != nil {
            stores.history.began(left.recordHead)
        }
        // An answer that failed before anything of it came had freed its key.
        if let key = generation.live.head.key, !generation.live.log.firstAnswerIsFailure {
            let isKept = stores.keys.adopt(key, for: generation.id, at: context.reactor.now)
            // A cut answer ends now.
            let endedAt = left.isEnded ? left.lastAt : context.reactor.wallMilliseconds
            if !isKept {
                _ = stores.keyFile?.append(key.kept(for: left.head.id, endedAt: endedAt))
            }
        }
        generation.beginRest()
    }

    /// Notes that an answer has ended: it stays under its key, and its record goes to the history.
    func ended(
        _ generation: Generation,
        _ usage: Usage?,
        askedTokens: Int,
        wasAsked: Bool,
        retries: Int,
        passedOver: Int
    ) {
        let live = generation.live
        endedTokenCount += live.log.textEntryCount
        // Nothing was answered: a client that asks again, as libraries do after a 429, must get an
        // answer.
        if live.log.firstAnswerIsFailure { freeKey(of: live.head) } else { keepKey(of: live) }
        context.report(
            .ended(
                EndedAnswer(
                    id: live.head.id,
                    bill: AnswerBill(
                        usage,
                        askedTokens: askedTokens,
                        live.context.configuration.price(of: live.head.source)
                    ),
                    wasAsked: wasAsked,
                    passedOver: passedOver,
                    failure: live.failure
                )
            )
        )
        let outcome = stores.recorder.record(
            live,
            retries: retries,
            later: Ticket(on: context.reactor) { [sink] in Self.recorded(live, $0, sink) }
        )
        if let outcome { Self.recorded(live, outcome, sink) }
    }

    private static func recorded(
        _ live: LiveLog,
        _ outcome: RecordOutcome,
        _ sink: (any EntrySink)?
    ) {
        guard let sink else { return live.head.dropRecord() }
        sink.recorded(live, outcome)
    }

    /// Keeps an ended answer without readers, for a client that comes back.
    func shelve(_ generation: Generation) {
        // What is kept must leave room for what is asked.
        let configuration = context.configuration
        let limit = min(configuration.keptBytes, configuration.maxMemoryBytes / 16)
        shelf.add(generation.id, generation.heldBytes, upTo: limit) { id in
            guard let generation = byID.removeValue(forKey: id) else { return }
            generation.letGo()
            forgetKey(of: generation.live.head)
        }
    }

    /// Whether the history has taken what an earlier process left.
    var isLeftRecorded: Bool { stores.recorder.isLeftRecorded }

    /// Shelves what an earlier process left, the oldest first, once the history has it.
    package func shelveLeft() {
        let left = all.filter(\.isLeft).sorted { $0.live.head.startedAt < $1.live.head.startedAt }
        for generation in left { generation.shelve() }
    }

    /// Drops an ended answer that nobody has come back for.
    func forget(_ generation: Generation) {
        context.heap.somethingEnded()
        remove(generation)
    }

    private func remove(_ generation: Generation) {
        byID[generation.id] = nil
        letGo(generation)
    }

    private func letGo(_ generation: Generation) {
        generation.letGo()
        freeKey(of: generation.live.head)
    }

    /// Stops the running answers of a deleted conversation, and drops its ended ones.
    ///
    /// - Parameters:
    ///   - conversation: the one that is deleted.
    ///   - number: the last answer that the deletion reaches; those that began later go on.
    package func forget(_ conversation: ConversationName, upTo number: Int) {
        for generation in all {
            guard generation.number <= number,
                generation.live.head.conversationName == conversation
            else { continue }
            generation.stop()
            remove(generation)
        }
        // Of those that have left memory, too, a record may be under way.
        stores.recorder.followDeleted()
    }

    /// Ends what runs, because the process was asked to stop.
    package func interruptAll() {
        for generation in all { generation.interrupt() }
    }

    /// Drops all that is left; the journal is written one last time, since the process may be gone
    /// before this turn ends.
    package func close() {
        let left = byID
        byID = [:]
        expected = [:]
        for generation in left.values { letGo(generation) }
        journal?.turnEnded()
        context.reactor.leader = nil
    }

    // MARK: Keys

    private func freeKey(of head: AnswerHead) {
        if let key = head.key { stores.keys.free(key, of: head.id) }
    }

    /// The key is still valid: a client that asks under it is sent the record, and nothing is paid
    /// twice.
    private func forgetKey(of head: AnswerHead) {
        guard let key = head.key else { return }
        let end = context.reactor.now + .seconds(context.configuration.resumeSeconds)
        stores.keys.forget(key, of: head.id, until: end)
    }

    /// From now on the key outlives this process, too.
    private func keepKey(of live: LiveLog) {
        guard let key = live.head.key, let file = stores.keyFile else { return }
        let now = context.reactor.wallMilliseconds
        live.journalTicket.keyPlace = file.append(key.kept(for: live.head.id, endedAt: now))
    }
}

extension GenerationStore: GenerationJournalOwner {
    var runningLogs: [LiveLog] { byID.values.lazy.filter { !$0.isEnded }.map(\.live) }

    func recordAgain(
        _ answer: UnrecordedGeneration,
        then use: @escaping (RecordOutcome) -> Void
    ) {
        stores.recorder.recordAgain(answer, for: Ticket(on: context.reactor, use))
    }
}
