import Dispatch
import Glibc
import Loop

/// Clients that leave running answers and come back to them, one at a time.
///
/// They have a thread of their own: the daemon is timed, and the time must not include a wait for
/// the thousand other readers of this process.
struct ReturningClients: Sendable {
    struct Outcome: Sendable {
        /// From the request to the bytes of the first missing token.
        var delays: [Nanoseconds] = []
        /// Why visits failed, one line for each.
        var failures: [String] = []
    }

    /// How many answers are visited in turn.
    private static let clientCount = 50
    /// The pause between two visits, which spreads them evenly over time, and lets an answer go on
    /// by some tokens before it is visited again.
    private static let pauseMicroseconds: UInt32 = 3_000

    let port: Int
    /// The ids of all running answers.
    let ids: [String]

    /// Visits answers again and again.
    ///
    /// - Parameters:
    ///   - begin: the time of the first visit.
    ///   - end: the time after which no visit begins.
    /// - Returns: the outcome of all visits but the first of each client.
    func run(from begin: Nanoseconds, until end: Nanoseconds) async -> Outcome {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "returning").async {
                continuation.resume(returning: visitAll(from: begin, until: end))
            }
        }
    }

    private func visitAll(from begin: Nanoseconds, until end: Nanoseconds) -> Outcome {
        var outcome = Outcome()
        // Evenly spread, since the tokens of the answers come in their order.
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
    /// - Returns: how long that took; nil if the token did not exist yet at the request.
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
