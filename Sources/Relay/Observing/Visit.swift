import Generations
import HTTPServer
import Loop
import Wire

/// What is known of a request when it is over; its line in the log is made from this.
struct Visit {
    private let exchange: Exchange
    private let endedAt: Nanoseconds

    init(_ exchange: Exchange, endedAt: Nanoseconds) {
        self.exchange = exchange
        self.endedAt = endedAt
    }

    /// Appends who asked what, and what became of it.
    func append(to line: inout [UInt8]) {
        let head = exchange.request.head
        exchange.clientAddress.append(to: &line)
        line.append(UInt8(ascii: " "))
        line.append(text: head.method.name)
        line.append(UInt8(ascii: " "))
        // The query is left out: it may be somebody's prompt.
        line.append(text: head.rawPath)
        line.append(UInt8(ascii: " "))
        line.append(decimal: exchange.status?.code ?? 0)
        line.append(UInt8(ascii: " "))
        line.append(decimal: Int((endedAt - exchange.startedAt) / 1_000_000))
        line.append(literal: "ms ")
        line.append(decimal: exchange.contentBytes)
        line.append(UInt8(ascii: "B"))
        if !exchange.note.isEmpty {
            line.append(UInt8(ascii: " "))
            line.append(contentsOf: exchange.note)
        }
        guard let reason = exchange.reason else { return }
        line.append(literal: ": ")
        line.append(text: Redaction.clean(String(reason.prefix(Self.maxReasonLength))))
    }

    private static let maxReasonLength = 1000
}
