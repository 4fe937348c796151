package import ChatFormats
import Loop
package import Upstream
import Wire

/// Asks an upstream for one generation's answer: does what its `CallMachine` says, and reads the
/// stream.
package final class UpstreamCall: TransferDelegate, EntrySource {
    /// Error bodies are read up to this size.
    private static let maxErrorBodyBytes = 64 * 1024
    /// How long a finished stream may take to close so that its connection can be reused.
    private static let closingSeconds = 5
    /// How long reading the past of a conversation may take; a long history is indexed first.
    private static let pastSeconds = 60

    private let candidate: ModelTable.Candidate
    /// What is asked, for as long as another attempt may need it.
    private var question: Question?
    private let context: LoopContext
    /// The generation whose answer it is; nil once the call is over.
    ///
    /// Not reference-counted: the generation cancels its source before it is gone.
    private unowned(unsafe) var generation: Generation?
    private var machine: CallMachine
    private var transfer: Transfer?
    private var decoder: StreamDecoder
    /// What is between the decoder and the log; nil for nothing.
    private var filter: EntryFilter?
    /// How much text is asked.
    private var askedBytes = 0
    private var errorBody: [UInt8] = []
    private var dataEvents = 0
    /// When the answer has taken too long, whatever the call is doing.
    private let totalDue: Nanoseconds
    /// The clock that runs; it never runs past the total.
    private let clock: Deadline

    /// Makes a call that begins once it is started.
    ///
    /// - Parameters:
    ///   - generation: the one whose answer it is.
    ///   - question: what is asked; nil where it is still being put together, and `gathered`
    ///     follows.
    ///   - candidate: the upstream that is asked.
    ///   - context: the loop's.
    package init(
        for generation: Generation,
        _ question: consuming Question?,
        _ candidate: ModelTable.Candidate,
        _ context: LoopContext
    ) {
        self.generation = generation
        self.candidate = candidate
        self.context = context
        machine = CallMachine(
            isWhole: question != nil,
            policy: RetryPolicy(maxRetries: context.configuration.maxRetries)
        )
        self.question = question
        clock = context.reactor.makeDeadline()
        totalDue = context.reactor.now + .seconds(context.configuration.totalSeconds)
        decoder = Self.decoder(candidate, context, of: generation.id)
        clock.whenDue { [unowned self] in clockRanOut() }
    }

    deinit { clock.abandon() }

    private static func decoder(
        _ candidate: ModelTable.Candidate,
        _ context: LoopContext,
        of answer: String
    ) -> StreamDecoder {
        StreamDecoder(
            candidate.upstream.configuration.provider,
            model: candidate.model,
            answer: answer,
            maxAnswerBytes: context.configuration.maxAnswerBytes
        )
    }

    private var upstream: PreparedUpstream { candidate.upstream }

    /// How many attempts failed and were repeated.
    package var retryCount: Int { machine.retries }

    package var usage: Usage? { decoder.usage(askedBytes: askedBytes) }
    package var passedOverCount: Int { decoder.passedOverCount }

    /// Asks the upstream, once the request is whole.
    package func start() { handle(.begun) }

    /// Takes the request, which is whole now.
    package func gathered(_ question: Question) {
        guard case .gathering = machine.phase else { return }
        self.question = question
        handle(.gathered)
    }

    /// Fails, because the past that belongs to the request cannot be had.
    package func notGathered(_ failure: UpstreamFailure) {
        handle(.notGathered, failure)
    }

    package func pause() -> Bool {
        guard !machine.isPaused else { return false }
        handle(.paused)
        return machine.isPaused
    }

    package func resume() { if machine.isPaused { handle(.resumed) } }

    /// Ends the call and closes the connection.
    package func cancel() { handle(.cancelled) }

    // MARK: What the machine says

    /// Passes what happened to the machine, with the failure where an attempt failed, and does what
    /// the machine says.
    private func handle(_ input: CallMachine.Input, _ failure: UpstreamFailure? = nil) {
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
        case .fail(.attempt): fail(failure ?? .interrupted)
        case .fail(.pastIsLate): fail(.pastIsLate(seconds: Self.pastSeconds))
        case .fail(.timeout(let clock)): fail(timeout(clock))
        case .retry(let number, let milliseconds):
            context.report(
                .retry(
                    id: generation?.id ?? "",
                    number: number,
                    milliseconds: milliseconds,
                    why: failure?.message ?? ""
                )
            )
            set(step.clock)
        }
    }

    private func attempt() {
        errorBody = []
        decoder = Self.decoder(candidate, context, of: generation?.id ?? "")
        filter = EntryFilter.make(for: generation, context)
        dataEvents = 0
        askedBytes = question?.textBytes ?? 0
        do throws(ChatRequestError) {
            let body = try question?.takeBody(for: candidate) ?? []
            transfer = context.client.start(upstream.request(body: body), delegate: self)
        } catch {
            failed(nil, .unwritable(error))
        }
    }

    private func finish(_ clock: CallMachine.Clock) {
        guard let generation else { return }
        self.generation = nil
        context.reactor.pace.hurry()
        finishDecoding(into: generation)
        var outcome = decoder.outcome
        if filter?.end(outcome.ending ?? .complete, of: generation) == true {
            outcome = (EntryFilter.finishReason, nil, .filtered)
        }
        generation.answered(
            outcome.ending ?? .complete,
            finishReason: outcome.finishReason ?? "stop",
            native: outcome.native,
            usage: usage
        )
        set(clock)
    }

    /// Adds what the decoder still has to say.
    private func finishDecoding(into generation: Generation) {
        generation.take { log in
            guard let filter else { return decoder.close(into: &log) }
            filter.take(into: &log) { decoder.close(into: &$0) }
        }
    }

    private func fail(_ failure: UpstreamFailure) {
        let generation = generation
        let usage = usage
        letGo()
        end()
        generation?.failed(failure.redacted(upstream.configuration.secrets), usage: usage)
    }

    /// Closes the connection, if there still is one.
    private func end() {
        generation = nil
        transfer?.cancel()
        transfer = nil
        clock.clear()
    }

    // MARK: The transfer

    /// A type that is wrong says nothing: what comes is read as what its first bytes show.
    package func transfer(_ transfer: Transfer, receivedHead head: UpstreamHead) {
        generation?.live.passedFields = PassedFields.ofAnswer(head.fields)
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
            try generation.take { log throws(StreamError) in
                guard let filter else { return try decoder.decode(bytes, into: &log) }
                try filter.decode(bytes, with: &decoder, into: &log)
            }
        } catch {
            return streamFailed(error, transfer.head, bytes)
        }
        dataEvents = decoder.dataEventCount
        if dataEvents != before {
            set(machine.handle(.events).clock)
            // Everybody waits for the first token.
            if question != nil { begun() }
            context.reactor.pace.count(tokens: dataEvents - before)
        }
        if filter?.isBlocked == true { return blocked() }
        guard decoder.isDone else { return }
        guard decoder.isSuccess else { return failed(nil, .noAnswer(upstream: upstreamName)) }
        handle(.done(isOpen: true))
    }

    private var upstreamName: String { upstream.configuration.name }

    /// The answer begins, if only with a role, so the first token is waited for; once that is
    /// there, no later attempt needs the request.
    private func begun() {
        context.reactor.pace.hurry()
        if hasAnswer { question = nil }
    }

    /// Whether the upstream has sent anything of the answer, though a filter may hold it.
    private var hasAnswer: Bool { generation?.live.hasAnswer ?? true || filter?.hasAnswer == true }

    package func transfer(_ transfer: Transfer, ended error: TransferError?) {
        self.transfer = nil
        // The answer was already whole, and this is only the end of its connection.
        guard generation != nil else { return handle(.closed) }
        // The upstream had said that it was done: what broke after that is not the answer.
        if error != nil, decoder.isSuccess { return handle(.done(isOpen: false)) }
        if let error { return failed(.connection(error), failure(error)) }
        guard transfer.head.status == 200 else { return refused(transfer.head) }
        endedInOrder(transfer.head)
    }

    /// Takes what is left of the stream.
    ///
    /// It was paid, so it is not asked for again, whatever it says or lacks.
    private func endedInOrder(_ head: UpstreamHead) {
        do throws(StreamError) {
            try generation?.take { log throws(StreamError) in
                guard let filter else { return try decoder.finish(into: &log) }
                try filter.take(into: &log) { rest throws(StreamError) in
                    try decoder.finish(into: &rest)
                }
            }
        } catch {
            return streamFailed(error, head)
        }
        if filter?.isBlocked == true { return blocked() }
        if decoder.isSuccess { return handle(.done(isOpen: false)) }
        let type = head.fields.first("content-type") ?? ""
        // A sentence, for example: an answer would have shown itself.
        let isStream = type.isEmpty || type.lowercased().hasPrefix("text/event-stream")
        if decoder.isEmpty, !isStream {
            return failed(nil, .notAStream(type, upstream: upstream.configuration))
        }
        failed(
            nil,
            hasAnswer ? .truncated(upstream: upstreamName) : .noAnswer(upstream: upstreamName)
        )
    }

    // MARK: Filters

    package func letGo() {
        guard let generation else { return }
        finishDecoding(into: generation)
        _ = filter?.end(nil, of: generation)
    }

    /// Ends the answer before what a filter blocks, and reads no more of it.
    private func blocked() {
        guard let generation else { return }
        handle(.cancelled)
        generation.answered(.filtered, finishReason: EntryFilter.finishReason, usage: usage)
    }

    // MARK: Failures

    private func refused(_ head: UpstreamHead) {
        let hints = RetryPolicy.Hints(head.fields, now: context.reactor.wallMilliseconds / 1000)
        let body = errorBody
        let failure = UpstreamFailure(
            status: head.status,
            head: head,
            body: body.span,
            upstream: upstream.configuration
        )
        failed(.status(head.status, hints), failure)
    }

    private func streamFailed(
        _ error: StreamError,
        _ head: UpstreamHead,
        _ bytes: Span<UInt8> = Span()
    ) {
        transfer?.cancel()
        transfer = nil
        if case .page = error {
            let type = head.fields.first("content-type") ?? "a page without a type"
            let words = VendorError(body: bytes).message
            return failed(nil, .notAStream(type, words, upstream: upstream.configuration))
        }
        let failure = UpstreamFailure(error, upstream: upstream.configuration)
        guard case .vendor(_, _, _, let isOverloaded, _) = error else {
            return failed(nil, failure)
        }
        failed(.inStream(isOverloaded: isOverloaded), failure)
    }

    /// Whatever breaks in mid-answer leaves a cut answer.
    private func failure(_ error: TransferError) -> UpstreamFailure {
        guard generation != nil, hasAnswer else {
            return UpstreamFailure(error, upstream: upstream.configuration)
        }
        var failure = UpstreamFailure.truncated(upstream: upstream.configuration.name)
        failure.message += " (\(error.detail))"
        return failure
    }

    private func failed(_ fault: RetryPolicy.Fault?, _ failure: UpstreamFailure) {
        let input = CallMachine.Input.failed(
            fault,
            hasAnswer: hasAnswer,
            jitter: Double.random(in: 0...1)
        )
        handle(input, failure.redacted(upstream.configuration.secrets))
    }

    private func timeout(_ clock: UpstreamClock) -> UpstreamFailure {
        let configuration = context.configuration
        let seconds =
            switch clock {
            case .firstByte: configuration.firstByteSeconds
            case .idle: configuration.idleSeconds
            case .total: configuration.totalSeconds
            }
        return .timeout(clock, seconds: seconds, upstream: upstream.configuration.name)
    }

    // MARK: Clocks

    private func set(_ clock: CallMachine.Clock) {
        let configuration = context.configuration
        switch clock {
        case .goesOn: return
        case .stops: self.clock.clear()
        case .past: set(.seconds(Self.pastSeconds))
        case .firstByte: set(.seconds(configuration.firstByteSeconds))
        case .idle: set(.seconds(configuration.idleSeconds))
        case .milliseconds(let count): set(Nanoseconds.milliseconds(count))
        case .total: self.clock.set(at: totalDue)
        // The answer is whole, so the total no longer counts.
        case .closing:
            self.clock.set(at: context.reactor.now + .seconds(Self.closingSeconds))
        }
    }

    private func set(_ time: Nanoseconds) {
        clock.set(at: min(context.reactor.now + time, totalDue))
    }

    private func clockRanOut() {
        // Between attempts the decoder is still that of the failed one.
        handle(.timeUp(isTotal: context.reactor.now >= totalDue, isWhole: decoder.isSuccess))
    }
}
