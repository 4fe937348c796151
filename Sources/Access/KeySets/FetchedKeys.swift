import Loop
import Upstream

/// The keys that an issuer publishes at an address, for all loops; one loop fetches them.
package final class FetchedKeys: Sendable {
    /// The keys that count at a time.
    struct Edition {
        /// Another one for each set of keys that has counted, and for having none.
        let number: Int
        /// Nil while none was fetched, or the last one is too old.
        let keys: KeySet?
    }

    /// What has become of a wait for a newer set.
    enum Answer: Sendable, Equatable {
        /// Another edition is there.
        case changed
        /// The issuer was asked, just now or a little earlier, and has no other keys.
        case unchanged
        /// The issuer cannot be asked; so many seconds later it may be.
        case unavailable(seconds: Int)
    }

    /// Who fetches them.
    private enum Home {
        /// Nobody, yet or any more.
        case nobody
        case loop(EventLoop)
        /// Nobody any more: others count in their place.
        case replaced
    }

    /// Where they are published: an `https` URL, or an `http` one of this machine.
    package let url: String
    private let current = Guarded(Edition(number: 0, keys: nil))
    private let home = Guarded(Home.nobody)

    /// Names the address; nothing is fetched before `begin`.
    package init(url: String) { self.url = url }

    /// What counts now.
    var edition: Edition { current.withLock { $0 } }

    /// Puts other keys in force, or none; on the loop that fetches.
    func publish(_ keys: KeySet?) {
        current.withLock { $0 = Edition(number: $0.number + 1, keys: keys) }
    }

    /// Fetches them from now on.
    func begin(
        on loop: EventLoop,
        _ connection: UpstreamSettings,
        report: @escaping @Sendable (KeySetReport) -> Void
    ) async {
        home.withLock { $0 = .loop(loop) }
        await loop.run { [self] loop in
            let made = KeySetFetcher(self, on: loop.reactor, connection, report: report)
            guard let fetcher = made else { return }
            loop.reactor.tenants.append(fetcher)
            fetcher.begin()
        }
    }

    /// Stops fetching; what was fetched goes on to count for whoever still asks.
    func end() async { await end(as: .nobody) }

    /// Stops fetching, once others count in their place.
    ///
    /// A request that found these just before is judged by the others, and not told that the issuer
    /// is away.
    func endReplaced() async { await end(as: .replaced) }

    private func end(as last: Home) async {
        let old = home.withLock { home in
            defer { home = last }
            return home
        }
        guard case .loop(let loop) = old else { return }
        await loop.run { [self] loop in
            let fetcher = KeySetFetcher.of(self, on: loop)
            fetcher?.end()
            loop.reactor.tenants.removeAll { $0 === fetcher }
        }
    }

    /// Waits for a newer set than the one that did not decide a token, where it may be fetched.
    ///
    /// - Parameters:
    ///   - number: that of the edition that did not.
    ///   - reactor: the loop that waits.
    ///   - use: takes what has become of it, on that loop, later.
    func wait(
        forNewerThan number: Int,
        on reactor: Reactor,
        then use: @escaping (Answer) -> Void
    ) {
        let ticket = Ticket(on: reactor, use)
        guard case .loop(let loop) = home.withLock({ $0 }) else {
            return ticket.answer(answerOfNobody)
        }
        loop.post { [self] loop in
            guard let fetcher = KeySetFetcher.of(self, on: loop) else {
                return ticket.answer(answerOfNobody)
            }
            fetcher.wanted(newerThan: number, ticket)
        }
    }

    /// What a request is told that finds nobody who fetches.
    private var answerOfNobody: Answer {
        if case .replaced = home.withLock({ $0 }) { return .changed }
        return .unavailable(seconds: KeySetSchedule.firstPauseSeconds)
    }
}
