import Loop

/// The history: one line per record, for any number of threads.
///
/// Each part has a queue and a lock of its own: the records on their way into the file, the reader
/// of what is there, the compactor, the reserve.
package final class HistoryFile: Sendable {
    /// How much may wait for the disk; a record beyond it is refused and reported.
    ///
    /// As much again may be in the file and wait to be safe; beyond that nothing more is written.
    package static let maxPendingBytes = 64 * 1024 * 1024

    private let records: RecordQueue
    private let reader: HistoryReader
    private let rotation: HistoryRotation
    let compactor: Compactor
    private let reserve: Reserve

    /// Opens the file, and repairs it where the last process left half a line.
    ///
    /// A full or failing disk does not stop the start: it is an outage like a later one.
    ///
    /// - Parameters:
    ///   - directory: The folder, created for this user alone where it is absent.
    ///   - name: The file's name in it.
    ///   - maxPendingBytes: How much may wait for the disk to take it, and how much for it to be
    ///     safe there.
    ///   - durability: When records are made safe against a loss of power.
    ///   - rotateBytes: The size at which the file gets the name of an old one, and a new one is
    ///     begun; 0 for never.
    ///   - holdsUpkeep: Whether no file gets another name, or is written anew, before
    ///     `allowUpkeep`: the start looks for records in them.
    ///   - compactionDelayMilliseconds: How long after a deletion the files are written anew.
    ///   - platform: The disk, the threads and the clock.
    ///   - report: Called here during the start, then on the history's queues, and for a refused
    ///     record by the thread that appended it.
    /// - Throws: What somebody has to put right: a lock held, a missing permission, a wrong path.
    package convenience init(
        directory: String,
        name: String = "history.jsonl",
        maxPendingBytes: Int = HistoryFile.maxPendingBytes,
        durability: Durability = .interval,
        rotateBytes: Int = 0,
        holdsUpkeep: Bool = false,
        compactionDelayMilliseconds: Int = 1000,
        platform: Platform = .system,
        report: @escaping @Sendable (HistoryReport) -> Void
    ) throws(StorageError) {
        let reader = HistoryReader(
            directory: directory,
            name: name,
            platform: platform,
            report: report
        )
        let upkeep = HistoryUpkeep(
            reader: reader,
            rotation: HistoryRotation(
                bytes: rotateBytes,
                isHeld: holdsUpkeep,
                time: platform.time
            ),
            compactor: Compactor(
                reader,
                isHeld: holdsUpkeep,
                delayMilliseconds: compactionDelayMilliseconds,
                on: platform.work.queue("sse-relay.history.compactor", .upkeep),
                report: report
            ),
            reserve: Reserve(directory: directory, on: platform),
            reportHistory: report
        )
        let records = try RecordQueue(
            directory: directory,
            name: name,
            label: "sse-relay.history",
            maxPendingBytes: maxPendingBytes,
            durability: durability,
            follower: upkeep,
            platform: platform
        )
        self.init(records, upkeep)
    }

    private init(_ records: RecordQueue, _ upkeep: HistoryUpkeep) {
        self.records = records
        reader = upkeep.reader
        rotation = upkeep.rotation
        compactor = upkeep.compactor
        reserve = upkeep.reserve
        reader.open()
        if reader.isWorthReading { read { _ in } }
    }

    // MARK: Records

    /// Whether records reach the disk at the moment.
    package var isWritable: Bool { records.isWritable }

    /// How many records are not in the file yet.
    package var recordsWaiting: Int { records.recordsWaiting }

    /// Takes one record, a whole line without its newline; from any thread, at once.
    ///
    /// - Returns: its place among all records of this process, from 1, which `isSafe` is asked
    ///   about; nil where it was refused, which is reported.
    @discardableResult
    package func append(_ record: consuming [UInt8]) -> Int? { records.append(record) }

    /// Takes one record like `append`, and waits for the disk to make room where too much waits for
    /// it: many long records may be made at once, faster than any disk takes them.
    ///
    /// Not on a loop. A disk that refuses is not waited for.
    package func appendWaiting(_ record: consuming [UInt8]) -> Int? {
        records.appendWaiting(record)
    }

    /// Whether the record with this place, and all before it, are in the file, and safe there as
    /// far as that is looked after.
    package func isSafe(_ place: Int) -> Bool { records.isSafe(place) }

    /// Has a part of the file written again in its place before it counts as safe.
    ///
    /// An earlier process may have learned from a failed fsync that it is not, and this one reads
    /// it from the kernel's cache whatever the disk has. Waits for the disk.
    ///
    /// - Parameters:
    ///   - part: Its bytes.
    ///   - ids: Of records that are written anew; where one of them is damaged, blanks take its
    ///     place; lines of nothing else are cut out later.
    /// - Returns: Its place among the records, which `isSafe` is asked about; nil where the disk
    ///   refuses now.
    package func distrust(_ part: Range<Int>, blanking ids: Set<[UInt8]> = []) -> Int? {
        // The compactor cuts them out once it has read them.
        defer { if !ids.isEmpty { read { _ in } } }
        return records.distrust(part) { lines in
            guard !ids.isEmpty else { return false }
            var scan = RecordScan()
            return scan.blankDamaged(ids, in: &lines)
        }
    }

    /// Looks through what was recorded late: its conversation may be deleted by now, and then its
    /// text is to go.
    package func followLate() { read { _ in } }

    /// Waits until every record appended so far is in the file and safe, trying at once even in an
    /// outage.
    ///
    /// Safe as far as that is looked after: after it, the last other copy may be removed.
    ///
    /// - Returns: Whether that happened in time.
    package func flush(timeoutMilliseconds: Int) -> Bool {
        records.flush(timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Ends what `holdsUpkeep` began: with the next record, a file that is large enough goes.
    package func allowUpkeep() {
        rotation.allow()
        compactor.allow(records)
    }

    // MARK: Questions

    /// Runs work on the history's queue, with everything in the index that was appended before.
    ///
    /// The first one may wait for the index over a long file.
    package func read(_ work: @escaping @Sendable (inout HistoryCatalog) -> Void) {
        compactor.read(records, work)
    }

    /// Deletes a conversation: from now on it is not there, also after a crash, and a while later
    /// its text is gone from the files.
    ///
    /// - Parameters:
    ///   - conversation: the one that is meant.
    ///   - time: gives the time, in milliseconds since 1970; asked once all is in the index that
    ///     was recorded up to then. What is begun later is another conversation, whatever the clock
    ///     shows.
    ///   - forget: called on the history's queue when the deletion is safe on the disk, with the
    ///     number of the last answer that it reaches, as `begins` gave it.
    ///   - done: called on the history's queue after that, or with what the disk refuses.
    package func delete(
        conversation: ConversationName,
        at time: @escaping @Sendable () -> Int,
        forget: @escaping @Sendable (Int) -> Void = { _ in },
        done: @escaping @Sendable (StorageError?) -> Void
    ) {
        read { catalog in
            let last: Int
            do throws(StorageError) {
                last = try self.reader.delete(conversation, at: time(), in: &catalog)
            } catch {
                return done(error)
            }
            self.compactor.beginSoon(self.records)
            forget(last)
            done(nil)
        }
    }

    /// Waits until what was deleted is gone from the files.
    ///
    /// - Parameter done: called on the history's queue then, or with what keeps a file from being
    ///   written anew, which is tried again later.
    package func whenCompacted(_ done: @escaping @Sendable (StorageError?) -> Void) {
        read { catalog in
            switch catalog.tidiness {
            case .tidy: done(nil)
            case .refused(let error): done(error)
            case .compacting:
                self.compactor.queue.after(milliseconds: 50) { self.whenCompacted(done) }
            }
        }
    }

    /// Takes note that a record of a conversation is begun, so that no deletion of before reaches
    /// it, and each one after it does: neither has to be so by their times, since clocks are set.
    ///
    /// - Parameter time: now, in milliseconds since 1970.
    /// - Returns: what the record has to say of it.
    package func begins(at time: Int) -> RecordStart { reader.begins(at: time) }

    /// Takes note that a record is still to come which an earlier process began, so that each
    /// deletion reaches it.
    ///
    /// - Parameter head: what it begins with.
    package func began(_ head: RecordHead) { reader.began(head) }

    // MARK: The end

    /// Holds room on the disk for the records of the end, now or as soon as there is any.
    package func holdReserve() { reserve.keepHeld() }

    /// Waits like `flush`, at the end of the process: on a full disk the last records take the room
    /// that is held for them.
    ///
    /// - Returns: whether all are in the file and safe.
    package func finish(timeoutMilliseconds: Int) -> Bool {
        reserve.beginEnd()
        return flush(timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Writes what waits, closes the file and gives up its lock; records after this are refused.
    ///
    /// Waits for the disk, and loses what it refuses now: for the end of the process, after
    /// `flush`.
    package func close() {
        records.close()
        reserve.close()
        compactor.close()
        reader.wait()
    }

    /// The paths of a history's files, the newest first.
    ///
    /// - Throws: where the folder cannot be read.
    package static func paths(
        in directory: String,
        name: String = "history.jsonl",
        platform: Platform = .system
    ) throws(StorageError) -> [String] {
        let names = HistoryNames(directory: directory, activeName: name, on: platform.disk)
        return ([name] + (try names.sealed()).reversed()).map(names.path)
    }
}
