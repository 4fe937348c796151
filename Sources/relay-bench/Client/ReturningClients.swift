import Dispatch
import Glibc
import Loop

/// Clients that leave running answers and come back to them, one at a time.
///
/// On a thread of their own: what is timed is the daemon, and must not wait for its turn among a
/// thousand other readers of this process.
struct ReturningClients: Sendable {
    struct Outcome: Sendable {
        /// From sending the request to the bytes of the first token that was missing.
        var delays: [Nanoseconds] = []
        /// Why visits failed, one line for each.
        var failures: [String] = []
    }

    /// So many answers are visited in turn.
    private static let clientCount = 50
    /// Between two visits, so that they are spread over all moments of the other streams, and an
    /// answer has gone on by some tokens when it is visited again.
    private static let pauseMicroseconds: UInt32 = 3_000

    let port: Int
    /// All answers that run.
    let ids: [String]

    /// Comes back again and again.
    ///
    /// - Parameters:
    ///   - begin: when the first visit is made.
    ///   - end: when no other is made.
    /// - Returns: what came of all visits but the first of each client.
    func run(from begin: Nanoseconds, until end: Nanoseconds) async -> Outcome {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "returning").async {
                continuation.resume(returning: visitAll(from: begin, until: end))
            }
        }
    }

    private func visitAll(from begin: Nanoseconds, until end: Nanoseconds) -> Outcome {
        var outcome = Outcome()
        // Evenly, since the tokens of the answers come in their order.
        let step = max(1, ids.count / Self.clientCount)
        let visited = stride(from: 0, to: ids.count, by: step).map { ids[$0] }
        var lastEventIDs: [String: String] = [:]
        let now = monotonicNow()
        if begin > now { usleep(UInt32((begin - now) / 1000)) }
        while true {
            for id in visited {
                guard monotonicNow() < end else { return outcome }
                do {
                    let last = lastEventIDs[id]
                    let visit = try visit(id, after: last)
                    lastEventIDs[id] = visit.newestEventID
                    if last != nil, let delay = visit.delay { outcome.delays.append(delay) }
                } catch {
                    outcome.failures.append("coming back: \(error)")
                }
                usleep(Self.pauseMicroseconds)
            }
        }
    }

    /// Reads the first token that is missing, and leaves.
    ///
    /// - Returns: how long that took; nil where the token did not exist yet when it was asked for.
    private func visit(
        _ id: String,
        after last: String?
    ) throws -> (delay: Nanoseconds?, newestEventID: String) {
        let target =
            last.map { StreamTarget.comingBack(port: port, id: id, lastEventID: $0) }
            ?? StreamTarget.reading(port: port, id: id)
        let connection = try PlainConnection(port: port)
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        var token = MissingToken(after: last)
        let sent = monotonicNow()
        try connection.send(target.request)
        var received: Nanoseconds
        var count: Int
        repeat {
            count = try connection.receive(into: &buffer)
            received = monotonicNow()
        } while try !token.receive(buffer.span.extracting(..<count))
        let wasMissing = token.stamp.map { $0 < sent } ?? false
        return (wasMissing ? received - sent : nil, token.newestEventID)
    }
}
