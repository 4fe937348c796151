import Dispatch
import Loop
import Upstream

/// Keeps one key set fetched; it lives on one loop, whichever loops the requests are on.
final class KeySetFetcher {
    let keys: FetchedKeys
    private let reactor: Reactor
    private let client: UpstreamClient
    private let report: @Sendable (KeySetReport) -> Void
    private var schedule = KeySetSchedule()
    private let clock: Deadline
    private var call: KeySetCall?
    /// What the set in force was read from; nil where there is none.
    private var text: [UInt8]?
    /// The requests that wait for the fetch that runs.
    private var waiting: [Ticket<FetchedKeys.Answer>] = []

    /// Makes one that has not begun; nil if libcurl is out of memory.
    init?(
        _ keys: FetchedKeys,
        on reactor: Reactor,
        _ connection: UpstreamSettings,
        report: @escaping @Sendable (KeySetReport) -> Void
    ) {
        var connection = connection
        connection.keptConnections = 1
        guard let client = UpstreamClient(on: reactor, settings: connection) else { return nil }
        self.keys = keys
        self.reactor = reactor
        self.client = client
        self.report = report
        clock = reactor.makeDeadline()
        clock.whenDue { [unowned self] in timePassed() }
    }

    deinit { clock.abandon() }

    /// The one on a loop that keeps these keys.
    static func of(_ keys: FetchedKeys, on loop: isolated EventLoop) -> KeySetFetcher? {
        for tenant in loop.reactor.tenants {
            if let fetcher = tenant as? KeySetFetcher, fetcher.keys === keys { return fetcher }
        }
        return nil
    }

    /// Fetches the set for the first time, and from then on.
    func begin() { timePassed() }

    /// Ends all of it; who waits asks again, and finds what has taken its place.
    func end() {
        clock.clear()
        call?.cancel()
        call = nil
        client.cancelAll()
        answer(.changed)
    }

    /// Takes a request whose token the set of that number does not decide.
    func wanted(newerThan number: Int, _ ticket: Ticket<FetchedKeys.Answer>) {
        guard keys.edition.number == number else { return ticket.answer(.changed) }
        switch schedule.take(.wanted, at: reactor.now) {
        case .fetch:
            waiting.append(ticket)
            fetch()
        case .wait: waiting.append(ticket)
        case .postpone(let seconds): ticket.answer(.unavailable(seconds: seconds))
        case .refuse, .nothing, .discard: ticket.answer(.unchanged)
        }
    }

    private func timePassed() {
        while true {
            switch schedule.take(.time, at: reactor.now) {
            case .discard:
                text = nil
                keys.publish(nil)
                report(.tooOld)
            case .fetch: return fetch()
            case .nothing, .wait, .refuse, .postpone: return clock.set(at: schedule.due)
            }
        }
    }

    private func fetch() {
        clock.set(at: schedule.due)
        call = KeySetCall(keys.url, client, on: reactor) { [unowned self] result in
            call = nil
            switch result {
            case .success(let bytes): read(bytes)
            case .failure(let failure): failed(failure)
            }
        }
    }

    /// Reads a set on another thread: libcrypto looks at a key of RSA for milliseconds, in which
    /// no token of any answer would move.
    private func read(_ bytes: [UInt8]) {
        guard bytes != text else { return fetched(.unchanged) }
        let ticket = Ticket<Result<KeySet, KeySetError>>(on: reactor) { [weak self] result in
            switch result {
            case .success(let set): self?.fetched(set, bytes)
            case .failure(let error): self?.failed(.unusable(error))
            }
        }
        DispatchQueue.global(qos: .utility).async {
            do throws(KeySetError) {
                ticket.answer(.success(try KeySet(jwks: bytes.span, from: .address)))
            } catch {
                ticket.answer(.failure(error))
            }
        }
    }

    private func fetched(_ set: KeySet, _ bytes: [UInt8]) {
        text = bytes
        keys.publish(set)
        report(.changed(keys: set.count, leftOut: set.skipped.count, set.skipped.first))
        fetched(.changed)
    }

    private func fetched(_ answer: FetchedKeys.Answer) {
        let failures = schedule.failures
        _ = schedule.take(.fetched, at: reactor.now)
        if failures > 0 { report(.resumed(failures: failures)) }
        clock.set(at: schedule.due)
        self.answer(answer)
    }

    private func failed(_ failure: KeySetFailure) {
        _ = schedule.take(.failed, at: reactor.now)
        if schedule.isFailureWorthALine {
            let hasOlder = keys.edition.keys != nil
            report(.failed(failure, count: schedule.failures, hasOlder: hasOlder))
        }
        clock.set(at: schedule.due)
        answer(.unavailable(seconds: schedule.pauseSeconds))
    }

    private func answer(_ answer: FetchedKeys.Answer) {
        let waited = waiting
        waiting = []
        for ticket in waited { ticket.answer(answer) }
    }
}
