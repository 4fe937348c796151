import ChatFormats
import Loop
import Upstream
import Wire

/// What an attempt's failure leads to.
extension UpstreamCall {
    func refused(_ head: UpstreamHead) {
        let body = errorBody
        let now = context.reactor.wallMilliseconds / 1000
        failed(AttemptFailure(refusal: head, body: body.span, of: asked, now: now))
    }

    func streamFailed(
        _ error: StreamError,
        _ head: UpstreamHead,
        _ bytes: Span<UInt8> = Span()
    ) {
        // What was blocked before it counts, however the bytes are cut.
        if stream.isBlocked { return blocked() }
        transfer?.cancel()
        transfer = nil
        failed(AttemptFailure(error, head, bytes, of: asked))
    }

    func leftOut() { failed(AttemptFailure(.leftOut, .leftOut(upstream: asked.name))) }

    func failed(_ attempt: AttemptFailure) {
        let hasAnswer = hasAnswer
        note(attempt.fault, hasAnswer: hasAnswer)
        // What was refused, or never arrived, costs nothing.
        if !hasAnswer, attempt.fault != .paid, attempt.fault != .lateHead { askedBytes = 0 }
        let input = CallMachine.Input.failed(
            attempt.fault,
            hasAnswer: hasAnswer,
            jitter: context.random.fraction(),
            budget: budgetMilliseconds,
            isLeftOut: upstream.breaker.isOpen(at: context.reactor.now)
        )
        handle(input, attempt.failure.redacted(asked.secrets))
    }
}
