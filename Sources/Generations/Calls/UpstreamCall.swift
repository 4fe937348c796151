package import ChatFormats
import Loop
package import Upstream
import Wire

/// Asks upstreams for one generation's answer: does what its `CallMachine` says, and reads the
/// stream.
package final class UpstreamCall: TransferDelegate, EntrySource {
    /// Error bodies are read up to this size.
    static let maxErrorBodyBytes = 64 * 1024
    /// How long a finished stream may take to close so that its connection can be reused.
    static let closingSeconds = 5
    /// How long reading the past of a conversation may take; a long history is indexed first.
    static let pastSeconds = 60

    /// Who can be asked, in order.
    private let candidates: [ModelTable.Candidate]
    /// Why the candidates so far did not answer; one for each.
    private var failures = CandidateFailures()
    /// What is asked, for as long as another attempt may need it.
    private var question: Question?
    let context: LoopContext
    /// The generation whose answer it is; nil once the call is over.
    ///
    /// Not reference-counted: the generation cancels its source before it is gone.
    private(set) unowned(unsafe) var generation: Generation?
    var machine: CallMachine
    var transfer: Transfer?
    /// What the attempt brings; the first one's is made with the call.
    var stream: AttemptStream
    /// How long the attempt's body is.
    private var sentBytes = 0
    /// Whether any upstream was sent the request.
    package private(set) var askedCount = 0
    /// How much text is asked.
    var askedBytes = 0
    var errorBody: [UInt8] = []
    private var dataEvents = 0
    var lastFault = RetryPolicy.Fault.leftOut
    /// When the answer has taken too long, whatever the call is doing.
    let totalDue: Nanoseconds
    /// The clock that runs; it never runs past the total.
    let clock: Deadline
    /// Until when attempts may begin; set once the first one does.
    var budgetDue: Nanoseconds?
    /// Its place among those that the upstream answers, or in its queue.
    var place: CallPlace?
    /// Until when it waits there.
    var queueDue: Nanoseconds = 0
    /// Since when it waits there.
    var waitsSince: Nanoseconds = 0
    /// What bounds the wait for a head.
    var headClock = (clock: UpstreamClock.head, seconds: 0)

    /// Makes a call that begins once it is started.
    ///
    /// - Parameters:
    ///   - generation: the one whose answer it is.
    ///   - question: what is asked; nil where it is still being put together, and `gathered`
    ///     follows.
    ///   - candidates: who is asked, in order; at least one.
    ///   - context: the loop's.
    package init(
        for generation: Generation,
        _ question: consuming Question?,
        _ candidates: [ModelTable.Candidate],
        _ context: LoopContext
    ) {
        self.generation = generation
        self.candidates = candidates
        self.context = context
        machine = CallMachine(
            isWhole: question != nil,
            candidates: candidates.count,
            policy: RetryPolicy(maxRetries: context.configuration.maxRetries)
        )
        self.question = question
        clock = context.reactor.makeDeadline()
        totalDue = context.reactor.now + .seconds(context.configuration.totalSeconds)
        stream = AttemptStream(candidates[0], for: generation, context)
        clock.whenDue { [unowned self] in clockRanOut() }
    }

    deinit { clock.abandon() }

    var candidate: ModelTable.Candidate { candidates[machine.candidate] }
    var upstream: PreparedUpstream { candidates[machine.candidate].upstream }
    private var id: String { generation?.id ?? "" }
    var asked: RelayConfiguration.Upstream { upstream.configuration }

    /// How many attempts failed and were repeated.
    package var retryCount: Int { machine.retries }

    package var usage: Usage? { stream.decoder.usage(askedBytes: askedBytes) }
    package var askedTokens: Int { askedBytes / 4 }
    /// libcurl has a copy of the body for as long as the transfer.
    package var heldBytes: Int {
        (question?.heldBytes ?? 0) + (transfer == nil ? 0 : sentBytes)
    }
    package var passedOverCount: Int { stream.decoder.passedOverCount }
    /// Whether the stream has said that the answer is whole.
    var isWhole: Bool { stream.decoder.isSuccess }

    /// Asks the upstream, once the request is whole.
    package func start() { handle(.begun) }

    /// Takes the request, which is whole now.
    package func gathered(_ question: Question) {
        guard case .gathering = machine.phase else { return }
        self.question = question
        handle(.gathered)
    }

    /// Fails, because the past that belongs to the request cannot be had.
    package func notGathered(_ failure: UpstreamFailure) { handle(.notGathered, failure) }

    package func pause() -> Bool {
        guard !machine.isPaused else { return false }
        handle(.paused)
        return machine.isPaused
    }

    package func resume() { if machine.isPaused { handle(.resumed) } }

    /// Ends the call and closes the connection.
    package func cancel() {
        // One that waits for a place has not tried it.
        let isTrying = machine.phase == .connecting || machine.phase == .opened
        if isTrying, dataEvents == 0 { upstream.abandoned(context) }
        handle(.cancelled)
    }

    // MARK: What the machine says

    /// Passes what happened to the machine, with the failure where an attempt failed, and does what
    /// the machine says.
    func handle(_ input: CallMachine.Input, _ failure: UpstreamFailure? = nil) {
        let step = machine.handle(input)
        switch step.action {
        case .nothing: set(step.clock)
        case .attempt:
            set(step.clock)
            attempt()
        case .pause:
            set(step.clock)
            transfer?.pause()
        case .resume:
            set(step.clock)
            transfer?.resume()
        case .cancel: end()
        case .finish: finish(step.clock)
        case .fail(.pastIsLate): fail(.pastIsLate(seconds: Self.pastSeconds))
        case .fail: fail(failure ?? .interrupted)
        case .failOver: failOver(failure ?? .interrupted, step.clock)
        case .retry(let number, let milliseconds):
            let why = failure?.message ?? ""
            context.report(.retry(id: id, number: number, milliseconds: milliseconds, why: why))
            set(step.clock)
        }
    }

    private func attempt() {
        // Nobody waits for a place at who is left out.
        let now = context.reactor.now
        let isOpen = place == nil && upstream.breaker.isOpen(at: now)
        guard machine.othersCount == 0 || !isOpen else { return leftOut() }
        guard place != nil || takePlace() else { return }
        // The last one is asked in any case.
        guard machine.othersCount == 0 || upstream.isAdmitted(context) else { return leftOut() }
        errorBody = []
        if machine.retries > 0 || machine.candidate > 0 {
            stream = AttemptStream(candidate, for: generation, context)
        }
        dataEvents = 0
        askedBytes = question?.textBytes ?? 0
        do throws(ChatRequestError) {
            let body = try question?.takeBody(for: candidate) ?? []
            sentBytes = body.count
            askedCount += 1
            transfer = context.client.start(upstream.request(body: body), delegate: self)
        } catch {
            failed(AttemptFailure(.unwritable, .unwritable(error)))
        }
    }

    /// Asks the next candidate in the place of the one that failed.
    private func failOver(_ failure: UpstreamFailure, _ clock: CallMachine.Clock) {
        transfer?.cancel()
        transfer = nil
        place = nil
        generation?.live.tellPlace(nil)
        failures.add(failure, lastFault, of: machine.candidate - 1)
        let next = GenerationRecord.Source(candidate)
        generation?.live.answersFrom(next)
        if lastFault != .leftOut {
            context.report(.failedOver(id: id, to: next, why: failure.message))
        }
        set(clock)
        attempt()
    }

    private func finish(_ clock: CallMachine.Clock) {
        guard let generation else { return }
        self.generation = nil
        place = nil
        context.reactor.pace.hurry()
        // An answer in one piece is read at its end.
        if dataEvents == 0 { upstream.answered(context) }
        stream.close(for: generation)
        let outcome = stream.outcome(for: generation)
        generation.answered(
            outcome.ending ?? .complete,
            finishReason: outcome.finishReason ?? "stop",
            native: outcome.native,
            usage: usage
        )
        set(clock)
    }

    private func fail(_ last: UpstreamFailure) {
        let failure = hasAnswer ? last : summary(last)
        letGo()
        // What a filter still held may be what it blocks.
        if stream.isBlocked { return blocked() }
        let (generation, usage) = (generation, usage)
        end()
        generation?.failed(failure.redacted(upstream.configuration.secrets), usage: usage)
    }

    /// What the client is told where all candidates have failed.
    private func summary(_ last: UpstreamFailure) -> UpstreamFailure {
        guard !failures.isEmpty else { return last }
        failures.add(last, lastFault, of: machine.candidate)
        guard let summary = failures.summary else { return last }
        generation?.live.answersFrom(GenerationRecord.Source(candidates[summary.candidate]))
        return summary.failure
    }

    /// Closes the connection, if there still is one.
    private func end() {
        generation = nil
        transfer?.cancel()
        transfer = nil
        place = nil
        clock.clear()
    }

    // MARK: The transfer

    /// A type that is wrong says nothing: what comes is read as what its first bytes show.
    package func transfer(_ transfer: Transfer, receivedHead head: UpstreamHead) {
        generation?.live.passedFields = PassedFields.ofAnswer(head.fields)
        if head.status == 200 { set(machine.handle(.opened).clock) }
    }

    package func transfer(_ transfer: Transfer, received bytes: Span<UInt8>) {
        guard let generation else { return }
        guard transfer.head.status == 200 else {
            let room = Self.maxErrorBodyBytes - errorBody.count
            errorBody.append(span: bytes.extracting(first: min(room, bytes.count)))
            guard errorBody.count == Self.maxErrorBodyBytes else { return }
            // No more is read, and the end, which may never come, is not waited for.
            transfer.cancel()
            self.transfer = nil
            return refused(transfer.head)
        }
        let before = dataEvents
        do throws(StreamError) {
            try stream.decode(bytes, for: generation)
        } catch {
            return streamFailed(error, transfer.head, bytes)
        }
        dataEvents = stream.decoder.dataEventCount
        if dataEvents == before {
            // Comments: an upstream has them for who waits in its queue.
            if machine.phase == .opened { set(machine.handle(.alive).clock) }
        } else {
            if before == 0 { upstream.answered(context) }
            set(machine.handle(.events).clock)
            if question != nil {
                // Everybody waits for the first token, which a role alone is not.
                context.reactor.pace.hurry()
                if hasAnswer { question = nil }
            }
            context.reactor.pace.count(tokens: dataEvents - before)
        }
        if stream.isBlocked { return blocked() }
        guard stream.decoder.isDone else { return }
        guard isWhole else { return endedShort(transfer.head) }
        handle(.done(isOpen: true))
    }

    /// Whether the upstream has sent anything of the answer, though a filter may hold it.
    var hasAnswer: Bool { generation?.live.hasAnswer ?? true || stream.hasHeldAnswer }

    package func transfer(_ transfer: Transfer, ended error: TransferError?) {
        self.transfer = nil
        // The answer was already whole, and this is only the end of its connection.
        guard generation != nil else { return handle(.closed) }
        // The upstream had said that it was done: what broke after that is not the answer.
        if error != nil, isWhole { return handle(.done(isOpen: false)) }
        // A refusal counts though its body is cut: who refuses a long request may not read it.
        if transfer.isHeadWhole, transfer.head.status != 200 { return refused(transfer.head) }
        if let error { return failed(AttemptFailure(error, hasAnswer: hasAnswer, of: asked)) }
        endedInOrder(transfer.head)
    }

    /// Takes what is left of the stream.
    ///
    /// It was paid, so it is not asked for again, whatever it says or lacks.
    private func endedInOrder(_ head: UpstreamHead) {
        do throws(StreamError) {
            if let generation { try stream.finish(for: generation) }
        } catch {
            return streamFailed(error, head)
        }
        if stream.isBlocked { return blocked() }
        if isWhole { return handle(.done(isOpen: false)) }
        endedShort(head)
    }

    /// The stream is over, and is no whole answer.
    private func endedShort(_ head: UpstreamHead) {
        failed(AttemptFailure(endOf: head, hasAnswer: hasAnswer, stream.decoder, of: asked))
    }

    // MARK: Filters

    package func letGo() {
        guard let generation else { return }
        stream.close(for: generation)
        stream.cut(for: generation)
    }

    /// Ends the answer before what a filter blocks, and reads no more of it.
    func blocked() {
        let (generation, usage) = (generation, usage)
        handle(.cancelled)
        // The machine may be over already.
        end()
        generation?.answered(.filtered, finishReason: EntryFilter.finishReason, usage: usage)
    }
}
