package import ChatFormats
import Loop
import Storage

/// One model's answer to one request, made on this loop: it starts, yields entries, ends exactly
/// once.
///
/// Its readers read its `LiveLog`.
package final class Generation: LiveLogOwner {
    /// What it waits for while nobody reads.
    private enum Rest {
        /// Nothing yet: it runs, or is read.
        case none
        /// An earlier process left it, and the history may lack it: it stays in memory.
        case left
        /// It has ended, and is on the store's bounded shelf.
        case shelved
    }

    package let live: LiveLog
    /// Its number among the answers that this process began in conversations, by which a deletion
    /// knows those before it; 0 for all others.
    let number: Int
    private let onDisconnect: OnDisconnect
    private let context: LoopContext
    /// Not reference-counted: the store keeps its answers, and calls `letGo` when it drops one.
    private unowned(unsafe) let store: GenerationStore
    /// Where its entries come from; nil once it has ended.
    package private(set) var source: (any EntrySource)?
    private var rest = Rest.none
    /// When a running answer without readers is given up, or an ended one is forgotten.
    private let leaving: Deadline

    /// Makes a new answer, whose source is not started yet.
    init(
        _ head: AnswerHead,
        number: Int,
        onDisconnect: OnDisconnect,
        _ context: LoopContext,
        in store: GenerationStore
    ) {
        self.number = number
        self.onDisconnect = onDisconnect
        self.store = store
        self.context = context
        live = LiveLog(head, context, sink: store.sink)
        leaving = context.reactor.makeDeadline()
        leaving.whenDue { [unowned self] in leftAlone() }
        live.setOwner(self)
    }

    /// Makes an ended answer, as an earlier process left it in the journal.
    init(_ left: JournaledGeneration, in store: GenerationStore) {
        number = 0
        onDisconnect = .finish
        self.store = store
        context = store.context
        live = LiveLog(AnswerHead(left), store.context, ended: left.answer.log.copy())
        leaving = store.context.reactor.makeDeadline()
        rest = .left
        leaving.whenDue { [unowned self] in leftAlone() }
        live.setOwner(self)
    }

    deinit {
        source?.cancel()
        leaving.abandon()
        live.removeOwner()
    }

    package var id: String { live.head.id }
    package var isEnded: Bool { live.isEnded }

    /// Starts a source once the sink has the beginning.
    ///
    /// - Parameter source: kept until the end.
    package func begin(from source: any EntrySource) {
        self.source = source
        // Nobody reads yet, and a client that only announced its request may never come.
        switch onDisconnect {
        case .cancel: setLeaving(OnDisconnect.defaultGraceSeconds)
        case .grace(let seconds): setLeaving(max(seconds, OnDisconnect.defaultGraceSeconds))
        case .finish: break
        }
        live.begin { [self] in self.source?.start() }
    }

    // MARK: Readers

    func readerCame() { leaving.clear() }

    func readersLost() {
        guard !isEnded else { return beginRest() }
        switch onDisconnect {
        case .cancel: abandon()
        case .grace(let seconds): setLeaving(seconds)
        case .finish: break
        }
    }

    /// What was sent may still be lost on its way through kernels and proxies, and then the client
    /// comes back for it: the answer is kept for a while.
    func readersServed() { beginRest() }

    func readersStalled() -> Bool { source?.pause() ?? false }

    func readersDrained() { source?.resume() }

    /// Keeps an ended answer without readers for a while, within a bound, for a reader that comes
    /// back.
    func beginRest() {
        setLeaving(context.configuration.resumeSeconds)
        shelve()
    }

    /// Puts an ended answer on the store's shelf, unless it is there, or has to stay.
    func shelve() {
        switch rest {
        case .shelved: return
        case .left where !store.isLeftRecorded: return
        case .none, .left:
            rest = .shelved
            store.shelve(self)
        }
    }

    /// Whether an earlier process left it, and it is not on the shelf.
    var isLeft: Bool { rest == .left }

    private func setLeaving(_ seconds: Int) {
        leaving.set(at: context.reactor.now + .seconds(seconds))
    }

    private func leftAlone() {
        guard isEnded else { return abandon() }
        if rest == .left { beginRest() } else { store.forget(self) }
    }

    private func abandon() { end(.abandoned) }

    /// Marks it as forgotten: nobody can come back to it from now on.
    func letGo() {
        live.forget()
        leaving.clear()
    }

    /// About how much memory it holds.
    var heldBytes: Int {
        Self.emptyBytes + live.log.heldBytes + live.head.record.count + (source?.heldBytes ?? 0)
    }
    private static let emptyBytes = 2048

    // MARK: The answer

    /// Adds entries: the only way by which they come in.
    @inline(__always)
    func take<Failure: Error>(
        _ add: (inout EntryLog) throws(Failure) -> Void
    ) throws(Failure) {
        try live.take(add)
    }

    /// Ends it, because the source's answer is whole.
    package func answered(
        _ ending: Ending,
        finishReason: String,
        native: String? = nil,
        usage: Usage?
    ) {
        close(usage) { $0.appendFinish(ending, finishReason: finishReason, native: native) }
    }

    /// Ends it, because the source failed for good.
    package func failed(_ failure: UpstreamFailure, usage: Usage? = nil) {
        guard !isEnded else { return }
        live.note(failure)
        close(usage) { log in
            log.appendFailure(
                failure.ending,
                type: failure.type,
                message: failure.message,
                code: failure.code,
                param: failure.detail.param
            )
        }
    }

    /// Ends it, because the user wants no more; an answer that has ended already stays as it is.
    package func stop() {
        guard !isEnded else { return }
        source?.letGo()
        source?.cancel()
        close(nil) { $0.appendFinish(.stopped, finishReason: "stop") }
    }

    /// Ends it, because the process was asked to stop.
    func interrupt() { end(.interrupted) }

    private func end(_ failure: UpstreamFailure) {
        guard !isEnded else { return }
        source?.letGo()
        source?.cancel()
        failed(failure)
    }

    private func close(_ given: Usage?, _ appendLast: (inout EntryLog) -> Void) {
        guard !isEnded else { return }
        let usage = given ?? source?.usage
        let askedCount = source?.askedCount ?? 0
        live.noteEnd(tries: askedCount)
        take { log in
            if let usage { log.appendUsage(usage) }
            appendLast(&log)
        }
        let retries = source?.retryCount ?? 0
        let askedTokens = source?.askedTokens ?? 0
        let passedOver = source?.passedOverCount ?? 0
        source = nil
        store.ended(
            self,
            usage,
            askedTokens: askedTokens,
            wasAsked: askedCount > 0,
            retries: retries,
            passedOver: passedOver
        )
        if live.readers.isEmpty { beginRest() }
    }
}
