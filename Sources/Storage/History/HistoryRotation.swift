import Loop

/// Decides when the file that has grown large enough gets the name of an old one.
final class HistoryRotation: Sendable {
    private enum State {
        /// Nothing is rotated before `allow`. → ready
        case held
        /// → due
        case ready
        /// The next read of the catalogue rotates. → ready, failed
        case due
        /// Not tried again before this time. → due
        case failed(until: Nanoseconds)
    }

    /// How long after a failure it is tried again.
    private static let retryMilliseconds = 60_000

    /// The size at which the file is rotated away; 0 for never.
    private let bytes: Int
    private let time: TimeSource
    private let state: Guarded<State>

    /// Rotates at a size, 0 for never; not before `allow` where it is held.
    init(bytes: Int, isHeld: Bool, time: TimeSource) {
        self.bytes = bytes
        self.time = time
        state = Guarded(isHeld ? .held : .ready)
    }

    /// Ends the time in which nothing is rotated.
    func allow() { state.withLock { $0 = .ready } }

    /// The file ends here now.
    ///
    /// - Returns: whether it has to be rotated, which `rotate` does.
    func begins(at end: Int) -> Bool {
        guard bytes > 0, end >= bytes else { return false }
        return state.withLock { state in
            switch state {
            case .held, .due: return false
            case .failed(let until) where time.now < until: return false
            case .ready, .failed:
                state = .due
                return true
            }
        }
    }

    /// Rotates the file, unless it has become smaller since.
    ///
    /// - Returns: what is to be reported.
    func rotate(_ catalog: inout HistoryCatalog, _ records: RecordQueue) -> HistoryReport? {
        do throws(StorageError) {
            let path = try catalog.seal(from: bytes, records)
            state.withLock { $0 = .ready }
            return path.map { .rotated(to: $0) }
        } catch {
            return failed(error)
        }
    }

    /// The disk refuses: it is tried again later.
    ///
    /// - Returns: what is to be reported.
    func failed(_ error: StorageError) -> HistoryReport {
        let until = time.now + .milliseconds(Self.retryMilliseconds)
        state.withLock { $0 = .failed(until: until) }
        return .upkeepFailed(error)
    }
}
