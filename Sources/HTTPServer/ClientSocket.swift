import Glibc
import Loop

/// A client's socket, and what its loop is to tell about it.
struct ClientSocket: ~Copyable {
    private let poller: Poller
    private var descriptor: Descriptor?
    /// The descriptor's number; nil once the socket is closed or taken.
    private(set) var number: Int32?
    private var registration: Registration?
    /// What is reported beside errors and hang-ups.
    private(set) var interest: Readiness = [.readable, .peerClosed]

    init(_ descriptor: consuming Descriptor, poller: Poller) {
        number = descriptor.number
        self.descriptor = consume descriptor
        self.poller = poller
    }

    mutating func watch(_ handler: any ReadinessHandler) throws(SystemCallError) {
        guard let number else { return }
        registration = try poller.add(number, interest, handler)
    }

    mutating func want(_ readiness: Readiness) throws(SystemCallError) {
        guard readiness != interest, let registration else { return }
        interest = readiness
        try poller.modify(registration, readiness)
    }

    /// Gives the descriptor up, unwatched; nil where it is gone already.
    mutating func take() -> Int32? {
        if let registration { poller.remove(registration) }
        registration = nil
        number = nil
        guard let descriptor = descriptor.take() else { return nil }
        return descriptor.release()
    }

    /// - Returns: whether it was open.
    mutating func close() -> Bool {
        guard let number = take() else { return false }
        _ = Descriptor(owning: number)
        return true
    }
}
