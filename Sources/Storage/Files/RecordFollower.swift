/// Follows what a queue of records does; called on its writer's queue, with one exception.
protocol RecordFollower: Sendable {
    /// Takes what the owner of the file should know.
    ///
    /// Of a refused record it is called by the thread that appended it, and during the start by the
    /// one that opens the file.
    func report(_ report: RecordReport)

    /// Takes note that the writer has written what it could.
    ///
    /// - Parameters:
    ///   - count: how many more records are in the file.
    ///   - wasRefused: whether the disk had refused before.
    ///   - writer: what wrote them.
    ///   - records: whose writer it is.
    func wrote(
        _ count: Int,
        wasRefused: Bool,
        _ writer: inout RecordWriter,
        of records: RecordQueue
    )

    /// Makes room on a full disk.
    ///
    /// - Returns: whether there is some now, so that the disk is tried again at once.
    func makesRoom(after failure: StorageError) -> Bool
}
