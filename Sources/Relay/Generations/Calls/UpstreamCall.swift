import ChatFormats
import Loop
import Upstream
import Wire

/// Asks an upstream for one generation's answer: attempts, clocks, and the reading of its stream.
///
/// An attempt that fails before anything of the answer has come is made again as `RetryPolicy`
/// says. Once an entry is in the log there is no second attempt: it would be another answer.
final class UpstreamCall: TransferDelegate {
    /// Error bodies are read this far.
    ///
    /// In bytes.
    private static let maxErrorBody = 64 * 1024
    /// How long a finished stream may take to close, so that its connection is used again.
    ///
    /// In seconds.
    private static let closingSeconds = 5

    /// How long the past of a conversation may take to be read; a long history is indexed first.
    ///
    /// In seconds.
    private static let pastSeconds = 60

    private let upstream: PreparedUpstream
    /// The request, for as long as another attempt may need it.
    private var body: [UInt8]
    private let worker: Worker
    /// Who is answered; nil once the call is over, which also breaks the cycle between the two.
    private var generation: Generation?
    private var transfer: Transfer?
    private var decoder: StreamDecoder
    private var errorBody: [UInt8] = []
    private var retries = 0
    /// Whether the request was whole when this was made, and whether it may be sent.
    private var waitsForBody: Bool
    private var isStarted = false
    private var dataEvents = 0
    private(set) var isPaused = false
    /// Whether the deadline is that of the next attempt.
    private var isBetweenAttempts = false
    /// When the answer has taken too long, whatever it does.
    private let totalDue: Nanoseconds
    /// The clock that runs: first byte, idle, the next attempt or the total, whichever is first.
    private let clock: Deadline

    init(_ generation: Generation, body: [UInt8], upstream: PreparedUpstream, worker: Worker) {
        self.generation = generation
        self.body = body
        waitsForBody = body.isEmpty
        self.upstream = upstream
        self.worker = worker
        clock = worker.reactor.makeDeadline()
        totalDue = worker.reactor.now + .seconds(worker.configuration.totalSeconds)
        decoder = StreamDecoder(
            upstream.configuration.provider,
            maxAnswerBytes: worker.configuration.maxAnswerBytes
        )
        clock.whenDue { [unowned self] in clockRanOut() }
    }

    deinit { clock.abandon() }

    /// How many attempts failed and were made again.
    var retryCount: Int { retries }

    /// Asks, once the request is whole.
    func start() {
        isStarted = true
        guard waitsForBody else { return attempt() }
        setClock(.seconds(Self.pastSeconds))
    }

    /// The request is whole now.
    func proceed(_ body: [UInt8]) {
        guard waitsForBody, generation != nil else { return }
        self.body = body
        waitsForBody = false
        if isStarted { attempt() }
    }

    /// Stops reading: the readers are far behind.
    ///
    /// The upstream's clocks stop with it.
    ///
    /// - Returns: whether it was read until now.
    func pause() -> Bool {
        guard !isPaused else { return false }
        isPaused = true
        if !isBetweenAttempts, !waitsForBody { clock.set(at: totalDue) }
        transfer?.pause()
        return true
    }

    /// Goes on reading.
    func resume() {
        guard isPaused else { return }
        isPaused = false
        if !isBetweenAttempts { restartClock() }
        transfer?.resume()
    }

    /// Ends the call and closes the connection.
    func cancel() {
        transfer?.cancel()
        over()
    }

    private func attempt() {
        isBetweenAttempts = false
        errorBody = []
        decoder = StreamDecoder(
            upstream.configuration.provider,
            maxAnswerBytes: worker.configuration.maxAnswerBytes
        )
        dataEvents = 0
        restartClock()
        transfer = worker.client.start(upstream.request(body: body), delegate: self)
    }

    // MARK: The transfer

    func transfer(_ transfer: Transfer, receivedHead head: UpstreamHead) {
        guard head.status == 200, let type = head.fields.first("content-type") else { return }
        // A page, or a JSON error with status 200, would otherwise read as an empty stream.
        guard !type.lowercased().hasPrefix("text/event-stream") else { return }
        transfer.cancel()
        fail(
            UpstreamFailure(
                .upstreamError,
                .badGateway,
                type: "upstream_error",
                message: "the upstream \(upstream.configuration.name) answered with \(type)"
                    + " instead of text/event-stream",
                code: "not_a_stream"
            )
        )
    }

    func transfer(_ transfer: Transfer, received bytes: Span<UInt8>) {
        guard let generation else { return }
        guard transfer.head.status == 200 else {
            let room = Self.maxErrorBody - errorBody.count
            errorBody.append(span: bytes.extracting(first: min(room, bytes.count)))
            guard errorBody.count == Self.maxErrorBody else { return }
            // More is not read, and its end, which may never come, not waited for.
            transfer.cancel()
            self.transfer = nil
            return refused(transfer.head)
        }
        let before = dataEvents
        do throws(StreamError) {
            try decoder.decode(bytes, into: &generation.log)
        } catch {
            return streamFailed(error)
        }
        dataEvents = decoder.dataEventCount
        if dataEvents != before {
            if !isPaused { restartClock() }
            // Everybody waits for the first token.
            if !body.isEmpty { begun() }
            worker.reactor.pace.count(tokens: dataEvents - before)
            generation.grew()
        }
        if decoder.isDone { finish() }
    }

    /// The answer begins, if only with a role: the first token is waited for, and once it is there,
    /// no attempt follows that would need the request.
    private func begun() {
        worker.reactor.pace.hurry()
        if generation?.hasAnswer == true { body = [] }
    }

    func transfer(_ transfer: Transfer, ended error: TransferError?) {
        self.transfer = nil
        // The answer was whole before, and this is only the connection's own end.
        guard generation != nil else { return over() }
        if let error {
            // The upstream had said that it was done: what broke then is not the answer.
            if decoder.isSuccess { return finish() }
            return attemptFailed(.connection(error), failure(error))
        }
        guard transfer.head.status == 200 else { return refused(transfer.head) }
        if decoder.isSuccess { return finish() }
        attemptFailed(.truncated, .truncated(upstream: upstream.configuration.name))
    }

    // MARK: Outcomes

    private func refused(_ head: UpstreamHead) {
        let hints = RetryPolicy.Hints(head.fields, now: wallMilliseconds() / 1000)
        let body = errorBody
        let failure = UpstreamFailure(
            status: head.status,
            head: head,
            body: body.span,
            upstream: upstream.configuration
        )
        attemptFailed(.status(head.status, hints), failure)
    }

    private func streamFailed(_ error: StreamError) {
        transfer?.cancel()
        transfer = nil
        let failure = UpstreamFailure(error, upstream: upstream.configuration)
        guard case .vendor(_, _, _, let isOverloaded) = error else { return fail(failure) }
        attemptFailed(.inStream(isOverloaded: isOverloaded), failure)
    }

    /// What broke in mid-answer is a cut answer, whatever broke it.
    private func failure(_ error: TransferError) -> UpstreamFailure {
        guard let generation, generation.hasAnswer else {
            return UpstreamFailure(error, upstream: upstream.configuration.name)
        }
        var failure = UpstreamFailure.truncated(upstream: upstream.configuration.name)
        failure.message += " (\(error.detail))"
        return failure
    }

    private func attemptFailed(_ fault: RetryPolicy.Fault, _ failure: UpstreamFailure) {
        guard let generation else { return over() }
        let failure = failure.redacted(upstream.configuration.secrets)
        let delay = RetryPolicy(maxRetries: worker.configuration.maxRetries).delay(
            after: fault,
            retries: retries,
            jitter: Double.random(in: 0...1)
        )
        guard let delay, !generation.hasAnswer else { return fail(failure) }
        retries += 1
        isBetweenAttempts = true
        worker.log.write(
            .warning,
            "id=\(generation.id) retry \(retries) in \(delay) ms: \(failure.message)"
        )
        setClock(.milliseconds(delay))
    }

    private func finish() {
        guard let generation else { return }
        self.generation = nil
        worker.reactor.pace.hurry()
        let outcome = decoder.outcome
        generation.answered(
            outcome.ending ?? .complete,
            finishReason: outcome.finishReason ?? "stop",
            usage: decoder.usage
        )
        // Reading on to the end of the message leaves a connection that can be used again.
        clock.set(at: worker.reactor.now + .seconds(Self.closingSeconds))
        if transfer == nil { over() }
    }

    private func fail(_ failure: UpstreamFailure) {
        guard let generation else { return over() }
        self.generation = nil
        transfer?.cancel()
        let usage = decoder.usage
        over()
        generation.failed(failure.redacted(upstream.configuration.secrets), usage: usage)
    }

    private func over() {
        generation = nil
        transfer = nil
        clock.clear()
    }

    // MARK: Clocks

    private func restartClock() {
        guard !waitsForBody else { return }
        let configuration = worker.configuration
        let seconds = dataEvents == 0 ? configuration.firstByteSeconds : configuration.idleSeconds
        setClock(.seconds(seconds))
    }

    private func setClock(_ time: Nanoseconds) {
        clock.set(at: min(worker.reactor.now + time, totalDue))
    }

    private func clockRanOut() {
        guard generation != nil else {
            transfer?.cancel()
            return over()
        }
        if waitsForBody { return fail(.pastIsLate(seconds: Self.pastSeconds)) }
        // Between attempts the decoder is still that of the one that failed.
        if !isBetweenAttempts, decoder.isSuccess { return finish() }
        let configuration = worker.configuration
        guard worker.reactor.now < totalDue else {
            return fail(timeout(.total, configuration.totalSeconds))
        }
        guard !isBetweenAttempts else { return attempt() }
        fail(
            dataEvents == 0
                ? timeout(.firstByte, configuration.firstByteSeconds)
                : timeout(.idle, configuration.idleSeconds)
        )
    }

    private func timeout(_ clock: UpstreamClock, _ seconds: Int) -> UpstreamFailure {
        .timeout(clock, seconds: seconds, upstream: upstream.configuration.name)
    }
}
