import CCurl
import Loop

/// One of libcurl's multi handles: some transfers, their connections, their sockets and their
/// timer.
///
/// libcurl searches all connections of a handle whenever a transfer wants one, and again when it
/// gives one back. So no handle has more than a few hundred: with ten thousand streams on one, that
/// search took two fifths of the cost of starting them.
final class MultiHandle {
    let pointer: UnsafeMutableRawPointer
    /// How many transfers run on it.
    private(set) var runningCount = 0
    /// How many connections it may keep, however few transfers run.
    private let keptConnections: Int
    private unowned let client: UpstreamClient
    private let reactor: Reactor
    private let timer: Deadline

    /// Creates a handle; nil if libcurl is out of memory.
    ///
    /// - Parameters:
    ///   - client: outlives it.
    ///   - reactor: watches its sockets and its timer.
    ///   - keptConnections: how many connections it may keep for reuse, however few transfers run.
    init?(_ client: UpstreamClient, on reactor: Reactor, keptConnections: Int) {
        guard let pointer = curl_multi_init() else { return nil }
        self.pointer = pointer
        self.client = client
        self.reactor = reactor
        self.keptConnections = keptConnections
        timer = reactor.makeDeadline()
        timer.whenDue { [unowned self] in act(on: CURL_SOCKET_TIMEOUT, 0) }
        let owner = Unmanaged.passUnretained(self).toOpaque()
        relay_multi_set_socket(pointer, watchSocket, owner)
        relay_multi_set_timer(pointer, setTransferTimer, owner)
    }

    deinit { timer.abandon() }

    /// Closes all connections; the handle must not be used any more.
    ///
    /// Not in `deinit`: meanwhile libcurl calls back about the sockets to stop watching.
    func close() { curl_multi_cleanup(pointer) }

    // MARK: Calls of libcurl, by the client alone, which knows whether another call is running

    /// - Returns: whether the handle's transfer runs; else libcurl is out of memory.
    func add(_ handle: EasyHandle) -> Bool {
        guard curl_multi_add_handle(pointer, handle.pointer) == CURLM_OK else { return false }
        count(1)
        return true
    }

    func remove(_ handle: EasyHandle) {
        // First, because the connection is given back in the call.
        count(-1)
        curl_multi_remove_handle(pointer, handle.pointer)
    }

    /// Counts transfers, and allows as many connections as transfers run and a quarter more.
    ///
    /// Connections that a rush has left would otherwise stay, and be found dead only when this
    /// handle has another transfer.
    private func count(_ change: Int) {
        runningCount += change
        let wanted = max(keptConnections, runningCount + runningCount / 4)
        relay_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, wanted)
    }

    func act(on socket: curl_socket_t, _ mask: Int32) {
        client.act(on: self, socket, mask)
    }

    // MARK: Calls by libcurl

    func watch(
        _ socket: curl_socket_t,
        of easy: UnsafeMutableRawPointer?,
        _ what: Int32,
        _ watched: UnsafeMutableRawPointer?
    ) {
        guard what != CURL_POLL_REMOVE else {
            guard let watched else { return }
            let socket = Unmanaged<WatchedSocket>.fromOpaque(watched).takeRetainedValue()
            socket.unlimit()
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
        // While a connection is being made it is not counted yet, and only awaited as writable.
        if what & CURL_POLL_IN != 0, EasyHandle.isOnKeptConnection(easy),
            new.limitUnacknowledged(client.settings.acknowledgeMilliseconds)
        {
            EasyHandle.wantsFreshConnection(easy)
        }
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
