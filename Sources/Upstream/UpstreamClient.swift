import CCurl
package import Loop

/// Runs libcurl's transfers on one loop: sockets and timers are the loop's, threads it has none.
///
/// libcurl must not be called from inside its own callbacks, where most of what happens here is
/// heard of. What is asked meanwhile is put off until it has returned.
package final class UpstreamClient {
    private let reactor: Reactor
    private let settings: UpstreamSettings
    private let multi: UnsafeMutableRawPointer
    /// Handles that wait for their next transfer.
    private var idle: [EasyHandle] = []
    private static let keptHandles = 256
    /// Whether libcurl is being called.
    private var isInside = false
    /// What was asked while libcurl was being called.
    private var putOff: [() -> Void] = []
    private let timer: Deadline

    /// The transfers that libcurl runs; it holds none of them itself.
    private var running: [ObjectIdentifier: Transfer] = [:]

    /// How many transfers run.
    package var runningCount: Int { running.count }

    /// Creates a client; nil where libcurl is out of memory.
    package init?(on reactor: Reactor, settings: UpstreamSettings) {
        _ = Self.initialised
        guard let multi = curl_multi_init() else { return nil }
        self.reactor = reactor
        self.settings = settings
        self.multi = multi
        timer = reactor.makeDeadline()
        timer.whenDue { [unowned self] in act(on: CURL_SOCKET_TIMEOUT, 0) }
        let owner = Unmanaged.passUnretained(self).toOpaque()
        relay_multi_set_socket(multi, watchSocket, owner)
        relay_multi_set_timer(multi, setTransferTimer, owner)
        relay_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.keptConnections)
    }

    deinit {
        precondition(running.isEmpty, "a client outlives its transfers")
        timer.abandon()
        idle = []
        // Nothing is told to who is going: libcurl closes its kept connections now.
        relay_multi_set_socket(multi, nil, nil)
        relay_multi_set_timer(multi, nil, nil)
        curl_multi_cleanup(multi)
    }

    /// libcurl's own version line, for `--version`.
    package static var version: String {
        guard let info = curl_version() else { return "libcurl" }
        return String(cString: info)
    }

    /// libcurl's set-up of the whole process; done once, however many clients there are.
    static let initialised: Bool = CurlMemory.install() == CURLE_OK

    /// Starts a transfer.
    ///
    /// The delegate hears of it from the next turn on, and is kept until its end.
    package func start(
        _ request: UpstreamRequest,
        delegate: any TransferDelegate
    ) -> Transfer {
        let transfer = Transfer(self, headers: request.headers, delegate: delegate)
        outside { [self] in begin(transfer, request) }
        return transfer
    }

    private func begin(_ transfer: Transfer, _ request: UpstreamRequest) {
        guard !transfer.isOver else { return }
        guard let handle = idle.popLast() ?? EasyHandle(settings) else {
            return transfer.ended(.other("libcurl is out of memory"))
        }
        transfer.handle = handle
        running[ObjectIdentifier(transfer)] = transfer
        handle.prepare(request, for: Unmanaged.passUnretained(transfer).toOpaque())
        call { curl_multi_add_handle(multi, handle.pointer) }
    }

    /// Cancels every transfer: the end of whoever asked.
    package func cancelAll() {
        for transfer in Array(running.values) { transfer.cancel() }
    }

    func drop(_ transfer: Transfer) {
        outside { [self] in release(transfer) }
    }

    func setPause(_ transfer: Transfer, _ isPaused: Bool) {
        outside { [self] in
            guard let handle = transfer.handle, transfer.isPaused == isPaused else { return }
            call { curl_easy_pause(handle.pointer, isPaused ? CURLPAUSE_RECV : CURLPAUSE_CONT) }
            collectEnded()
        }
    }

    /// Takes a transfer off libcurl; its handle waits for the next.
    private func release(_ transfer: Transfer) {
        guard let handle = transfer.handle else { return }
        transfer.handle = nil
        call { curl_multi_remove_handle(multi, handle.pointer) }
        if transfer.isPaused {
            // The pause belongs to the handle, and would hold up its next transfer.
            call { curl_easy_pause(handle.pointer, CURLPAUSE_CONT) }
        }
        handle.forget()
        running[ObjectIdentifier(transfer)] = nil
        if idle.count < Self.keptHandles { idle.append(handle) }
    }

    // MARK: What libcurl is told

    func act(on socket: curl_socket_t, _ mask: Int32) {
        var running: Int32 = 0
        call { curl_multi_socket_action(multi, socket, mask, &running) }
        collectEnded()
    }

    private func collectEnded() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let code = relay_message_result(message)
            var owner: UnsafeMutableRawPointer?
            relay_easy_get_pointer(message.pointee.easy_handle, CURLINFO_PRIVATE, &owner)
            guard let owner else { continue }
            let transfer = Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue()
            let detail = transfer.handle?.error ?? ""
            release(transfer)
            transfer.ended(code == CURLE_OK ? nil : TransferError(code, detail: detail))
        }
    }

    @discardableResult
    private func call<Code>(_ body: () -> Code) -> Code {
        let wasInside = isInside
        isInside = true
        let code = body()
        isInside = wasInside
        if !isInside { doPutOff() }
        return code
    }

    private func outside(_ work: @escaping () -> Void) {
        guard isInside else { return work() }
        putOff.append(work)
    }

    private func doPutOff() {
        while !putOff.isEmpty {
            let work = putOff
            putOff = []
            for item in work { item() }
        }
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
        let new = WatchedSocket(socket, client: self)
        new.registration = try? reactor.poller.add(socket, interest, new)
        curl_multi_assign(multi, socket, Unmanaged.passRetained(new).toOpaque())
    }

    func setTimer(_ milliseconds: Int) {
        if milliseconds < 0 {
            timer.clear()
        } else {
            timer.set(at: reactor.now + .milliseconds(milliseconds))
        }
    }
}
