import Glibc
import Loop
import Wire

/// One connection, with one stream after the other.
final class StreamClient: ReadinessHandler {
    private let fleet: Fleet
    private let socket: Descriptor
    private let request: [UInt8]
    private let connected: Nanoseconds
    private var registration: Registration?
    private var isRequestSent = false
    private var response = ResponseReader()
    private var events = EventDecoder()
    private var tokens = 0
    private var answers = 0

    /// Connects, and sends a request as soon as the connection is established.
    init(_ target: StreamTarget, in fleet: Fleet) throws(SystemCallError) {
        request = target.request
        self.fleet = fleet
        connected = monotonicNow()
        socket = try Loopback.connect(port: target.port, blocks: false)
        registration = try fleet.reactor.poller.add(socket.number, .writable, self)
    }

    func descriptorReady(_ readiness: Readiness) {
        if isRequestSent { return receive() }
        guard let registration, send() else { return }
        isRequestSent = true
        do throws(SystemCallError) {
            try fleet.reactor.poller.modify(registration, .readable)
        } catch {
            fail(error.description)
        }
    }

    /// Ends the stream; its outcome is known or does not matter.
    func close() {
        guard let registration = registration.take() else { return }
        fleet.reactor.poller.remove(registration)
        shutdown(socket.number, Int32(SHUT_RDWR))
    }

    private func send() -> Bool {
        let count = Glibc.send(socket.number, request, request.count, Int32(MSG_NOSIGNAL))
        let code = errno
        // An empty send buffer has room for any of our requests.
        guard count == request.count else {
            fail("send: \(errorText(code))")
            return false
        }
        return true
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
            if isDone { answerEnded(at: now) }
        } catch {
            fail("\(error)")
        }
    }

    private func takeEvent(at now: Nanoseconds) {
        let data = events.data
        guard let stamp = Stamp.find(data.span) else { return }
        if tokens == 0, answers == 0 { fleet.receivedFirst(after: now - connected) }
        tokens += 1
        fleet.received(stamp: stamp, at: now)
    }

    private func answerEnded(at now: Nanoseconds) {
        guard tokens == fleet.load.tokens else { return fail("complete") }
        let duration = answers == 0 ? now - connected : nil
        answers += 1
        tokens = 0
        response = ResponseReader()
        events = EventDecoder()
        if fleet.answered(after: duration, at: now) {
            _ = send()
        } else {
            close()
            fleet.ended(failure: nil)
        }
    }

    private func fail(_ reason: String) {
        guard registration != nil else { return }
        close()
        fleet.ended(failure: "\(reason) after \(tokens) of \(fleet.load.tokens) tokens")
    }
}
