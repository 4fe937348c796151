import CCurl
package import Loop

/// Runs libcurl's transfers on one loop: sockets and timers are the loop's, threads it has none.
///
/// The transfers are spread over as many multi handles as they need, the first of them filled
/// first: there most connections can be used again.
///
/// libcurl must not be called from inside its own callbacks, where most of what happens here is
/// heard of. What is asked meanwhile is put off until it has returned.
package final class UpstreamClient {
    private let reactor: Reactor
    private let settings: UpstreamSettings
    /// Never empty.
    private(set) var multis: [MultiHandle] = []
    /// Handles that wait for their next transfer.
    private var idle: [EasyHandle] = []
    private static let keptHandles = 256
    /// Whether libcurl is being called.
    private var isInside = false
    /// What was asked while libcurl was being called.
    private var putOff: [() -> Void] = []
    /// The turn that content was last taken in, and how much it has taken.
    private var turn = 0
    private var turnSpent = 0
    /// Transfers whose content came when the turn had enough, in their order.
    private var waiting: [Transfer] = []
    private var isProceedScheduled = false
    /// Due when a multi handle that has nothing to do is closed.
    private let sweeping: Deadline

    /// The transfers that libcurl runs; it holds none of them itself.
    private var running: [ObjectIdentifier: Transfer] = [:]

    /// How many transfers run.
    package var runningCount: Int { running.count }

    /// Creates a client; nil where libcurl is out of memory.
    package init?(on reactor: Reactor, settings: UpstreamSettings) {
        _ = Self.initialised
        self.reactor = reactor
        self.settings = settings
        sweeping = reactor.makeDeadline()
        sweeping.whenDue { [unowned self] in sweep() }
        guard openMulti() != nil else { return nil }
    }

    deinit {
        precondition(running.isEmpty, "a client outlives its transfers")
        sweeping.abandon()
        for multi in multis { multi.close() }
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
        guard let multi = multiWithRoom(),
            let handle = idle.popLast() ?? EasyHandle(settings)
        else {
            return transfer.ended(.other("libcurl is out of memory"))
        }
        handle.prepare(request, for: Unmanaged.passUnretained(transfer).toOpaque())
        guard call({ multi.add(handle) }) else {
            handle.forget()
            return transfer.ended(.other("libcurl is out of memory"))
        }
        transfer.run = Transfer.Run(handle: handle, multi: multi)
        running[ObjectIdentifier(transfer)] = transfer
    }

    // MARK: Multi handles

    private func multiWithRoom() -> MultiHandle? {
        multis.first { $0.runningCount < settings.transfersPerHandle } ?? openMulti()
    }

    private func openMulti() -> MultiHandle? {
        // All but the first are there for a rush.
        let kept = multis.isEmpty ? settings.keptConnections : settings.keptConnections / 16
        guard let multi = MultiHandle(self, on: reactor, keptConnections: kept) else { return nil }
        multis.append(multi)
        return multi
    }

    /// Closes one that a rush of streams has left behind, and then the next.
    ///
    /// Not at once, since the rush may go on and libcurl is still being called on it; and not all
    /// together, since each may have hundreds of connections to close.
    private func sweep() {
        guard let left = multis.dropFirst().firstIndex(where: { $0.runningCount == 0 }) else {
            return
        }
        multis.remove(at: left).close()
        sweeping.set(at: reactor.now + .milliseconds(10))
    }

    // MARK: Transfers

    /// Cancels every transfer: the end of whoever asked.
    package func cancelAll() {
        for transfer in Array(running.values) { transfer.cancel() }
    }

    func drop(_ transfer: Transfer) {
        outside { [self] in release(transfer) }
    }

    /// Has libcurl read or not, as the transfer wants it.
    func follow(_ transfer: Transfer, _ flow: Transfer.Flow) {
        outside { [self] in
            guard let run = transfer.run, transfer.flow == flow else { return }
            let pause = flow == .running ? CURLPAUSE_CONT : CURLPAUSE_RECV
            call { curl_easy_pause(run.handle.pointer, pause) }
            collectEnded(of: run.multi)
        }
    }

    // MARK: The turn

    /// Content that one turn takes from all upstreams.
    ///
    /// libcurl reads on for as long as a socket has something, up to 1.6 MB of each transfer.
    /// Without a bound, fifty fast upstreams made a turn of seconds, in which nobody was served and
    /// all of it had to be held.
    static let turnBytes = 256 * 1024

    /// Whether the turn under way takes so much content more; it is taken whole or not at all.
    func admits(_ count: Int) -> Bool {
        if turn != reactor.turn {
            turn = reactor.turn
            turnSpent = 0
        }
        guard turnSpent < Self.turnBytes else { return false }
        turnSpent += count
        return true
    }

    /// Has a transfer go on in the next turn that has room, after those that came before it.
    func proceedLater(_ transfer: Transfer) {
        waiting.append(transfer)
        scheduleProceed()
    }

    private func scheduleProceed() {
        guard !isProceedScheduled else { return }
        isProceedScheduled = true
        reactor.atNextTurn { [weak self] in self?.proceed() }
    }

    private func proceed() {
        isProceedScheduled = false
        let waited = waiting
        waiting = []
        for place in waited.indices {
            guard admits(0) else {
                // Those that had content in this turn have come to wait behind them.
                waiting = waited[place...] + waiting
                break
            }
            waited[place].proceed()
        }
        if !waiting.isEmpty { scheduleProceed() }
    }

    /// Takes a transfer off libcurl; its handle waits for the next.
    private func release(_ transfer: Transfer) {
        guard let run = transfer.run.take() else { return }
        let (handle, multi) = (run.handle, run.multi)
        call { multi.remove(handle) }
        if transfer.flow != .running {
            // The pause belongs to the handle, and would hold up its next transfer.
            call { curl_easy_pause(handle.pointer, CURLPAUSE_CONT) }
        }
        handle.forget()
        running[ObjectIdentifier(transfer)] = nil
        if idle.count < Self.keptHandles { idle.append(handle) }
        if multi.runningCount == 0, multi !== multis.first {
            sweeping.set(at: reactor.now + .milliseconds(settings.sweepMilliseconds))
        }
    }

    // MARK: What libcurl is told

    func act(on multi: MultiHandle, _ socket: curl_socket_t, _ mask: Int32) {
        var running: Int32 = 0
        call { curl_multi_socket_action(multi.pointer, socket, mask, &running) }
        collectEnded(of: multi)
    }

    private func collectEnded(of multi: MultiHandle) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi.pointer, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let code = relay_message_result(message)
            var owner: UnsafeMutableRawPointer?
            relay_easy_get_pointer(message.pointee.easy_handle, CURLINFO_PRIVATE, &owner)
            guard let owner else { continue }
            let transfer = Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue()
            let detail = transfer.run?.handle.error ?? ""
            release(transfer)
            guard code != CURLE_OK else {
                transfer.ended(nil)
                continue
            }
            transfer.ended(
                TransferError(code, detail: detail, isHeadWhole: transfer.isHeadWhole)
            )
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
}
