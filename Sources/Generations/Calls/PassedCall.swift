import ChatFormats
import Loop
package import Upstream
package import Wire

/// Takes what an upstream answers to a request that is passed on.
package protocol PassedCallDelegate: AnyObject {
    /// The upstream has taken the request.
    ///
    /// - Parameters:
    ///   - call: the call.
    ///   - status: its status, which is none of an error.
    ///   - fields: the answer's fields that are passed on.
    func passedCall(_ call: PassedCall, began status: Status, _ fields: HeaderFields)
    /// Content arrived; the bytes are valid only now.
    func passedCall(_ call: PassedCall, received bytes: Span<UInt8>)
    /// The answer is over, and no call follows; `nil` where it is whole.
    func passedCall(_ call: PassedCall, ended failure: UpstreamFailure?)
}

/// Passes a request on to an upstream as it came, and its answer back as it comes, with none of it
/// kept: for what the relay itself does not read, such as embeddings.
package final class PassedCall: TransferDelegate {
    /// Error bodies are read up to this size.
    private static let maxErrorBodyBytes = 64 * 1024

    /// Which clock runs, beside the total.
    private enum Phase {
        case head, content, paused, over
    }

    private var request: PassedRequest
    private let candidates: [ModelTable.Candidate]
    /// Which of them is asked.
    private var place = 0
    private let context: LoopContext
    private weak var delegate: (any PassedCallDelegate)?
    private var transfer: Transfer?
    private var phase = Phase.head
    private var errorBody: [UInt8] = []
    private let clock: Deadline
    private let totalDue: Nanoseconds

    /// Makes a call that begins once it is started.
    ///
    /// - Parameters:
    ///   - request: what is passed on.
    ///   - candidates: who is asked; the next one where no connection to the one before is made.
    ///   - context: the loop's.
    ///   - delegate: takes the answer, and keeps the call.
    package init(
        _ request: PassedRequest,
        _ candidates: [ModelTable.Candidate],
        _ context: LoopContext,
        delegate: any PassedCallDelegate
    ) {
        precondition(!candidates.isEmpty, "somebody has to answer")
        self.request = request
        self.candidates = candidates
        self.context = context
        self.delegate = delegate
        clock = context.reactor.makeDeadline()
        totalDue = context.reactor.now + .seconds(context.configuration.totalSeconds)
        clock.whenDue { [unowned self] in clockRanOut() }
    }

    deinit { clock.abandon() }

    /// The name of the upstream that is asked.
    package var upstreamName: String { upstream.configuration.name }

    /// Who is asked, and in the end who has answered.
    package var candidate: ModelTable.Candidate { candidates[place] }
    private var hasOthers: Bool { place + 1 < candidates.count }
    private var upstream: PreparedUpstream { candidate.upstream }

    /// The upstream as errors and clocks name it.
    private var asked: RelayConfiguration.Upstream {
        var asked = upstream.configuration
        asked.path = request.path
        if request.comesWhole { asked.style.quirks.asksWhole = true }
        return asked
    }

    /// Asks.
    package func start() {
        // Who fails all the time is asked last, as for chats.
        while hasOthers, !upstream.isAdmitted(context) { place += 1 }
        set(.head)
        let body = request.body(for: candidate.model)
        transfer = context.client.start(upstream.request(request.path, body: body), delegate: self)
    }

    /// Reads no more until `resume`.
    package func pause() {
        guard phase == .content else { return }
        set(.paused)
        transfer?.pause()
    }

    /// Goes on reading.
    package func resume() {
        guard phase == .paused else { return }
        set(.content)
        transfer?.resume()
    }

    /// Ends the call and closes the connection; the delegate is not called any more.
    package func cancel() {
        if phase == .head { upstream.abandoned(context) }
        set(.over)
        transfer?.cancel()
        transfer = nil
    }

    // MARK: The transfer

    package func transfer(_ transfer: Transfer, receivedHead head: UpstreamHead) {
        set(.content)
        guard head.isSuccess else { return }
        upstream.answered(context)
        // Nobody else is asked any more.
        request.forgetBody()
        var fields = PassedFields.ofAnswer(head.fields)
        if let type = head.fields.first("content-type") { fields.append("Content-Type", type) }
        delegate?.passedCall(
            self,
            began: head.status == 200 ? .ok : Status(code: head.status, reason: "Answered"),
            fields
        )
    }

    package func transfer(_ transfer: Transfer, received bytes: Span<UInt8>) {
        guard !transfer.head.isSuccess else {
            if phase == .content { set(.content) }
            delegate?.passedCall(self, received: bytes)
            return
        }
        let room = Self.maxErrorBodyBytes - errorBody.count
        errorBody.append(span: bytes.extracting(first: min(room, bytes.count)))
        if errorBody.count == Self.maxErrorBodyBytes { refused(transfer.head) }
    }

    package func transfer(_ transfer: Transfer, ended error: TransferError?) {
        self.transfer = nil
        let isSuccess = transfer.head.isSuccess
        // A refusal counts though its body is cut: who refuses a long request may not read it.
        if transfer.isHeadWhole, !isSuccess { return refused(transfer.head) }
        guard let error else { return end(nil) }
        let isCut = transfer.isHeadWhole
        let attempt = AttemptFailure(error, hasAnswer: isCut, of: asked)
        if !isCut { upstream.failed(attempt.fault, context) }
        guard error.isBeforeRequest, hasOthers else { return end(attempt.failure) }
        place += 1
        start()
    }

    private func refused(_ head: UpstreamHead) {
        let errorBody = errorBody
        let attempt = AttemptFailure(
            refusal: head,
            body: errorBody.span,
            of: asked,
            now: context.reactor.wallMilliseconds / 1000
        )
        upstream.failed(attempt.fault, context)
        end(attempt.failure)
    }

    private func end(_ failure: UpstreamFailure?) {
        let failure = failure?.redacted(upstream.configuration.secrets)
        let delegate = delegate
        cancel()
        delegate?.passedCall(self, ended: failure)
    }

    // MARK: Clocks

    private var clocks: CallClocks {
        CallClocks(context: context, upstream: upstream)
    }

    /// What bounds the wait; where the client does not take what came, the total alone does.
    private var runningClock: SpentClock {
        switch phase {
        case .head: clocks.spent(.head)
        case .content: clocks.spent(.idle)
        case .paused, .over: clocks.spent(.total)
        }
    }

    private func set(_ phase: Phase) {
        self.phase = phase
        guard phase != .over else { return clock.clear() }
        clock.set(at: min(context.reactor.now + .seconds(runningClock.seconds), totalDue))
    }

    private func clockRanOut() {
        let isTotal = context.reactor.now >= totalDue
        let spent = isTotal ? clocks.spent(.total) : runningClock
        if phase == .head, !isTotal { upstream.failed(.lateHead, context) }
        end(.timeout(spent, upstream: upstreamName))
    }
}

extension UpstreamHead {
    fileprivate var isSuccess: Bool { (200..<300).contains(status) }
}

extension TransferError {
    /// Whether nothing of the request was sent, so that it costs nothing to ask somebody else.
    fileprivate var isBeforeRequest: Bool {
        switch self {
        case .nameNotResolved, .notConnected, .connectTimeout: true
        case .insecure, .broken, .headTooLarge, .other: false
        }
    }
}
