import HTTPServer
import Storage
import Wire

/// Sends records as lines, in pieces, as fast as the client takes them.
///
/// One piece is in memory at a time; the next one is read when this one is on its way.
final class HistoryExport: ExchangeDelegate {
    private static let pieceBytes = 256 * 1024

    private let filter: HistoryFilter
    private let history: HistoryDesk
    private var cursor: HistoryCursor?
    private var isAsking = false
    private var isLost = false

    init(_ filter: HistoryFilter, of history: HistoryDesk) {
        self.filter = filter
        self.history = history
    }

    func start(on exchange: Exchange) {
        exchange.delegate = self
        ask(exchange)
    }

    func exchangeIsWritable(_ exchange: Exchange) {
        guard exchange.status != nil, !isAsking, !exchange.isCongested else { return }
        ask(exchange)
    }

    func exchangeLost(_ exchange: Exchange) { isLost = true }

    private func ask(_ exchange: Exchange) {
        isAsking = true
        let filter = filter
        let cursor = cursor
        history.ask { catalog throws(HistoryQueryError) in
            let piece = try catalog.export(filter, from: cursor, maxBytes: Self.pieceBytes)
            var lines: [UInt8] = []
            lines.reserveCapacity(piece.lines.count)
            PublicRecord.append(lines: piece.lines, into: &lines)
            return HistoryAnswer(bytes: lines, next: piece.next)
        } then: { answer in
            self.isAsking = false
            if !self.isLost { self.send(answer, on: exchange) }
        }
    }

    private func send(_ answer: HistoryAnswer, on exchange: Exchange) {
        if let problem = answer.problem {
            // An export that is cut must not look whole.
            return exchange.status == nil ? exchange.respond(problem) : exchange.abort()
        }
        if exchange.status == nil {
            exchange.beginStream(
                .ok,
                ["Content-Type": "application/jsonl", "Cache-Control": "no-store"]
            )
        }
        exchange.write { $0.append(contentsOf: answer.bytes) }
        let hasContent = exchange.request.head.method != .head
        guard hasContent, answer.next != nil else { return exchange.finish() }
        cursor = answer.next
        exchangeIsWritable(exchange)
    }
}
