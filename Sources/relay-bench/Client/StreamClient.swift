import Glibc
import Loop
import Wire

/// One connection with one stream on it.
final class StreamClient: ReadinessHandler {
    private let fleet: Fleet
    private let socket: Descriptor
    private let request: [UInt8]
    private let started: Nanoseconds
    private var registration: Registration?
    private var isRequestSent = false
    private var response = ResponseReader()
    private var events = EventDecoder()
    private var tokens = 0

    /// Connects, to send a request as soon as the connection stands.
    init(_ request: [UInt8], in fleet: Fleet) throws(SystemCallError) {
        self.request = request
        self.fleet = fleet
        started = monotonicNow()
        socket = try Loopback.connect(port: fleet.target.port, blocks: false)
        registration = try fleet.reactor.poller.add(socket.number, .writable, self)
    }

    func descriptorReady(_ readiness: Readiness) {
        if !isRequestSent {
            send()
        } else {
            receive()
        }
    }

    /// Ends the stream, whose outcome is known or does not matter.
    func close() {
        guard let registration = registration.take() else { return }
        fleet.reactor.poller.remove(registration)
        shutdown(socket.number, Int32(SHUT_RDWR))
    }

    private func send() {
        guard let registration else { return }
        let count = Glibc.send(socket.number, request, request.count, Int32(MSG_NOSIGNAL))
        // A fresh socket's buffer holds any request of ours.
        guard count == request.count else { return fail("send: \(errorText(errno))") }
        isRequestSent = true
        do throws(SystemCallError) {
            try fleet.reactor.poller.modify(registration, .readable)
        } catch {
            fail(error.description)
        }
    }

    private func receive() {
        var buffer: [UInt8] = []
        swap(&buffer, &fleet.buffer)
        defer { swap(&buffer, &fleet.buffer) }
        let count = recv(socket.number, &buffer, buffer.count, 0)
        let code = errno
        let now = monotonicNow()
        guard count > 0 else {
            guard count == 0 || code != EAGAIN else { return }
            return fail(count == 0 ? "closed" : "recv: \(errorText(code))")
        }
        take(buffer.span.extracting(..<count), at: now)
    }

    private func take(_ bytes: Span<UInt8>, at now: Nanoseconds) {
        var content: [UInt8] = []
        swap(&content, &fleet.content)
        defer { swap(&content, &fleet.content) }
        content.removeAll(keepingCapacity: true)
        do {
            let isDone = try response.receive(bytes, into: &content)
            var offset = 0
            while try events.next(content.span, from: &offset) { takeEvent(at: now) }
            if isDone { end() }
        } catch {
            fail("\(error)")
        }
    }

    private func takeEvent(at now: Nanoseconds) {
        guard let stamp = Stamp.find(events.data.span) else { return }
        if tokens == 0 { fleet.receivedFirst(after: now - started) }
        tokens += 1
        fleet.received(stamp: stamp, at: now)
    }

    private func end() {
        guard tokens == fleet.load.tokens else { return fail("complete") }
        close()
        fleet.ended(failure: nil)
    }

    private func fail(_ reason: String) {
        guard registration != nil else { return }
        close()
        fleet.ended(failure: "\(reason) after \(tokens) of \(fleet.load.tokens) tokens")
    }
}
