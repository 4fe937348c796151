import Loop
import Upstream
import Wire

/// Fetches one key set, once.
final class KeySetCall: TransferDelegate {
    /// How long it may take, in seconds; requests wait for it.
    static let maxSeconds = 10

    private let use: (Result<[UInt8], KeySetFailure>) -> Void
    private var transfer: Transfer?
    private var body: [UInt8] = []
    private let clock: Deadline

    private static let lines = [
        ("Accept", "application/jwk-set+json, application/json"), ("Accept-Encoding", "identity"),
        ("User-Agent", "sse-relay"),
    ]

    /// Asks.
    ///
    /// - Parameters:
    ///   - url: an `https` URL, or an `http` one of this machine.
    ///   - client: outlives the call.
    ///   - reactor: the loop's.
    ///   - use: takes the bytes, or why there are none, once; not after `cancel`.
    init(
        _ url: String,
        _ client: UpstreamClient,
        on reactor: Reactor,
        then use: @escaping (Result<[UInt8], KeySetFailure>) -> Void
    ) {
        self.use = use
        clock = reactor.makeDeadline()
        clock.whenDue { [unowned self] in end(.failure(.late)) }
        clock.set(at: reactor.now + .seconds(Self.maxSeconds))
        let request = UpstreamRequest(
            url: url,
            headers: HeaderLines(Self.lines.map { (name: $0, value: $1) }),
            body: nil,
            bypassesProxy: ProxyVariables.isLoopback(url)
        )
        transfer = client.start(request, delegate: self)
    }

    deinit { clock.abandon() }

    /// Ends it; nobody is told.
    func cancel() {
        clock.clear()
        // The client may hold the last reference to this call.
        let transfer = transfer.take()
        transfer?.cancel()
    }

    func transfer(_ transfer: Transfer, receivedHead head: UpstreamHead) {
        if head.status != 200 { end(.failure(.status(head.status))) }
    }

    func transfer(_ transfer: Transfer, received bytes: Span<UInt8>) {
        guard body.count + bytes.count <= KeySet.maxBytes else { return end(.failure(.tooLong)) }
        body.append(span: bytes)
    }

    func transfer(_ transfer: Transfer, ended error: TransferError?) {
        self.transfer = nil
        end(error.map { .failure(.unreachable($0.detail)) } ?? .success(body))
    }

    private func end(_ result: Result<[UInt8], KeySetFailure>) {
        cancel()
        use(result)
    }
}
