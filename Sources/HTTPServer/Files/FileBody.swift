import Glibc
import Loop
import Wire

/// Sends a part of a file, in pieces as the client takes them.
final class FileBody: ExchangeDelegate {
    private static let pieceBytes = 64 * 1024

    private let descriptor: Descriptor
    private var rest: Range<Int>

    init(_ descriptor: consuming Descriptor, _ range: Range<Int>) {
        self.descriptor = descriptor
        rest = range
    }

    func start(on exchange: Exchange) {
        exchange.delegate = self
        exchangeIsWritable(exchange)
    }

    func exchangeIsWritable(_ exchange: Exchange) {
        while !rest.isEmpty {
            guard !exchange.isCongested else { return }
            guard let piece = readPiece() else {
                // The file shrank: the announced length cannot be kept, and the answer must not
                // look whole.
                return exchange.abort()
            }
            exchange.write { $0.append(contentsOf: piece) }
            rest = (rest.lowerBound + piece.count)..<rest.upperBound
        }
        exchange.finish()
    }

    func exchangeLost(_ exchange: Exchange) {}

    private func readPiece() -> [UInt8]? {
        let wanted = min(rest.count, Self.pieceBytes)
        let piece = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            count = max(0, pread(descriptor.number, buffer.baseAddress, wanted, rest.lowerBound))
        }
        return piece.isEmpty ? nil : piece
    }
}
