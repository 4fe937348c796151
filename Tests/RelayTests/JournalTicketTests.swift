import Loop
import Storage
import TestSupport
import Testing

@testable import Generations

/// Where the entries of a generation are read back from, before and after a loss.
@Suite struct JournalTicketTests {
    /// A generation's entries; the payload of each is its own number.
    private struct Said {
        let journal: Journal
        var ticket = JournalTicket()

        init(in journal: Journal) {
            self.journal = journal
            ticket.place = journal.newPlace()
        }

        /// Writes what the journal lacks up to an entry.
        mutating func say(upTo end: Int) {
            journal.hold(&ticket.place)
            ticket.beginPart(of: journal.frame)
            for number in ticket.entries..<end {
                let payload = [UInt8(number)]
                journal.frame.entry(
                    number: ticket.place.number,
                    sequence: number,
                    kind: 2,
                    payload: payload.span
                )
            }
            ticket.framed(upTo: end, in: journal.frame)
            let isWritten = journal.commit()
            #expect(isWritten)
            ticket.frameEnded(isWritten, in: journal)
        }

        /// Reads back the entries up to one.
        func read(upTo end: Int) -> [Int]? {
            var found: [Int] = []
            do throws(StorageError) {
                try ticket.written.read(ticket.place.number, 0..<end) { item, _, bytes in
                    guard case .entry(_, _, _, let payload) = item else { return }
                    found.append(Int(bytes[payload.lowerBound]))
                }
                return found
            } catch {
                return nil
            }
        }
    }

    /// Runs work with a journal of one frame a segment, on its loop.
    private func withJournal(_ work: @escaping @Sendable (Journal) -> Void) async throws {
        try await withRelay { relay in
            let path = relay.folder + "/another"
            let loop = try EventLoop(index: 0)
            try await loop.run { loop throws(StorageError) in
                var limits = JournalLimits()
                limits.segmentBytes = 1
                let owner = Journal.open(
                    try JournalFolder(path: path, limits: limits),
                    durability: .never,
                    on: loop.reactor,
                    post: { [loop] work in loop.post { _ in work() } },
                    report: { _ in },
                    for: KeptJournal.init
                )
                withExtendedLifetime(owner) { work(owner.journal) }
            }
            await loop.stop()
        }
    }

    @Test func `all that is written is read back while others have not written all again`()
        async throws
    {
        try await withJournal { journal in
            var said = Said(in: journal)
            said.say(upTo: 3)
            #expect(said.read(upTo: 3) == [0, 1, 2])
            said.ticket.forgetWritten()
            #expect(said.read(upTo: 3) == [0, 1, 2])
            said.say(upTo: 2)
            #expect(said.read(upTo: 3) == [0, 1, 2])
            said.say(upTo: 5)
            #expect(said.read(upTo: 5) == [0, 1, 2, 3, 4])
            said.ticket.forgetWritten()
            #expect(said.read(upTo: 5) == [0, 1, 2, 3, 4])
            said.say(upTo: 1)
            said.ticket.forgetWritten()
            #expect(said.read(upTo: 5) == [0, 1, 2, 3, 4])
        }
    }
}
