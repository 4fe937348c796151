import Glibc
import Loop

/// Room on the disk that is held for the last records.
///
/// While a disk is full, answers go on and their records wait in memory. When the process ends
/// then, they have nowhere else to go: the file that holds the room is removed, and they take its
/// place.
final class Reserve: Sendable {
    private enum State {
        /// → ending, over
        case held
        /// The process ends, and what is held is for its last records. → over
        case ending
        case over
    }

    /// The file's name in the data folder.
    static let name = "reserve"
    /// How much is held where there is plenty.
    static let maxBytes = 1 << 20
    /// Of a small disk, no more than this part of what is free.
    private static let share = 8
    /// Room is given out in pages.
    private static let pageBytes = 4096
    /// How long after an attempt the rest of the room is asked for.
    private static let retryMilliseconds = 60_000

    private let path: String
    private let state = Guarded(State.held)
    /// Finding room may take long, and nobody waits for it.
    private let queue: any WorkQueue
    private let disk: any Disk

    /// Names the file; nothing is held before `hold` or `keepHeld`.
    init(directory: String, on platform: Platform) {
        path = joinedPath(directory, Self.name)
        queue = platform.work.queue("sse-relay.history.reserve", .upkeep)
        disk = platform.disk
    }

    /// Holds the room, now or as soon as there is any.
    func keepHeld() {
        queue.async { self.holdMore() }
    }

    private func holdMore() {
        guard case .held = state.withLock({ $0 }) else { return }
        // What keeps it from being held is reported where records are refused for it.
        if let held = try? hold(), held >= Self.maxBytes { return }
        queue.after(milliseconds: Self.retryMilliseconds) { self.holdMore() }
    }

    /// Holds the room, as far as there is any; what an earlier process held is kept.
    ///
    /// - Returns: how much is held.
    @discardableResult
    func hold() throws(StorageError) -> Int {
        let file = try OpenFile(
            opening: path,
            O_WRONLY | O_CREAT | O_NONBLOCK | O_NOFOLLOW,
            on: disk
        )
        let held = try file.status().size
        let room = (try file.freeBytes() + held) / Self.share
        let bytes = min(Self.maxBytes, room / Self.pageBytes * Self.pageBytes)
        guard held < bytes else { return held }
        try file.allocate(bytes)
        return bytes
    }

    /// The process ends: from now on the room is for its last records.
    func beginEnd() { state.withLock { $0 = .ending } }

    /// Gives the room to what a full disk refuses at the end.
    ///
    /// - Returns: whether there is room now where there was none.
    func makesRoom(after failure: StorageError) -> Bool {
        guard failure.isLackOfRoom, case .ending = state.withLock({ $0 }) else { return false }
        return giveUp()
    }

    /// Gives the room up.
    ///
    /// - Returns: whether there was any.
    func giveUp() -> Bool { (try? disk.remove(path)) != nil }

    /// Holds nothing more, and waits for what is under way.
    func close() {
        state.withLock { $0 = .over }
        queue.sync {}
    }
}
