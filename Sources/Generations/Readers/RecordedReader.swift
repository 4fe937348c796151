package import ChatFormats
package import HTTPServer

/// Serves a recorded answer to one client as events, as fast as the client takes them.
package final class RecordedReader: ExchangeDelegate {
    private let part: SharedLog
    /// The number of the next entry to write.
    private var next: Int
    private let media: Media
    private var writer: any FrameWriter
    private let context: FrameContext

    /// Makes a reader that begins at an entry.
    package init(_ part: SharedLog, from next: Int, _ dialect: Dialect, _ context: FrameContext) {
        self.part = part
        self.next = next
        self.context = context
        media = dialect.media
        writer = dialect.makeWriter(context)
    }

    /// Sends what there is; the head has been sent.
    package func start(on exchange: Exchange) {
        exchange.delegate = self
        exchangeIsWritable(exchange)
    }

    package func exchangeIsWritable(_ exchange: Exchange) {
        while next < part.log.count {
            guard !exchange.isCongested else { return }
            exchange.write { out in
                // Leaves room for some escapes: a whole text is one entry, and growing would copy
                // it.
                let bytes = part.log.range(next).count
                out.reserveCapacity(out.count + 512 + bytes + bytes / 4)
                next = writer.write(
                    next..<next + 1,
                    of: part.log,
                    context,
                    upTo: .max,
                    into: &out
                )
            }
        }
        if media.endsInOrder(part.log) { exchange.finish() } else { exchange.cutOff() }
    }

    package func exchangeLost(_ exchange: Exchange) {}
}
