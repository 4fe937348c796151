import HTTPServer
import Loop
import Wire

/// Writes a stream of pieces as fast as the client takes them.
final class Producer: ExchangeDelegate, Sendable {
    static let pieceBytes = 16 * 1024

    /// Bytes written so far; the pieces count up, so that a reader can tell holes.
    let written = Guarded(0)
    let lost = Guarded(false)
    private let totalBytes: Int

    init(totalBytes: Int) {
        self.totalBytes = totalBytes
    }

    var count: Int { written.withLock { $0 } }
    var isLost: Bool { lost.withLock { $0 } }

    func start(on exchange: Exchange) {
        exchange.delegate = self
        exchange.beginStream(.ok, [:])
        exchangeIsWritable(exchange)
    }

    func exchangeIsWritable(_ exchange: Exchange) {
        while count < totalBytes {
            guard !exchange.isCongested else { return }
            let byte = UInt8(truncatingIfNeeded: count / Self.pieceBytes)
            exchange.write { $0 += [UInt8](repeating: byte, count: Self.pieceBytes) }
            written.withLock { $0 += Self.pieceBytes }
        }
        exchange.finish()
    }

    func exchangeLost(_ exchange: Exchange) {
        lost.withLock { $0 = true }
    }

    /// Waits until nothing more is written for a while.
    func settle() async throws -> Int {
        var last = -1
        while last != count || last == 0 {
            last = count
            try await Task.sleep(nanoseconds: 100_000_000)
        }
        return last
    }
}
