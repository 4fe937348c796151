import Loop

/// A file of lines that are kept for people, such as the audit log; for any number of threads.
///
/// Lines are appended by one writer, on a queue of its own. While the disk refuses, they are kept
/// up to a bound and tried again, and nobody waits for it.
package final class LineFile: Sendable {
    /// How much may wait for the disk, in bytes; beyond it lines are lost and counted.
    package static let maxPendingBytes = 4 << 20

    private let records: RecordQueue

    /// Opens the file, creating it for this user alone where it is absent, and its folder.
    ///
    /// A full or failing disk does not stop the start.
    ///
    /// - Parameters:
    ///   - path: the file's.
    ///   - durability: when lines are made safe against a loss of power.
    ///   - maxPendingBytes: how much may wait for the disk.
    ///   - platform: the disk and the threads.
    ///   - report: called here during the start, then on the file's queue, and for a line that is
    ///     lost by the thread that appended it.
    /// - Throws: what somebody has to put right: a lock held, a missing permission, a wrong path.
    package init(
        path: String,
        durability: Durability = .interval,
        maxPendingBytes: Int = LineFile.maxPendingBytes,
        platform: Platform = .system,
        report: @escaping @Sendable (LineReport) -> Void
    ) throws(StorageError) {
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard !name.isEmpty else { throw .notRegularFile(path: path) }
        records = try RecordQueue(
            directory: parentFolder(of: path),
            name: String(name),
            label: "sse-relay.lines",
            maxPendingBytes: maxPendingBytes,
            durability: durability,
            follower: LineFollower(report),
            platform: platform
        )
    }

    /// Takes one line without its newline, at once.
    package func append(_ line: consuming [UInt8]) { _ = records.append(line) }

    /// Begins a new file where the old one was moved away, without waiting for the next line: what
    /// was moved is then complete.
    package func reopen() { records.onWriter { $0.reopenWhereMoved() } }

    /// Waits until all that was taken is in the file and safe.
    ///
    /// - Returns: whether that happened in time.
    package func flush(timeoutMilliseconds: Int) -> Bool {
        records.flush(timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Writes what waits, closes the file and gives up its lock; lines after this are lost.
    package func close() { records.close() }
}

/// What the owner of a file of lines should know.
package enum LineReport: Sendable, Equatable {
    /// The disk refuses; lines are kept and tried again. Reported once per outage.
    case writeFailed(StorageError)
    /// All that was kept is in the file; so many lines were lost since the outage began.
    case writesResumed(lost: Int)
    /// Too much waits for the disk: so many lines are lost by now. Reported ever more rarely.
    case lost(Int)
    /// The disk took lines, which might not survive a loss of power. Reported once.
    case notSafe(StorageError)
    /// They would again.
    case safeAgain
    /// An unfinished last line was found at the start and moved to a file of its own.
    case tornTail(setAsideIn: String, bytes: Int)
    /// Somebody moved or removed the file; a new one was begun in its place.
    case begunAnew(path: String)
}

/// Passes on what the writer of lines has to report, and lost lines not one by one.
private final class LineFollower: RecordFollower {
    private let lost = Guarded(0)
    private let tell: @Sendable (LineReport) -> Void

    init(_ tell: @escaping @Sendable (LineReport) -> Void) { self.tell = tell }

    func report(_ report: RecordReport) {
        switch report {
        case .refused:
            let count = lost.withLock { count in
                count += 1
                return count
            }
            if count & (count - 1) == 0 { tell(.lost(count)) }
        case .writeFailed(let error): tell(.writeFailed(error))
        case .writesResumed(_, let refused): tell(.writesResumed(lost: refused))
        case .notSafe(let error): tell(.notSafe(error))
        case .safeAgain: tell(.safeAgain)
        case .tornTail(let path, let bytes): tell(.tornTail(setAsideIn: path, bytes: bytes))
        case .begunAnew(let path): tell(.begunAnew(path: path))
        }
    }

    func wrote(
        _ count: Int,
        wasRefused: Bool,
        _ writer: inout RecordWriter,
        of records: RecordQueue
    ) {}

    func makesRoom(after failure: StorageError) -> Bool { false }
}
