import Loop
import Storage

/// Brings what an earlier process left in the journal into the history, and removes it from the
/// journal once it is safe there.
///
/// What the disk refuses is tried again, so that nothing waits for another start.
package struct RecoveredRecords: Sendable {
    /// Why not all of it is in the history.
    private enum Obstacle {
        /// The history cannot be read.
        case unreadable(StorageError)
        /// The disk does not take all of it.
        case refused
    }

    /// How long a disk is left alone that refuses; where it cannot be read, twice as long each
    /// time, up to the second.
    private static let retryMilliseconds = (first: 5000, longest: 60_000)
    /// How often to check whether the records are safe.
    private static let settlingMilliseconds = 250

    private var recovery: Recovery
    private let stores: Stores
    private let report: @Sendable (GenerationReport) -> Void
    private let whenDone: @Sendable () -> Void
    private let queue: any WorkQueue
    /// Whether the next attempt has to look at the history anew.
    private var isOutdated = false
    /// The pause before the next attempt.
    private var pause = Self.retryMilliseconds.first
    /// Whether it was reported how many answers were cut.
    private var isCounted = false
    /// How many of those left, from the first on, the history has.
    private var doneCount = 0
    /// The place of those that the history had; nil until it takes them for unsafe.
    private var doubtful: Int?
    /// Whether the keys are taken for unsafe, too.
    private var hasKeys = false
    /// The place of the last record that was written.
    private var written = 0

    /// Takes what was read.
    ///
    /// - Parameters:
    ///   - recovery: holds whole answers in memory.
    ///   - stores: takes the records, and has taken the keys.
    ///   - report: takes what is worth a line.
    ///   - whenDone: called once the history has taken all of it, on the thread of `begin` or on a
    ///     queue.
    package init(
        _ recovery: Recovery,
        _ stores: Stores,
        report: @escaping @Sendable (GenerationReport) -> Void,
        whenDone: @escaping @Sendable () -> Void
    ) {
        self.recovery = recovery
        self.stores = stores
        self.report = report
        self.whenDone = whenDone
        queue = recovery.folder.platform.work.queue("sse-relay.recovery", .upkeep)
    }

    /// Tries it once, and then for as long as the disk refuses.
    package func begin() {
        for one in recovery.reports { report(.journal(one)) }
        var first = self
        guard let obstacle = first.attempt() else { return first.finish() }
        switch obstacle {
        case .unreadable(let error): report(.recoveryWaits(error))
        case .refused: report(.recoveryWaits(nil))
        }
        first.tryLater()
    }

    private func tryLater() {
        queue.after(milliseconds: pause) {
            guard !stores.recorder.isFinished else { return }
            guard stores.history.isWritable else { return tryLater() }
            var next = self
            guard next.attempt() == nil else { return next.tryLater() }
            report(.recoveryResumed)
            next.finish()
            stores.history.followLate()
        }
    }

    /// - Returns: why not all is in the history.
    private mutating func attempt() -> Obstacle? {
        if doubtful == nil {
            do throws(StorageError) {
                // The file may be another one since the start: a torn line is moved away late.
                if isOutdated || !recovery.isLookedUp { try recovery.lookUp() }
                isOutdated = true
            } catch {
                pause = min(2 * pause, Self.retryMilliseconds.longest)
                return .unreadable(error)
            }
            countCut()
            doubtful =
                recovery.doubtful.isEmpty
                ? 0 : stores.history.distrust(recovery.doubtful, blanking: recovery.damaged)
        }
        hasKeys = hasKeys || recovery.isEmpty || stores.keyFile?.distrust() ?? true
        return hasKeys && doubtful != nil && writeRecords() ? nil : .refused
    }

    private mutating func countCut() {
        guard !isCounted else { return }
        isCounted = true
        let count = recovery.left.count { !recovery.isRecorded($0) }
        if count > 0 { report(.recovered(count)) }
    }

    /// - Returns: whether the history took all of them.
    private mutating func writeRecords() -> Bool {
        while doneCount < recovery.left.count {
            let generation = recovery.left[doneCount]
            if !recovery.isRecorded(generation) {
                guard let place = stores.history.appendWaiting(generation.record) else {
                    return false
                }
                written = place
            }
            doneCount += 1
        }
        return true
    }

    private func finish() {
        whenDone()
        let last = max(doubtful ?? 0, written)
        let lastKey = stores.keyFile?.lastPlace ?? 0
        let (queue, folder) = (queue, recovery.folder)
        queue.async { [stores] in
            Self.removeLeft(of: folder, on: queue, for: stores) {
                stores.history.isSafe(last) && stores.keyFile?.isSafe(lastKey) ?? true
            }
        }
    }

    /// Removes what was read as soon as that is safe and the disk does it.
    private static func removeLeft(
        of folder: JournalFolder,
        on queue: any WorkQueue,
        for stores: Stores,
        once isSafe: @escaping @Sendable () -> Bool
    ) {
        let isTried = isSafe()
        if isTried && folder.removeLeft() || stores.recorder.isFinished { return }
        queue.after(milliseconds: isTried ? retryMilliseconds.first : settlingMilliseconds) {
            removeLeft(of: folder, on: queue, for: stores, once: isSafe)
        }
    }
}
