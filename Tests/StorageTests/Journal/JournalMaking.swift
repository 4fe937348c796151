import Loop
import Testing

@testable import Storage

/// Keeps a journal, and passes on that more of it is safe.
final class HearingOwner: JournalOwner {
    let journal: Journal
    private let safer: (Journal) -> Void

    init(_ journal: Journal, safer: @escaping (Journal) -> Void = { _ in }) {
        self.journal = journal
        self.safer = safer
    }

    func journalIsSafer() { safer(journal) }
    func journalMayBeLost() {}
}

/// A loop's journal in a folder.
func makeJournal(
    in scratch: Scratch,
    on loop: isolated EventLoop,
    segmentBytes: Int = Journal.segmentBytes,
    durability: Durability = .never,
    safer: @escaping (Journal) -> Void = { _ in }
) throws(StorageError) -> HearingOwner {
    var limits = JournalLimits()
    limits.segmentBytes = segmentBytes
    return Journal.open(
        try JournalFolder(path: scratch.path, limits: limits),
        durability: durability,
        on: loop.reactor,
        post: { [loop] work in loop.post { _ in work() } },
        report: { _ in }
    ) { HearingOwner($0, safer: safer) }
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
        let owner = try makeJournal(in: scratch, on: loop, segmentBytes: segmentBytes)
        withExtendedLifetime(owner) { work(owner.journal) }
    }
    await loop.stop()
}

/// What a journal has, item by item.
func foundItems(
    in scratch: Scratch,
    report: (JournalReport) -> Void = { Issue.record("the journal reports \($0)") }
) throws -> [String] {
    try foundItems(in: JournalFolder(path: scratch.path), report: report)
}

/// What earlier processes' journals in a folder have, item by item.
func foundItems(
    in folder: JournalFolder,
    report: (JournalReport) -> Void = { Issue.record("the journal reports \($0)") }
) throws -> [String] {
    var items: [String] = []
    try folder.read(report: report) { found, bytes in
        func said(_ range: Range<Int>) -> String {
            bytes.extracting(range).withUnsafeBufferPointer {
                String(decoding: $0, as: UTF8.self)
            }
        }
        let text =
            switch found.item {
            case .begin(let number, let head): "begin \(number) \(said(head))"
            case .entry(let number, let sequence, _, let payload):
                "entry \(number).\(sequence) \(said(payload))"
            case .retire(let number): "retire \(number)"
            }
        items.append("\(found.loop): \(text)")
    }
    return items
}
