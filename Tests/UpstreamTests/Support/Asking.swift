import Glibc
import Loop
import TestSupport
import Wire

@testable import Upstream

/// The events of one transfer, for the test's thread.
final class Heard: Sendable {
    struct State {
        var heads: [UpstreamHead] = []
        var bytes: [UInt8] = []
        var ends = 0
        var error: TransferError?
    }

    private let state = Guarded(State())

    var now: State { state.withLock { $0 } }
    var text: String { String(decoding: now.bytes, as: UTF8.self) }

    func note(_ change: (inout State) -> Void) {
        state.withLock { change(&$0) }
    }

    /// Waits for the end.
    func waitForEnd() -> Bool { waits { now.ends > 0 } }
}

/// Receives a transfer's events on its loop, and does there what the test wants.
final class Listener: TransferDelegate {
    let heard: Heard
    var onHead: ((Transfer) -> Void)?
    var onBytes: ((Transfer) -> Void)?
    var onEnd: (() -> Void)?

    init(_ heard: Heard) { self.heard = heard }

    func transfer(_ transfer: Transfer, receivedHead head: UpstreamHead) {
        heard.note { $0.heads.append(head) }
        onHead?(transfer)
    }

    func transfer(_ transfer: Transfer, received bytes: Span<UInt8>) {
        var copy: [UInt8] = []
        copy.append(span: bytes)
        heard.note { $0.bytes += copy }
        onBytes?(transfer)
    }

    func transfer(_ transfer: Transfer, ended error: TransferError?) {
        heard.note {
            $0.ends += 1
            $0.error = error
        }
        onEnd?()
    }
}

/// A client on a loop of its own.
final class Bench {
    let client: UpstreamClient
    let lines = HeaderLines([("content-type", "application/json"), ("x-test", "yes")])
    var transfers: [Transfer] = []

    init?(_ reactor: Reactor, _ settings: UpstreamSettings) {
        guard let client = UpstreamClient(on: reactor, settings: settings) else { return nil }
        self.client = client
    }

    static func of(_ loop: isolated EventLoop) -> Bench? {
        loop.reactor.tenants.lazy.compactMap { $0 as? Bench }.first
    }

    @discardableResult
    func start(
        _ url: String,
        _ heard: Heard,
        body: String = "{\"a\":1}",
        _ set: (Listener) -> Void = { _ in }
    ) -> Transfer {
        let listener = Listener(heard)
        set(listener)
        let request = UpstreamRequest(
            url: url,
            headers: lines,
            body: Array(body.utf8),
            bypassesProxy: true
        )
        let transfer = client.start(request, delegate: listener)
        transfers.append(transfer)
        return transfer
    }
}

/// Runs a test with a client, which is stopped in any case.
func withBench(
    _ settings: UpstreamSettings = UpstreamSettings(),
    _ body: (EventLoop) async throws -> Void
) async throws {
    let loop = try EventLoop(index: 0)
    await loop.run { loop in
        if let bench = Bench(loop.reactor, settings) { loop.reactor.tenants.append(bench) }
    }
    func end() async {
        await loop.run { loop in
            Bench.of(loop)?.client.cancelAll()
            loop.reactor.tenants = []
        }
    }
    do {
        try await body(loop)
    } catch {
        await end()
        throw error
    }
    await end()
}
