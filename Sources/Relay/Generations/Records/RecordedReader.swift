import ChatFormats
import HTTPServer

/// Tells a recorded answer to one client, in events, as the client takes them.
final class RecordedReader: ExchangeDelegate {
    private let part: SharedLog
    /// The number of the next entry to write.
    private var next: Int
    private let dialect: Dialect
    private let context: FrameContext

    init(_ part: SharedLog, from next: Int, _ dialect: Dialect, _ context: FrameContext) {
        self.part = part
        self.next = next
        self.dialect = dialect
        self.context = context
    }

    func start(on exchange: Exchange) {
        exchange.delegate = self
        exchangeIsWritable(exchange)
    }

    func exchangeIsWritable(_ exchange: Exchange) {
        while next < part.log.count {
            guard !exchange.isCongested else { return }
            exchange.write { out in
                // Room for some escapes: a whole text is one entry, and growing would copy it.
                let bytes = part.log.range(next).count
                out.reserveCapacity(out.count + 512 + bytes + bytes / 4)
                dialect.appendFrame(next, of: part.log, context: context, into: &out)
            }
            next += 1
        }
        exchange.finish()
    }

    func exchangeLost(_ exchange: Exchange) {}
}
