/// Sends a long body that is in memory, in pieces as the client takes them.
///
/// All of it in the output at once would be in memory twice for as long as the client reads.
final class LongBody: ExchangeDelegate {
    /// What is written at once; a body up to this size is not sent in pieces.
    static let pieceBytes = 64 * 1024

    private let bytes: [UInt8]
    private var next = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func start(on exchange: Exchange) {
        exchange.delegate = self
        exchangeIsWritable(exchange)
    }

    func exchangeIsWritable(_ exchange: Exchange) {
        while next < bytes.count {
            guard !exchange.isCongested else { return }
            let piece = bytes[next..<min(next + Self.pieceBytes, bytes.count)]
            exchange.write { $0.append(contentsOf: piece) }
            next = piece.endIndex
        }
        exchange.finish()
    }

    func exchangeLost(_ exchange: Exchange) {}
}
