package import Loop

/// Whether there is memory for one more answer: counted by what answers and clients hold on all
/// loops, not by the size of the process, which no memory that was freed makes smaller at once.
///
/// Each loop says from time to time how much it holds, and only while memory is scarce. What was
/// let in since then is counted as an estimate.
package final class MemoryGauge: Sendable {
    /// What a new answer is counted as until it is measured, beside its question, in bytes: what an
    /// answer and a client hold that is not slow.
    package static let newcomerBytes = 64 * 1024
    /// How long a measure counts.
    private static let milliseconds = 100

    private struct Share {
        var measured = 0
        /// What was let in since then.
        var estimated = 0
    }

    private struct State {
        var maxBytes: Int
        /// By the loops' numbers.
        var shares: [Int: Share] = [:]
        var askedAt: Nanoseconds?
        var ask: (@Sendable () -> Void)?

        var bytes: Int { shares.values.reduce(0) { $0 + $1.measured + $1.estimated } }
    }

    private let state: Guarded<State>
    private let time: TimeSource
    /// What else is held, such as the bodies of requests.
    private let others: @Sendable () -> Int

    /// Makes a gauge.
    ///
    /// - Parameters:
    ///   - maxBytes: how much all loops may hold.
    ///   - time: by which it is seen how old a measure is.
    ///   - others: what else counts, in bytes.
    package init(
        maxBytes: Int = .max,
        time: TimeSource = .system,
        others: @escaping @Sendable () -> Int = { 0 }
    ) {
        self.time = time
        state = Guarded(State(maxBytes: maxBytes))
        self.others = others
    }

    /// Replaces how much all loops may hold.
    package func replace(maxBytes: Int) { state.withLock { $0.maxBytes = maxBytes } }

    /// Sets what has each loop measured soon; called on any thread.
    package func whenAsked(_ ask: @escaping @Sendable () -> Void) {
        state.withLock { $0.ask = ask }
    }

    /// How much is counted at the moment, in bytes.
    package var countedBytes: Int { state.withLock { $0.bytes } + others() }

    /// Lets one more answer run, if there is room for it.
    ///
    /// - Parameters:
    ///   - bytes: what its question holds.
    ///   - loop: the number of the loop that it is on.
    ///   - isOnly: whether nothing runs that could make room: then it is let in in any case.
    /// - Returns: whether there is.
    func admit(_ bytes: Int, on loop: Int, isOnly: Bool = false) -> Bool {
        claim(bytes + Self.newcomerBytes, on: loop) { isOnly ? .max : $0 }
    }

    /// Lets one more question wait, which holds memory, too: a quarter more is for those.
    ///
    /// - Parameters:
    ///   - bytes: what it holds.
    ///   - loop: the number of the loop that it is on.
    /// - Returns: whether there is room for it.
    func admitWaiting(_ bytes: Int, on loop: Int) -> Bool {
        claim(bytes, on: loop) { $0 + $0 / 4 }
    }

    private func claim(_ bytes: Int, on loop: Int, _ bound: (Int) -> Int) -> Bool {
        let others = others()
        return state.withLock { state in
            guard state.maxBytes < .max else { return true }
            guard state.bytes + others <= bound(state.maxBytes) - bytes else { return false }
            state.shares[loop, default: Share()].estimated += bytes
            return true
        }
    }

    /// Whether more than half is used, so that estimates will not do.
    var isClose: Bool {
        let others = others()
        return state.withLock { state in
            state.maxBytes < .max && state.bytes + others > state.maxBytes / 2
        }
    }

    /// Has the loops measured, unless that was done a moment ago.
    package func ask() {
        let now = time.now
        let ask = state.withLock { state -> (@Sendable () -> Void)? in
            let pause = Nanoseconds.milliseconds(Self.milliseconds)
            if let askedAt = state.askedAt, now < askedAt + pause { return nil }
            state.askedAt = now
            return state.ask
        }
        ask?()
    }

    /// Takes how much a loop holds.
    func measured(_ bytes: Int, on loop: Int) {
        state.withLock { $0.shares[loop] = Share(measured: bytes) }
    }
}
