/// The keys of answers that have ended, on the disk: what was asked under one is not paid again
/// after a restart.
///
/// Lines are appended by one writer, on a queue of its own, and are as safe as records. The journal
/// has the keys of answers that run and lets go of one when its line is safe, so that at any moment
/// one of the two knows a key. While the disk refuses, lines are kept and tried again; nobody waits
/// for it.
package final class KeyFile: Sendable {
    /// The file's name in the data folder.
    package static let name = "keys"
    /// How much may wait for the disk; beyond it a key is not known after a restart.
    private static let maxPendingBytes = 64 << 20

    private let records: RecordQueue
    private let upkeep: KeyUpkeep

    /// Opens the file, creating it where it is absent, and reads it.
    ///
    /// A full or failing disk does not stop the start.
    ///
    /// - Parameters:
    ///   - directory: the data folder.
    ///   - durability: when lines are made safe against a loss of power.
    ///   - lifeMilliseconds: how long a key lives after its answer's end.
    ///   - platform: the disk, the threads and the clock.
    ///   - report: called here during the start, then on the file's queue.
    /// - Throws: what somebody has to put right.
    package init(
        directory: String,
        durability: Durability,
        lifeMilliseconds: Int,
        platform: Platform = .system,
        report: @escaping @Sendable (KeyReport) -> Void
    ) throws(StorageError) {
        let upkeep = KeyUpkeep(
            directory: directory,
            name: Self.name,
            lifeMilliseconds: lifeMilliseconds,
            on: platform,
            report: report
        )
        records = try RecordQueue(
            directory: directory,
            name: Self.name,
            label: "sse-relay.keys",
            maxPendingBytes: Self.maxPendingBytes,
            durability: durability,
            follower: upkeep,
            platform: platform
        )
        self.upkeep = upkeep
        if upkeep.readLines() { records.onWriter { upkeep.compact(&$0) } }
    }

    /// Whether keys reach the disk at the moment.
    package var isWritable: Bool { records.isWritable }

    /// The keys that lived when the file was opened, in the order in which their answers ended,
    /// once; of the same key the last counts.
    package func takeKept() -> [KeptKey] { upkeep.takeKept() }

    /// Takes the key of an answer that has ended; from any thread, at once.
    ///
    /// - Returns: its place, which `isSafe` is asked about; 0 where too much waits for the disk,
    ///   which is reported.
    package func append(_ key: KeptKey) -> Int { records.append(key.line) ?? 0 }

    /// Has the file written again in its place before it counts as safe: an earlier process may
    /// have learned from a failed fsync that it is not.
    ///
    /// Waits for the disk.
    ///
    /// - Returns: whether the disk takes it now; then `lastPlace` is behind it.
    package func distrust() -> Bool {
        records.distrust(0..<Int.max) { _ in false } != nil
    }

    /// The place of the last key that was taken.
    package var lastPlace: Int { records.lastPlace }

    /// Whether the key with this place, and all before it, are in the file, and safe there as far
    /// as that is looked after.
    package func isSafe(_ place: Int) -> Bool { records.isSafe(place) }

    /// Waits until all that was taken is in the file and safe.
    ///
    /// - Returns: whether that happened in time.
    package func flush(timeoutMilliseconds: Int) -> Bool {
        records.flush(timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Writes what waits, closes the file and gives up its lock; keys after this are refused.
    package func close() { records.close() }
}
