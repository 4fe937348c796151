import ChatFormats
import Loop
import Upstream
import Wire

/// Asks one upstream which models it has.
final class ModelListCall: TransferDelegate {
    private let upstream: PreparedUpstream
    private let list: ModelList
    private let context: LoopContext
    private var transfer: Transfer?
    private var body: [UInt8] = []
    private let clock: Deadline

    /// Asks; the list gets what comes of it.
    @discardableResult
    init(_ upstream: PreparedUpstream, for list: ModelList, _ context: LoopContext) {
        self.upstream = upstream
        self.list = list
        self.context = context
        clock = context.reactor.makeDeadline()
        clock.whenDue { [unowned self] in
            failed("it did not list them within \(ModelList.askSeconds) s")
        }
        clock.set(at: context.reactor.now + .seconds(ModelList.askSeconds))
        let place = upstream.configuration.provider.modelsPath
        let request = upstream.request(place.path, query: place.query, body: nil)
        transfer = context.client.start(request, delegate: self)
    }

    deinit { clock.abandon() }

    func transfer(_ transfer: Transfer, receivedHead head: UpstreamHead) {
        if head.status != 200 { failed("it answered \(head.status)") }
    }

    func transfer(_ transfer: Transfer, received bytes: Span<UInt8>) {
        guard body.count + bytes.count <= ModelList.maxBytes else {
            return failed("its list is longer than \(ModelList.maxBytes) bytes")
        }
        body.append(span: bytes)
    }

    func transfer(_ transfer: Transfer, ended error: TransferError?) {
        self.transfer = nil
        if let error { return failed(error.detail) }
        let body = body
        guard let models = ModelList.read(body.span) else {
            return failed("what it sent is no list")
        }
        clock.clear()
        list.answered(models, at: context.reactor.now)
    }

    private func failed(_ why: String) {
        clock.clear()
        let asked = upstream.configuration
        context.report(
            .modelsUnknown(
                upstream: asked.name,
                why: Redaction.clean(why, secrets: asked.secrets)
            )
        )
        list.answered(nil, at: context.reactor.now)
        // The client may hold the last reference to this call.
        let transfer = transfer.take()
        transfer?.cancel()
    }
}
