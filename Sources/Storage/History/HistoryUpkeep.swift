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
        let mustFollow = reader.mustFollow(to: end)
        if rotation.begins(at: end) {
            do throws(StorageError) {
                // What a failed fsync lost comes back before the index is read.
                try writer.synchronize()
            } catch {
                return reportHistory(rotation.failed(error))
            }
            compactor.read(records) { catalog in
                if let report = rotation.rotate(&catalog, records) { reportHistory(report) }
            }
        } else if mustFollow || wasRefused && count > 0 {
            // Of what waited for the disk, a conversation may be deleted by now.
            compactor.read(records) { _ in }
        }
    }

    func makesRoom(after failure: StorageError) -> Bool { reserve.makesRoom(after: failure) }
}
