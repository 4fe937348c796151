import Glibc
import Loop

/// What became of what was to be sent.
enum Sent {
    /// The kernel has all of it.
    case all
    /// The kernel took so many bytes and reports when it takes more.
    case part(Int)
    /// The connection is gone.
    case failed
}

/// A client's socket, and what its loop watches it for.
struct ClientSocket: ~Copyable {
    private let poller: Poller
    private var descriptor: Descriptor?
    /// The descriptor's number; nil once the socket is closed or taken.
    private(set) var number: Int32?
    private var registration: Registration?
    /// What the loop reports besides errors and hang-ups.
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

    /// Sends as much as the kernel takes.
    func send(_ output: inout OutputBuffer) -> Sent {
        guard let number else { return .failed }
        var sent = 0
        while !output.isEmpty {
            switch output.withUnsent({ SocketIO.send(number, $0) }) {
            case .bytes(let count):
                output.took(count)
                sent += count
            case .wouldBlock: return .part(sent)
            case .failed: return .failed
            }
        }
        return .all
    }

    /// Stops watching the descriptor and gives it up; nil where it is already gone.
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
