import CCurl
import Loop

/// One of libcurl's multi handles: some transfers, their connections, their sockets and their clock.
///
/// libcurl looks through all connections of a handle whenever a transfer wants one, and again when it
/// gives one back. So no handle has more than a few hundred: with all of ten thousand streams on one,
/// that took two fifths of what starting them cost.
final class MultiHandle {
    let pointer: UnsafeMutableRawPointer
    /// How many transfers it runs.
    private(set) var runningCount = 0
    private unowned let client: UpstreamClient
    private let reactor: Reactor
    private let timer: Deadline

    /// Creates a handle; nil where libcurl is out of memory.
    ///
    /// - Parameters:
    ///   - client: outlives it.
    ///   - reactor: where its sockets and its clock are watched.
    ///   - keptConnections: how many connections it keeps for reuse.
    init?(_ client: UpstreamClient, on reactor: Reactor, keptConnections: Int) {
        guard let pointer = curl_multi_init() else { return nil }
        self.pointer = pointer
        self.client = client
        self.reactor = reactor
        timer = reactor.makeDeadline()
        timer.whenDue { [unowned self] in act(on: CURL_SOCKET_TIMEOUT, 0) }
        let owner = Unmanaged.passUnretained(self).toOpaque()
        relay_multi_set_socket(pointer, watchSocket, owner)
        relay_multi_set_timer(pointer, setTransferTimer, owner)
        relay_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, keptConnections)
    }

    deinit {
        timer.abandon()
        // Nothing is told to who is going: libcurl closes its kept connections now.
        relay_multi_set_socket(pointer, nil, nil)
        relay_multi_set_timer(pointer, nil, nil)
        curl_multi_cleanup(pointer)
    }

    // MARK: What libcurl is told, by the client alone, which knows whether it is being called

    func add(_ handle: EasyHandle) {
        runningCount += 1
        curl_multi_add_handle(pointer, handle.pointer)
    }

    func remove(_ handle: EasyHandle) {
        runningCount -= 1
        curl_multi_remove_handle(pointer, handle.pointer)
    }

    func act(on socket: curl_socket_t, _ mask: Int32) {
        client.act(on: self, socket, mask)
    }

    // MARK: What libcurl asks

    func watch(_ socket: curl_socket_t, _ what: Int32, _ watched: UnsafeMutableRawPointer?) {
        guard what != CURL_POLL_REMOVE else {
            guard let watched else { return }
            let socket = Unmanaged<WatchedSocket>.fromOpaque(watched).takeRetainedValue()
            if let registration = socket.registration { reactor.poller.remove(registration) }
            return
        }
        let interest = WatchedSocket.interest(what)
        if let watched {
            let socket = Unmanaged<WatchedSocket>.fromOpaque(watched).takeUnretainedValue()
            if let registration = socket.registration {
                try? reactor.poller.modify(registration, interest)
            }
            return
        }
        let new = WatchedSocket(socket, of: self)
        new.registration = try? reactor.poller.add(socket, interest, new)
        curl_multi_assign(pointer, socket, Unmanaged.passRetained(new).toOpaque())
    }

    func setTimer(_ milliseconds: Int) {
        if milliseconds < 0 {
            timer.clear()
        } else {
            timer.set(at: reactor.now + .milliseconds(milliseconds))
        }
    }
}
