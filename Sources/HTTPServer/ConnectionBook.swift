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
        do throws(Refusal) {
            return ConnectionPlace(in: self, site: try takeSite(of: peer, limits))
        } catch {
            count.subtract(1, ordering: .relaxed)
            throw error
        }
    }

    /// Counts one more of an address.
    ///
    /// - Returns: what it is counted by; nil where it is not. That is this machine's, and a trusted
    ///   proxy's, which shares its connections out among its clients.
    fileprivate func takeSite(
        of peer: PeerAddress,
        _ limits: ServerLimits
    ) throws(Refusal) -> PeerAddress.Site? {
        guard let site = peer.site, !limits.proxies.trusts(peer) else { return nil }
        let most = limits.maxConnectionsPerAddress
        let isTaken = counts.withLock { counts in
            let before = counts[site, default: 0]
            guard before < most else { return false }
            counts[site] = before + 1
            return true
        }
        guard isTaken else { throw .fullForAddress(limit: most) }
        return site
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

    fileprivate func leave() { count.subtract(1, ordering: .relaxed) }

    fileprivate func leave(_ site: PeerAddress.Site) {
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
    /// The place of the same connection before it was known whose it is, which counts it.
    private let before: ConnectionPlace?

    init(in book: ConnectionBook, site: PeerAddress.Site?, after before: ConnectionPlace? = nil) {
        self.book = book
        self.site = site
        self.before = before
    }

    /// The connection's place once a proxy has said whose it is.
    ///
    /// - Throws: where that address has too many.
    func moved(
        to peer: PeerAddress,
        _ limits: ServerLimits
    ) throws(ConnectionBook.Refusal) -> ConnectionPlace {
        ConnectionPlace(in: book, site: try book.takeSite(of: peer, limits), after: self)
    }

    deinit {
        if before == nil { book.leave() }
        if let site { book.leave(site) }
    }
}
