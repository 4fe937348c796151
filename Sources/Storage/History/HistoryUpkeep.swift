/// What follows from what is written to the history: its index, its rotation, its compaction, and
/// the room for its last records.
struct HistoryUpkeep: RecordFollower {
    let reader: HistoryReader
    let rotation: HistoryRotation
    let compactor: Compactor
    let reserve: Reserve
    let reportHistory: @Sendable (HistoryReport) -> Void

    func report(_ report: RecordReport) { reportHistory(HistoryReport(report)) }

    func wrote(
        _ count: Int,
        wasRefused: Bool,
        _ writer: inout RecordWriter,
        of records: RecordQueue
    ) {
        let end = writer.active?.end ?? 0
        // Of what waited for the disk, a conversation may be deleted by now.
        let mustFollow = reader.mustFollow(to: end) || wasRefused && count > 0
        if rotation.begins(at: end), isSafe(&writer) {
            compactor.read(records) { catalog in
                if let report = rotation.rotate(&catalog, records) { reportHistory(report) }
            }
        } else if writer.takeSetAside(), reader.hasDeletions {
            // An outage may have put it off until the other torn lines were looked through.
            compactor.read(records) { $0.noteTornLine() }
        } else if mustFollow {
            compactor.read(records) { _ in }
        }
    }

    /// Makes the file safe before it gets another name: what a failed fsync lost comes back before
    /// the index is read.
    private func isSafe(_ writer: inout RecordWriter) -> Bool {
        do throws(StorageError) {
            try writer.synchronize()
            return true
        } catch {
            reportHistory(rotation.failed(error))
            return false
        }
    }

    func makesRoom(after failure: StorageError) -> Bool { reserve.makesRoom(after: failure) }
}
