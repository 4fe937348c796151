import Glibc
import Loop
import TestSupport
import Testing

/// One end of a socket pair; reports its events, and acts on them.
private final class End: ReadinessHandler {
    let number: Int32
    let name: String
    let heard: Recorder<String>
    var registration: Registration?
    var action: () -> Void = {}

    init(_ number: Int32, _ name: String, _ heard: Recorder<String>) {
        self.number = number
        self.name = name
        self.heard = heard
    }

    func descriptorReady(_ readiness: Readiness) {
        heard.record(name)
        action()
    }
}

private func socketPair() -> (Int32, Int32) {
    var pair: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    precondition(socketpair(AF_UNIX, type, 0, &pair) == 0)
    return (pair[0], pair[1])
}

private func send(_ descriptor: Int32) {
    var byte: UInt8 = 1
    precondition(write(descriptor, &byte, 1) == 1)
}

@Suite(.timeLimit(.minutes(1)))
struct PollerTests {
    @Test func `a recycled descriptor number gets no event of its predecessor`() async throws {
        let loop = try EventLoop(index: 0)
        let heard = Recorder<String>()
        try await loop.run { loop throws(SystemCallError) in
            let poller = loop.reactor.poller
            // Both are ready within one batch. Whichever is first closes the other, and a new
            // owner gets its number.
            let (left, leftPeer) = socketPair()
            let (right, rightPeer) = socketPair()
            let ends = [End(left, "left", heard), End(right, "right", heard)]
            for (index, end) in ends.enumerated() {
                end.registration = try poller.add(end.number, .readable, end)
                end.action = { [unowned end] in
                    let other = ends[1 - index]
                    guard let registration = other.registration, let own = end.registration else {
                        return
                    }
                    poller.remove(registration)
                    poller.remove(own)
                    other.registration = nil
                    // This closes the number and reuses it in one step, so no other thread gets it.
                    let (made, _) = socketPair()
                    let new = dup2(made, other.number)
                    heard.record(new == other.number ? "same number" : "another number")
                    let successor = End(new, "successor", heard)
                    successor.registration = try? poller.add(new, .readable, successor)
                    // A stale registration changes nothing for the new owner of its number.
                    try? poller.modify(registration, .writable)
                    poller.remove(registration)
                }
            }
            loop.reactor.tenants = ends
            send(leftPeer)
            send(rightPeer)
        }
        let first = try await heard.wait(count: 2)
        try await Task.sleep(nanoseconds: 20_000_000)
        #expect(heard.values == first)
        #expect(first.count == 2)
        #expect(first.last == "same number")
        await loop.run { loop in
            for case let end as End in loop.reactor.tenants { end.action = {} }
            loop.reactor.tenants = []
        }
        await loop.stop()
    }

    @Test func `a peer that closes is reported, and removal ends all reports`() async throws {
        let loop = try EventLoop(index: 0)
        let heard = Recorder<String>()
        let (near, far) = socketPair()
        let registration = try await loop.run { loop throws(SystemCallError) in
            try loop.reactor.poller.add(near, [.peerClosed], End(near, "end", heard))
        }
        close(far)
        _ = try await heard.wait(count: 1)
        await loop.run { $0.reactor.poller.remove(registration) }
        let count = heard.values.count
        try await Task.sleep(nanoseconds: 10_000_000)
        #expect(heard.values.count == count)
        close(near)
        await loop.stop()
    }
}
