import HTTPServer
import TestSupport
import Wire

/// Requests that wait for their admission until the test says what becomes of them.
///
/// `@unchecked`: `exchanges` is used on the server's loop alone.
final class WaitingRequests: @unchecked Sendable {
    /// One for each request that came to wait.
    let arrived = Recorder<String>()
    private var exchanges: [Exchange] = []

    func wait(_ exchange: Exchange) -> Admission {
        exchanges.append(exchange)
        arrived.record(exchange.request.head.path)
        return .wait
    }

    /// Decides about the one that has waited longest.
    func decide(_ admission: Admission, on server: TestServer) async {
        _ = await server.onLoop { [self] _ in exchanges.removeFirst().decide(admission) }
    }
}
