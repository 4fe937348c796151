import CCurl
package import Loop

/// Runs libcurl's transfers on one loop, with the loop's sockets and timers and no threads.
///
/// The transfers are spread over as many multi handles as they need. The first handle is filled
/// first: most of its connections can be used again.
///
/// libcurl must not be called from inside its own callbacks, in which most events arrive here.
/// Calls that are asked for meanwhile are put off until libcurl has returned.
package final class UpstreamClient {
    private let reactor: Reactor
    let settings: UpstreamSettings
    /// Never empty, but where transfers are played.
    private(set) var multis: [MultiHandle] = []
    /// Handles that wait for their next transfer.
    private var idle: [EasyHandle] = []
    private static let keptHandles = 256
    /// Whether a call of libcurl is running.
    private var isInside = false
    /// The work that was asked for during a call of libcurl.
    private var putOff: [() -> Void] = []
    /// The turn in which content was last taken, and how much it has taken.
    private var turn = 0
    private var turnSpent = 0
    /// The transfers whose content came when the turn had enough, in the order of arrival.
    private var waiting: [Transfer] = []
    private var isProceedScheduled = false
    /// Due when the next multi handle without transfers should be closed.
    private let sweeping: Deadline

    /// The transfers that libcurl runs, by number; it holds none of them itself.
    private var running: [Int: Transfer] = [:]
    /// How many transfers have been started.
    private var startedCount = 0
    /// Who plays the transfers; nil where libcurl runs them.
    private let standIn: (any UpstreamStandIn)?

    /// How many transfers run.
    package var runningCount: Int { running.count }

    /// Creates a client; nil if libcurl is out of memory.
    package init?(on reactor: Reactor, settings: UpstreamSettings) {
        _ = Self.initialised
        self.reactor = reactor
        self.settings = settings
        standIn = nil
        sweeping = reactor.makeDeadline()
        sweeping.whenDue { [unowned self] in sweep() }
        guard openMulti() != nil else { return nil }
    }

    /// Creates a client whose transfers are played, without libcurl.
    package init(on reactor: Reactor, playedBy standIn: any UpstreamStandIn) {
        self.reactor = reactor
        self.standIn = standIn
        settings = UpstreamSettings()
        sweeping = reactor.makeDeadline()
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

    /// Whether libcurl's set-up of the process succeeded; it runs once for all clients.
    static let initialised: Bool = CurlMemory.install() == CURLE_OK

    /// Starts a transfer.
    ///
    /// The delegate is called from the next turn on, and is kept until the transfer's end.
    package func start(
        _ request: UpstreamRequest,
        delegate: any TransferDelegate
    ) -> Transfer {
        startedCount += 1
        let transfer = Transfer(
            self,
            number: startedCount,
            headers: request.headers,
            delegate: delegate
        )
        outside { [self] in begin(transfer, request) }
        return transfer
    }

    private func begin(_ transfer: Transfer, _ request: UpstreamRequest) {
        guard !transfer.isOver else { return }
        if let standIn {
            running[transfer.number] = transfer
            return standIn.started(transfer, request)
        }
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
        running[transfer.number] = transfer
    }

    // MARK: Multi handles

    private func multiWithRoom() -> MultiHandle? {
        multis.first { $0.runningCount < settings.transfersPerHandle } ?? openMulti()
    }

    private func openMulti() -> MultiHandle? {
        // All but the first are only needed in a rush.
        let kept = multis.isEmpty ? settings.keptConnections : settings.keptConnections / 16
        guard let multi = MultiHandle(self, on: reactor, keptConnections: kept) else { return nil }
        multis.append(multi)
        return multi
    }

    /// Closes a handle that a rush of streams has left without transfers, and later the next.
    ///
    /// Not at once, since the rush may go on and a call of libcurl on it still runs; and not all
    /// together, since each may have hundreds of connections to close.
    private func sweep() {
        guard let left = multis.dropFirst().firstIndex(where: { $0.runningCount == 0 }) else {
            return
        }
        multis.remove(at: left).close()
        sweeping.set(at: reactor.now + .milliseconds(10))
    }

    // MARK: Transfers

    /// Cancels every transfer, the oldest first, when the loop's work ends.
    package func cancelAll() {
        for number in running.keys.sorted() { running[number]?.cancel() }
    }

    func drop(_ transfer: Transfer) {
        outside { [self] in release(transfer) }
    }

    /// Makes libcurl read or pause, as the transfer wants.
    func follow(_ transfer: Transfer, _ flow: Transfer.Flow) {
        outside { [self] in
            guard transfer.flow == flow else { return }
            if let standIn {
                // It may have ended, or been given up, since it was asked.
                if running[transfer.number] != nil { standIn.flowChanged(transfer) }
                return
            }
            guard let run = transfer.run else { return }
            let pause = flow == .running ? CURLPAUSE_CONT : CURLPAUSE_RECV
            call { curl_easy_pause(run.handle.pointer, pause) }
            collectEnded(of: run.multi)
        }
    }

    // MARK: The turn

    /// How much content one turn takes from all upstreams.
    ///
    /// In bytes. libcurl reads on for as long as a socket has something, up to 1.6 MB of each
    /// transfer. Without a bound, fifty fast upstreams made a turn of seconds, in which no client
    /// was served and all content had to be held.
    static let turnBytes = 256 * 1024

    /// Counts content towards the current turn's bound, all of it or nothing.
    ///
    /// - Returns: whether the turn takes it.
    func admit(_ count: Int) -> Bool {
        if turn != reactor.turn {
            turn = reactor.turn
            turnSpent = 0
        }
        guard turnSpent < Self.turnBytes else { return false }
        turnSpent += count
        return true
    }

    /// Lets a transfer go on in the next turn that has room, after those that came before it.
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
        for index in waited.indices {
            guard admit(0) else {
                // The transfers that had content in this turn are waiting again, after these.
                waiting = waited[index...] + waiting
                break
            }
            waited[index].proceed()
        }
        if !waiting.isEmpty { scheduleProceed() }
    }

    /// Removes a transfer from libcurl; its handle waits for the next.
    private func release(_ transfer: Transfer) {
        if let standIn {
            if running.removeValue(forKey: transfer.number) != nil { standIn.cancelled(transfer) }
            return
        }
        guard let run = transfer.run.take() else { return }
        let (handle, multi) = (run.handle, run.multi)
        call { multi.remove(handle) }
        if transfer.flow != .running {
            // The pause is a state of the handle, and would hold up its next transfer.
            call { curl_easy_pause(handle.pointer, CURLPAUSE_CONT) }
        }
        handle.forget()
        running[transfer.number] = nil
        if idle.count < Self.keptHandles { idle.append(handle) }
        if multi.runningCount == 0, multi !== multis.first {
            sweeping.set(at: reactor.now + .milliseconds(settings.sweepMilliseconds))
        }
    }

    // MARK: Calls of libcurl

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
            let error =
                code == CURLE_OK
                ? nil : TransferError(code, detail: detail, isHeadWhole: transfer.isHeadWhole)
            transfer.ended(transfer.verdict(error))
        }
    }

    /// Ends a transfer that is played.
    func endPlayed(_ transfer: Transfer, _ error: TransferError?) {
        running[transfer.number] = nil
        transfer.ended(transfer.verdict(error))
    }

    @discardableResult
    func call<Code>(_ body: () -> Code) -> Code {
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
