import Loop
import TestSupport
import Testing

@testable import Storage

/// A journal whose disk failed to make things safe is trusted again, whatever became of them.
@Suite(.timeLimit(.minutes(1)))
struct RegainedTrustTests {
    @Test func `a journal without a file is trusted again once the disk is well`() async throws {
        let scratch = Scratch()
        let disk = RefusingDisk()
        let clock = ManualClock()
        let loop = try EventLoop(index: 0, time: .manual(clock))
        let reports = Guarded<[JournalReport]>([])
        try await loop.run { loop throws(StorageError) in
            let owner = Journal.open(
                try JournalFolder(path: scratch.path, platform: disk.platform),
                durability: .interval,
                on: loop.reactor,
                post: { [loop] work in loop.post { _ in work() } },
                report: { report in reports.withLock { $0.append(report) } }
            ) { HearingOwner($0) }
            var place = owner.journal.newPlace()
            owner.journal.frame.begin(number: place.number, head: bytes("one").span)
            owner.journal.hold(&place)
            #expect(owner.journal.commit())
            loop.reactor.tenants += [owner, Held(place, owner.journal.lastFrame)]
        }
        disk.refuse(.synchronizing)
        try await clock.turn { reports.withLock { $0.contains { $0.isNotSafe } } }
        // Somebody reads the segment back while nobody wants it any more: it goes, and no other
        // comes before there is something to write.
        await loop.run { loop in
            for tenant in loop.reactor.tenants {
                guard let held = tenant as? Held else { continue }
                for case let owner as HearingOwner in loop.reactor.tenants {
                    owner.journal.release([held.place])
                }
            }
        }
        disk.refuse(.nothing)
        try await clock.turn(by: .milliseconds(500)) {
            reports.withLock { $0.contains(.safeAgain) }
        }
        await loop.run { $0.reactor.tenants = [] }
        await loop.stop()
    }
}

/// Keeps a segment as one does who reads it back.
private final class Held {
    let place: JournalPlace
    private let frame: FramePlace?

    init(_ place: JournalPlace, _ frame: FramePlace?) {
        self.place = place
        self.frame = frame
    }
}

extension JournalReport {
    fileprivate var isNotSafe: Bool {
        if case .notSafe = self { true } else { false }
    }
}
