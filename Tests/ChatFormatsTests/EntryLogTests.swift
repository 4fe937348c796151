import TestSupport
import Testing

@testable import ChatFormats

/// A log whose oldest entries are dropped keeps the numbers, ranges and counts of the others.
@Suite struct EntryLogTests {
    private static func payload(_ n: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: n), count: n % 7)
    }

    private static func kind(_ n: Int) -> EntryKind {
        n == 0 ? .start : n % 5 == 0 ? .reasoning : .text
    }

    private static func log(of numbers: Range<Int>) -> EntryLog {
        var log = EntryLog(first: numbers.lowerBound)
        for n in numbers { log.append(kind(n), payload(n).span) }
        return log
    }

    private static func check(_ log: borrowing EntryLog, _ numbers: Range<Int>) {
        #expect(log.numbers == numbers)
        for n in numbers {
            #expect(log.kind(n) == kind(n))
            #expect(Array(log.bytes[log.range(n)]) == payload(n))
        }
    }

    @Test func `dropping the oldest leaves the rest as it was, whatever is dropped when`() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<200 {
            var log = EntryLog()
            var first = 0
            for n in 0..<200 {
                log.append(Self.kind(n), Self.payload(n).span)
                guard Int.random(in: 0..<20, using: &random) == 0 else { continue }
                let end = Int.random(in: 0...n + 1, using: &random)
                log.dropFirst(keeping: Int.random(in: 0...300, using: &random), before: end)
                #expect(log.first >= first && log.first <= max(first, end))
                first = log.first
            }
            Self.check(log, first..<200)
            #expect(log.byteCount == (0..<200).reduce(0) { $0 + Self.payload($1).count })
            #expect(log.textEntryCount == (0..<200).count { Self.kind($0) == .text })
            #expect(log.byteCount(before: 200) == log.byteCount)
        }
    }

    @Test func `it is dropped down to the bound and no further`() {
        var log = Self.log(of: 0..<1000)
        log.dropFirst(keeping: 800, before: 1000)
        #expect(log.heldBytes <= 800 && log.heldBytes > 800 - 12)
        log.dropFirst(keeping: 800, before: 1000)
        #expect(log.heldBytes > 800 - 12)
        let first = log.first
        log.dropFirst(keeping: 0, before: first + 3)
        #expect(log.first == first + 3)
    }

    @Test func `parts put together make the whole`() {
        for cut in [0, 1, 17, 99, 100] {
            var whole = Self.log(of: 0..<cut)
            whole.append(contentsOf: Self.log(of: cut..<100))
            Self.check(whole, 0..<100)
        }
    }

    @Test func `a copy stays as it was when the log goes on`() {
        var log = Self.log(of: 0..<50)
        let copy = log.copy()
        log.append(.text, [1, 2, 3].span)
        log.dropFirst(keeping: 0, before: 40)
        Self.check(copy, 0..<50)
        #expect(log.numbers == 40..<51)
    }
}
