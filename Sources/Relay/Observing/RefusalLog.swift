import HTTPServer
import Loop
import Wire

/// Why requests were refused, for a log without a line for each request: one line in a second at
/// most, since a client that asks wrongly may ask often.
struct RefusalLog {
    private let log: Log
    /// When the next line may be written.
    private var nextAt: Nanoseconds = 0
    /// How many refusals had no line since the last one.
    private var passedOver = 0

    init(_ log: Log) { self.log = log }

    /// Writes a line for a request that the relay itself refused; what an upstream refused has one.
    mutating func finished(_ exchange: Exchange, at now: Nanoseconds) {
        guard exchange.reason != nil, exchange.note.isEmpty else { return }
        write(at: now) { Visit(exchange, endedAt: now) }
    }

    /// Writes a line for what has no acceptable head, or for a connection that is refused.
    mutating func refused(_ problem: Problem, from peer: PeerAddress, at now: Nanoseconds) {
        write(at: now) { Visit(refused: problem, from: peer) }
    }

    private mutating func write(at now: Nanoseconds, _ visit: () -> Visit) {
        guard now >= nextAt else { return passedOver += 1 }
        nextAt = now + .seconds(1)
        var visit = visit()
        if passedOver > 0 { visit.fields.add("passed_over", passedOver) }
        passedOver = 0
        var line: [UInt8] = []
        log.append(visit, to: &line)
        line.withUnsafeBufferPointer { log.writeRequests($0) }
    }
}
