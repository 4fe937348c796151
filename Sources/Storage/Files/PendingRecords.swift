import Loop

/// What waits for the disk, and the count of what has reached it.
///
/// A value without a lock of its own: its holder locks it.
struct PendingRecords: Sendable {
    enum Verdict { case taken, takenWakeWriter, refused }

    /// Records in order, each with its newline, ready to be written as they are.
    private var lines: [UInt8] = []
    private var recordsInLines = 0
    /// What the writer has taken and not yet written; it counts against the bound too.
    private var bytesInHand = 0
    /// Whether the writer looks here again by itself, now or after its pause.
    private var isWriterAwake = false
    /// Those that wait for so many records to be safe.
    private var waiters: [(target: Int, signal: any WorkSignal)] = []
    private(set) var appended = 0
    private(set) var settled = 0
    private(set) var refused = 0
    /// How many of the settled would survive a loss of power, as far as that is looked after.
    private(set) var safe = 0
    private(set) var isWritable = true
    /// Whether the disk has reported that what it took is not safe.
    var isUnsafe = false
    private var isClosed = false

    /// Takes a record unless that would make more than `limit` bytes wait; a single one of any
    /// length.
    ///
    /// - Parameters:
    ///   - record: empty after the call where it was long and nothing else waits: then it is
    ///     handed over as it is, not copied.
    ///   - limit: in bytes.
    /// - Returns: what became of it.
    mutating func add(_ record: inout [UInt8], limit: Int) -> Verdict {
        guard !isClosed, hasRoom(for: record.count, limit: limit) else {
            refused += 1
            return .refused
        }
        if lines.isEmpty, record.count > lines.capacity {
            swap(&lines, &record)
        } else {
            lines.append(contentsOf: record)
        }
        lines.append(newline)
        recordsInLines += 1
        appended += 1
        guard !isWriterAwake else { return .taken }
        isWriterAwake = true
        return .takenWakeWriter
    }

    /// Whether a record may wait with all others.
    func hasRoom(for bytes: Int, limit: Int) -> Bool {
        let waiting = lines.count + bytesInHand
        return waiting == 0 || waiting + bytes < limit
    }

    /// Gives all that waits to the writer, in exchange for its empty buffer.
    ///
    /// - Returns: How many records that is. After none, the next record has to wake the writer.
    mutating func take(into empty: inout [UInt8]) -> Int {
        guard recordsInLines > 0 else {
            isWriterAwake = false
            return 0
        }
        swap(&lines, &empty)
        bytesInHand = empty.count
        defer { recordsInLines = 0 }
        return recordsInLines
    }

    /// The lines that nobody has taken yet.
    var waiting: [UInt8] { lines }

    /// The writer has put so much of what it had in hand into the file.
    mutating func settle(records: Int, bytes: Int) {
        settled += records
        bytesInHand -= bytes
    }

    /// Counts what is in the file already like a record that has just reached it.
    ///
    /// - Returns: its place; that of the last record that is on its way, where there is one: it
    ///   will be safe no sooner.
    mutating func addSettled() -> Int {
        if settled == appended {
            appended += 1
            settled += 1
        }
        return appended
    }

    /// So many of the settled records are safe.
    mutating func makeSafe(_ records: Int) {
        safe = max(safe, records)
        guard !waiters.isEmpty else { return }
        for waiter in waiters where waiter.target <= safe { waiter.signal.signal() }
        waiters.removeAll { $0.target <= safe }
    }

    /// Has `signal` brought about once all that was taken so far is safe.
    ///
    /// - Returns: Whether anything is left to wait for.
    mutating func announce(to signal: any WorkSignal) -> Bool {
        guard safe < appended else { return false }
        waiters.append((appended, signal))
        return true
    }

    /// The disk refuses: the writer comes back by itself.
    mutating func beginOutage() {
        isWritable = false
        isWriterAwake = true
    }

    mutating func endOutage() {
        isWritable = true
    }

    /// Refuses every record from now on.
    mutating func close() {
        isClosed = true
    }
}
