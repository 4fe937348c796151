import Dispatch
import Testing
import Wire

@testable import HTTPServer

/// What a body claims of the memory for all bodies, and when it gives it back.
@Suite struct BodyBudgetTests {
    @Test func `claims fit up to the last byte, and one that is refused leaves all as it was`() {
        let budget = BodyBudget(maxBytes: 100)
        let first = BodyClaim(on: budget)
        #expect(first.grow(to: 60))
        do {
            let second = BodyClaim(on: budget)
            #expect(!second.grow(to: 41))
            #expect(budget.claimedBytes == 60)
            #expect(second.grow(to: 40))
            #expect(!first.grow(to: 61))
            #expect(first.bytes == 60)
            #expect(budget.claimedBytes == 100)
            #expect(!budget.hasRoom(for: 1))
        }
        #expect(budget.claimedBytes == 60)
        #expect(first.grow(to: 100))
        #expect(budget.claimedBytes == 100)
    }

    @Test func `claims of many threads never go beyond the budget, and none is left over`() {
        let budget = BodyBudget(maxBytes: 1000)
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            var isWithin = true
            for round in 0..<2000 {
                let claim = BodyClaim(on: budget)
                for step in 1...5 { _ = claim.grow(to: step * (thread * 31 + round % 97 + 1)) }
                let claimed = budget.claimedBytes
                if claimed < claim.bytes || claimed > 1000 { isWithin = false }
            }
            #expect(isWithin)
        }
        #expect(budget.claimedBytes == 0)
    }

    @Test(arguments: ["Content-Length: 1000000", "Transfer-Encoding: chunked"])
    func `a body claims what has come of it, at most twice that, and no more than it can be`(
        framing: String
    ) throws {
        let budget = BodyBudget(maxBytes: 1_000_000)
        do {
            var reader = try Self.reader(framing, limit: 1_000_000, budget)
            #expect(budget.claimedBytes == 0)
            let isChunked = framing.hasSuffix("chunked")
            if isChunked { try Self.feed("f4240\r\n".utf8, to: &reader) }
            let piece = [UInt8](repeating: 120, count: 7000)
            var fed = 0
            while fed + piece.count < 1_000_000 {
                try Self.feed(piece, to: &reader)
                fed += piece.count
                let claimed = budget.claimedBytes
                #expect(claimed >= fed && claimed <= min(2 * fed, 1_000_000))
            }
            try Self.feed(piece[..<(1_000_000 - fed - 1)], to: &reader)
            #expect(budget.claimedBytes == 1_000_000)
            let last = Array(("x" + (isChunked ? "\r\n0\r\n\r\n" : "")).utf8)
            let (used, step) = try reader.next(last.span)
            #expect(used == last.count)
            guard case .body(let body, let claim) = step else {
                Issue.record("no body")
                return
            }
            #expect(body.count == 1_000_000)
            #expect(claim?.bytes == 1_000_000)
        }
        #expect(budget.claimedBytes == 0)
    }

    @Test func `a body that comes whole in one read needs no room`() throws {
        var reader = try Self.reader(
            "Content-Length: 65536",
            limit: 65_536,
            BodyBudget(maxBytes: 0)
        )
        let body = [UInt8](repeating: 120, count: 65_536)
        let (_, step) = try reader.next(body.span)
        if case .body(body, nil) = step {} else { Issue.record("no body, or a claim") }
    }

    @Test func `a body without room is refused, by its announced length at once`() throws {
        let budget = BodyBudget(maxBytes: 100_000)
        let other = BodyClaim(on: budget)
        #expect(other.grow(to: 30_001))
        #expect(throws: RequestError.noBodyMemory) {
            _ = try Self.reader("Content-Length: 70000", limit: 100_000, budget)
        }
        #expect(throws: RequestError.bodyTooLarge(limit: 69_999)) {
            _ = try Self.reader("Content-Length: 70000", limit: 69_999, budget)
        }
        var reader = try Self.reader("Transfer-Encoding: chunked", limit: 100_000, budget)
        try Self.feed("186a0\r\n".utf8, to: &reader)
        try Self.feed([UInt8](repeating: 120, count: 40_000), to: &reader)
        let piece = [UInt8](repeating: 120, count: 40_000)
        #expect(throws: RequestError.noBodyMemory) { try Self.feed(piece, to: &reader) }
        reader.giveUpBody()
        #expect(budget.claimedBytes == 30_001)
    }

    /// A reader that has read a head and was told to keep the body.
    private static func reader(
        _ framing: String,
        limit: Int,
        _ budget: BodyBudget
    ) throws -> RequestReader {
        var reader = RequestReader(limits: RequestLimits(), budget: budget)
        try feed("POST / HTTP/1.1\r\nHost: x\r\n\(framing)\r\n\r\n".utf8, to: &reader)
        _ = try reader.keepBody(upTo: limit)
        return reader
    }

    private static func feed(_ bytes: some Sequence<UInt8>, to reader: inout RequestReader) throws {
        let bytes = Array(bytes)
        let (used, _) = try reader.next(bytes.span)
        #expect(used == bytes.count)
    }
}
