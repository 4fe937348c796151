import Dispatch
import Glibc
import Loop
import Synchronization

/// The signals that steer the daemon, as a sequence.
final class SignalArrivals: Sendable {
    enum Kind: Sendable {
        /// SIGTERM or SIGINT.
        case stop
        /// SIGHUP: the configuration is read again.
        case reload
        /// SIGUSR1: the log says what is running.
        case load
    }

    let stream: AsyncStream<Kind>
    private let stops = Atomic<Int>(0)
    private let sources = Mutex<[any DispatchSourceSignal]>([])

    /// How often a stop was asked for; the second time means that it shall not wait.
    var stopCount: Int { stops.load(ordering: .relaxed) }

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Kind.self)
        self.stream = stream
        let queue = DispatchQueue(label: "signals")
        for number in [SIGTERM, SIGINT] {
            observe(number, queue) { [weak self] in
                self?.stops.add(1, ordering: .relaxed)
                continuation.yield(.stop)
            }
        }
        observe(SIGHUP, queue) { continuation.yield(.reload) }
        observe(SIGUSR1, queue) { continuation.yield(.load) }
    }

    private func observe(
        _ number: Int32,
        _ queue: DispatchQueue,
        _ action: @escaping @Sendable () -> Void
    ) {
        sources.withLock { $0.append(Signals.observe(number, on: queue, action)) }
    }
}
