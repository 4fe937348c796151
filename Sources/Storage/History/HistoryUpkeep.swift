/// What follows from what is written to the history: its index, its rotation, its compaction, and
/// the room for its last records.
struct HistoryUpkeep: RecordFollower {
    let reader: HistoryReader
    let rotation: HistoryRotation
    let compactor: Compactor
    let reserve: Reserve
    let reportHistory: @Sendable (HistoryReport) -> Void

    func report(_ report: RecordReport) { reportHistory(HistoryReport(report)) }

    func wrote(_ count: Int, _ writer: inout RecordWriter, of records: RecordQueue) {
        let end = writer.active?.end ?? 0
        let mustFollow = reader.mustFollow(to: end)
        if rotation.begins(at: end) {
            compactor.read(records) { catalog in
                if let report = rotation.rotate(&catalog, records) { reportHistory(report) }
            }
        } else if mustFollow {
            compactor.read(records) { _ in }
        }
    }

    func makesRoom(after failure: StorageError) -> Bool { reserve.makesRoom(after: failure) }
}
