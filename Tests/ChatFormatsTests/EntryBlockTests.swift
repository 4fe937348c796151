import TestSupport
import Testing
import Wire

@testable import ChatFormats

/// Whatever happens to a log, it knows the block of each of its entries.
@Suite struct `Blocks of a log` {
    /// An entry of a test's log; a tool call's piece has the call's number.
    private enum Said: Equatable {
        case other(EntryKind)
        case call(Int)

        var kind: EntryKind {
            switch self {
            case .other(let kind): kind
            case .call: .toolCall
            }
        }

        var payload: String {
            switch self {
            case .other: "x"
            case .call(let number): "{\"index\":\(number),\"function\":{}}"
            }
        }
    }

    private static func add(_ said: Said, to log: inout EntryLog) {
        log.append(said.kind, Array(said.payload.utf8).span)
    }

    private static func log(_ all: [Said], from first: Int = 0) -> EntryLog {
        var log = EntryLog(first: first)
        for said in all { add(said, to: &log) }
        return log
    }

    /// The block of each entry, found by walking through all of them.
    private static func blocks(_ all: [Said]) -> [EntryBlock?] {
        var current: EntryBlock?
        var count = 0
        var calls: Set<Int> = []
        return all.enumerated().map { n, said in
            var begins = false
            switch said {
            case .other(.restart):
                // A writer closes here what was open.
                defer { current = nil }
                calls = []
                return current
            case .other(let kind) where [.text, .reasoning, .refusal].contains(kind):
                begins = current?.kind != kind
            case .other: break
            case .call(let number):
                begins = current?.kind != .toolCall || calls.allSatisfy { number > $0 }
                calls.insert(number)
            }
            if begins {
                current = EntryBlock(index: count, start: n, kind: said.kind)
                count += 1
            }
            return current
        }
    }

    private static func check(_ log: borrowing EntryLog, _ all: [Said]) {
        #expect(log.count == all.count)
        for (n, block) in blocks(all).enumerated() {
            #expect(log.block(at: n) == block, "\(n) of \(all)")
        }
    }

    @Test(
        arguments: [
            (
                "text goes on over usage and members",
                [
                    Said.other(.start), .other(.text), .other(.usage), .other(.members),
                    .other(.text),
                    .other(.finish),
                ], [nil, 0, 0, 0, 0, 0]
            ),
            (
                "another kind begins a block",
                [.other(.reasoning), .other(.text), .other(.refusal), .other(.reasoning)],
                [0, 1, 2, 3]
            ),
            ("each call is one", [.call(0), .call(0), .call(1), .call(1)], [0, 0, 1, 1]),
            (
                "calls whose pieces alternate begin once",
                [.call(0), .call(1), .call(0), .call(1), .call(2)], [0, 1, 1, 1, 2]
            ),
            (
                "a call goes on after text as a block", [.call(0), .other(.text), .call(0)],
                [0, 1, 2]
            ),
            (
                "after a restart all begins again",
                [
                    .other(.text), .other(.restart), .other(.text), .call(0), .other(.restart),
                    .call(0),
                ],
                [0, 0, 1, 2, 2, 3]
            ),
        ] as [(String, [Said], [Int?])]
    )
    private func `begin where another kind of entry begins`(
        name: String,
        all: [Said],
        indices: [Int?]
    ) {
        let log = Self.log(all)
        for (n, index) in indices.enumerated() {
            #expect(log.block(at: n)?.index == index, "\(name): \(n)")
        }
        #expect(Self.blocks(all).map { $0?.index } == indices)
    }

    private static func random(_ random: inout SeededGenerator) -> Said {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<8: .other(.text)
        case 8..<11: .other(.reasoning)
        case 11: .other(.refusal)
        case 12..<18: .call(Int.random(in: 0..<4, using: &random))
        case 18: .other(.members)
        default: .other(.usage)
        }
    }

    @Test func `are known after all that may happen to a log`() {
        var random = SeededGenerator(seed: 23)
        for _ in 0..<150 {
            var all: [Said] = [.other(.start)]
            var log = Self.log(all)
            for _ in 0..<60 {
                let count = Int.random(in: 0..<6, using: &random)
                let news = (0..<count).map { _ in Self.random(&random) }
                switch Int.random(in: 0..<8, using: &random) {
                case 0:
                    let mark = log.mark
                    for said in news { Self.add(said, to: &log) }
                    log.rollBack(to: mark)
                case 1:
                    let end = Int.random(in: 0...log.count, using: &random)
                    log.dropFirst(keeping: Int.random(in: 0...100, using: &random), before: end)
                case 2: log = log.copy()
                case 3:
                    log.append(contentsOf: Self.log(news, from: log.count))
                    all += news
                case 4 where count == 0:
                    Self.add(.other(.restart), to: &log)
                    all.append(.other(.restart))
                default:
                    for said in news { Self.add(said, to: &log) }
                    all += news
                }
            }
            Self.check(log, all)
        }
    }

    @Test func `are known to a part that is read back, wherever it begins`() {
        var random = SeededGenerator(seed: 5)
        let all = [.other(.start)] + (0..<200).map { _ in Self.random(&random) }
        var log = Self.log(all)
        log.dropFirst(keeping: 0, before: 190)
        Self.check(log, all)
        for start in 0..<190 {
            var part = EntryLog(first: start, blocks: log.blocks)
            for said in all[start..<min(190, start + 20)] { Self.add(said, to: &part) }
            for n in part.numbers { #expect(part.block(at: n) == log.block(at: n)) }
        }
    }

    @Test func `of dropped entries are forgotten beyond a bound, and keep their count`() {
        var log = EntryLog()
        let count = 3 * EntryBlocks.maxOldCount
        for n in 0..<count {
            Self.add(.other(n % 2 == 0 ? .text : .reasoning), to: &log)
        }
        log.dropFirst(keeping: 0, before: count - 10)
        let oldest = count - 10 - EntryBlocks.maxOldCount
        #expect(log.block(at: oldest - 1) == nil)
        for n in oldest..<count { #expect(log.block(at: n)?.index == n) }
        Self.add(.other(.refusal), to: &log)
        #expect(log.block(at: count) == EntryBlock(index: count, start: count, kind: .refusal))
    }

    @Test func `are those of the answer that an upstream streams`() {
        let sent = stream(
            #"{"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":"b"}}]}"#,
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"arguments":"{}"}}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"id":"d","function":{"name":"g","arguments":"{}"}}]}}]}"#
        )
        var decoder = StreamDecoder(.openAI)
        var log = EntryLog()
        log.append(.start, Array("{}".utf8).span)
        #expect(throws: Never.self) { try decoder.decode(Array(sent.utf8).span, into: &log) }
        let indices = log.numbers.map { log.block(at: $0)?.index }
        #expect(indices == [nil, 0, 1, 1, 2, 2, 3])
    }
}
