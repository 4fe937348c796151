import Synchronization

/// The memory that the request bodies of all connections of a process share.
///
/// Without it each connection may hold the largest body there is, for as long as a body may take.
package final class BodyBudget: Sendable {
    /// How much all bodies together may hold, in bytes.
    package let maxBytes: Int
    private let claimed = Atomic<Int>(0)

    /// Makes a budget of which nothing is claimed.
    package init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    /// How much is claimed at the moment, in bytes.
    package var claimedBytes: Int { claimed.load(ordering: .relaxed) }

    /// Whether so much could be claimed now; another may be faster.
    func hasRoom(for bytes: Int) -> Bool { bytes <= maxBytes - claimedBytes }

    /// Claims so much, or nothing where it does not fit.
    ///
    /// A refused claim is never counted, not even for a moment: another one that fits would be
    /// refused for it.
    ///
    /// - Returns: whether it fits.
    fileprivate func claim(_ bytes: Int) -> Bool {
        var seen = claimedBytes
        while bytes <= maxBytes - seen {
            let (isDone, now) = claimed.weakCompareExchange(
                expected: seen,
                desired: seen + bytes,
                ordering: .relaxed
            )
            if isDone { return true }
            seen = now
        }
        return false
    }

    fileprivate func release(_ bytes: Int) {
        claimed.subtract(bytes, ordering: .relaxed)
    }
}

/// One body's part of a budget.
///
/// It goes where the body goes, also to another loop. The last reference gives it back: so that
/// happens once, whatever becomes of the request.
final class BodyClaim: Sendable {
    private let budget: BodyBudget
    private let held = Atomic<Int>(0)

    init(on budget: BodyBudget) {
        self.budget = budget
    }

    deinit { budget.release(bytes) }

    /// How much it is, in bytes.
    var bytes: Int { held.load(ordering: .relaxed) }

    /// Makes it larger; one reader at a time may do so.
    ///
    /// - Returns: whether the budget has room; it stays what it was where it has not.
    func grow(to bytes: Int) -> Bool {
        guard budget.claim(bytes - self.bytes) else { return false }
        held.store(bytes, ordering: .relaxed)
        return true
    }
}
