import Loop

@testable import Storage

/// A loop's journal in a folder.
func makeJournal(
    in scratch: Scratch,
    on loop: isolated EventLoop,
    segmentBytes: Int = Journal.segmentBytes,
    durability: Durability = .never
) throws(StorageError) -> Journal {
    Journal(
        try JournalFolder(path: scratch.path),
        durability: durability,
        segmentBytes: segmentBytes,
        on: loop.reactor,
        post: { [loop] work in loop.post { _ in work() } },
        report: { _ in }
    )
}

/// Runs work with a journal, on its loop.
func withJournal(
    in scratch: Scratch,
    loop index: Int = 0,
    segmentBytes: Int = Journal.segmentBytes,
    _ work: @escaping @Sendable (Journal) -> Void
) async throws {
    let loop = try EventLoop(index: index)
    try await loop.run { loop throws(StorageError) in
        work(try makeJournal(in: scratch, on: loop, segmentBytes: segmentBytes))
    }
    await loop.stop()
}
