import CLinux
import Glibc
import Loop

/// Accepts connections for one loop from a listening socket that all loops watch.
final class Acceptor: ReadinessHandler {
    /// Accepted at most in one go, so that a rush of new clients does not hold up open streams.
    private static let batch = 64
    /// How long accepting waits when the process is out of descriptors or memory.
    private static let pauseMilliseconds = 100

    private let listener: Int32
    private unowned let server: Server
    private var registration: Registration?
    private let retry: Deadline

    init(_ listener: Int32, server: Server) {
        self.listener = listener
        self.server = server
        retry = server.reactor.makeDeadline()
        retry.whenDue { [unowned self] in resume() }
    }

    deinit { retry.abandon() }

    func watch() throws(SystemCallError) {
        try boundUnacknowledged()
        registration = try server.reactor.poller.add(listener, [.readable, .exclusive], self)
    }

    /// Has clients that acknowledge nothing dropped as those are that take nothing.
    func boundUnacknowledged() throws(SystemCallError) {
        let seconds = server.limits.stalledSeconds
        try ListeningSocket.bound(unacknowledged: seconds, on: listener)
    }

    func stop() {
        retry.clear()
        if let registration { server.reactor.poller.remove(registration) }
        registration = nil
    }

    func descriptorReady(_ readiness: Readiness) {
        for _ in 0..<Self.batch {
            var storage = sockaddr_storage()
            let (number, code) = acceptOne(&storage)
            guard number >= 0 else { return acceptFailed(code) }
            server.open(Descriptor(owning: number), peer: PeerAddress(storage))
        }
    }

    @inline(never)
    private func acceptOne(_ storage: inout sockaddr_storage) -> (Int32, Int32) {
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let number = linux_accept(listener, &storage, &length)
        let code = errno
        return (number, code)
    }

    private func acceptFailed(_ code: Int32) {
        switch code {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            // The waiting client stays in the backlog. Asking again at once would spin, since
            // the listener stays readable.
            pause()
        default:
            // EAGAIN: another loop was faster. All others: that one connection failed.
            break
        }
    }

    private func pause() {
        stop()
        retry.set(at: server.reactor.now + .milliseconds(Self.pauseMilliseconds))
    }

    private func resume() {
        // The kernel may still be out of memory: giving up here would mean never to accept again.
        do { try watch() } catch { pause() }
    }
}
