import Loop
import Synchronization

/// How many connections a process has, in all and from each address.
///
/// One for all loops, so that a limit is exact.
package final class ConnectionBook: Sendable {
    /// Why one more connection is not taken.
    enum Refusal: Error, Equatable {
        case full(limit: Int)
        case fullForAddress(limit: Int)
    }

    private let count = Atomic<Int>(0)
    private let counts = Guarded<[PeerAddress.Site: Int]>([:])

    /// Makes a book without an entry.
    package init() {}

    /// How many connections there are.
    package var connectionCount: Int { count.load(ordering: .relaxed) }

    /// Takes one more connection.
    ///
    /// - Parameters:
    ///   - peer: where it comes from.
    ///   - limits: those in force on the loop that accepted it.
    /// - Returns: its place, which the last reference gives back.
    /// - Throws: why there is none.
    func enter(
        _ peer: PeerAddress,
        _ limits: ServerLimits
    ) throws(Refusal) -> ConnectionPlace {
        guard takeOne(of: limits.maxConnections) else {
            throw .full(limit: limits.maxConnections)
        }
        guard let site = peer.site else { return ConnectionPlace(in: self, site: nil) }
        let most = limits.maxConnectionsPerAddress
        let isTaken = counts.withLock { counts in
            let before = counts[site, default: 0]
            guard before < most else { return false }
            counts[site] = before + 1
            return true
        }
        guard isTaken else {
            count.subtract(1, ordering: .relaxed)
            throw .fullForAddress(limit: most)
        }
        return ConnectionPlace(in: self, site: site)
    }

    /// Counts one more, unless there are enough.
    ///
    /// A refused one is never counted, not even for a moment: another loop would refuse one that
    /// has a place.
    private func takeOne(of limit: Int) -> Bool {
        var seen = connectionCount
        while seen < limit {
            let (isDone, now) = count.weakCompareExchange(
                expected: seen,
                desired: seen + 1,
                ordering: .relaxed
            )
            if isDone { return true }
            seen = now
        }
        return false
    }

    fileprivate func leave(_ site: PeerAddress.Site?) {
        count.subtract(1, ordering: .relaxed)
        guard let site else { return }
        counts.withLock { counts in
            let left = counts[site, default: 1] - 1
            counts[site] = left > 0 ? left : nil
        }
    }
}

/// One connection's place among those that a process has.
///
/// It goes where the connection goes, also to another loop.
final class ConnectionPlace: Sendable {
    private let book: ConnectionBook
    private let site: PeerAddress.Site?

    init(in book: ConnectionBook, site: PeerAddress.Site?) {
        self.book = book
        self.site = site
    }

    deinit { book.leave(site) }
}
