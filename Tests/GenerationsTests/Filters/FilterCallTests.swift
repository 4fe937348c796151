import ChatFormats
import TestSupport
import Testing
import Wire

@testable import Generations

/// What becomes of calls of tools that come at the same time.
@Suite struct FilterCallTests {
    private static let secret = FilterRule.word("secret", with: .replace("***"), areWhole: false)

    private func piece(_ index: Int, _ arguments: String) -> (kind: EntryKind, text: String) {
        let text = JSON.string(arguments)
        var out: [UInt8] = []
        text.write(into: &out)
        let quoted = String(decoding: out, as: UTF8.self)
        return (.toolCall, "{\"index\":\(index),\"function\":{\"arguments\":\(quoted)}}")
    }

    private func input(_ index: Int, _ text: String) -> (kind: EntryKind, text: String) {
        (.toolCall, "{\"index\":\(index),\"custom\":{\"input\":\"\(text)\"}}")
    }

    @Test func `a match goes on after pieces of other calls, however they alternate`() throws {
        let list = try FilterList([Self.secret, .find(.emails, .replace("@"))])
        let texts = [#"{"a":"my secret"}"#, #"{"b":"b@c.de","n":secret}"#, #"["\u0073ecret"]"#]
        let expected = [#"{"a":"my ***"}"#, #"{"b":"@","n":"***"}"#, #"["***"]"#]
        var random = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            var rest = texts.map { Array($0) }
            var pieces: [(kind: EntryKind, text: String)] = []
            while let index = rest.indices.filter({ !rest[$0].isEmpty }).randomElement(
                using: &random
            ) {
                let count = Int.random(in: 1...6, using: &random)
                pieces.append(piece(index, String(rest[index].prefix(count))))
                rest[index].removeFirst(min(count, rest[index].count))
            }
            let passed = pass(pieces, through: list)
            for index in texts.indices { #expect(passed.arguments[index] == expected[index]) }
        }
    }

    @Test func `what waits of a call is sent before anything but a call, and at the end`() throws {
        let list = try FilterList([Self.secret])
        let text = pass([piece(0, #"{"a":"sec"#), piece(1, "[]"), (.text, "ret")], through: list)
        #expect(text.entries.last == "text ret")
        #expect(text.arguments == [0: #"{"a":"sec"#, 1: "[]"])
        let end = pass([piece(0, #"["sec"#), piece(1, #"["se"#)], through: list)
        #expect(end.arguments == [0: #"["sec"#, 1: #"["se"#])
    }

    @Test func `plain input is over where another call begins`() throws {
        let list = try FilterList([Self.secret])
        let passed = pass([input(0, "a sec"), input(1, "ret"), piece(2, "[]")], through: list)
        let expected = [input(0, "a "), input(0, "sec"), input(1, "ret"), piece(2, "[]")]
        #expect(passed.entries == expected.map { "toolCall \($0.text)" })
    }

    @Test func `no call is forgotten with what waits of it`() throws {
        let list = try FilterList([Self.secret])
        let pieces = (0...64).map { piece($0, #"["sec"#) }
        let passed = pass(pieces, through: list)
        #expect(passed.arguments.values.allSatisfy { $0 == #"["sec"# })
    }

    @Test func `a block in one call lets go of the others, and of nothing after the match`() throws
    {
        let list = try FilterList([
            .find(.emails, .replace("@")), .word("secret", with: .block),
        ])
        let pieces = [piece(0, #"["jo"#), piece(1, #"["my secret \u00"#), piece(0, "hn")]
        let passed = pass(pieces, through: list)
        #expect(passed.arguments == [0: #"["jo"#, 1: #"["my "#])
        #expect(passed.reports == [.blocked(by: "filter 2 (words)")])
    }
}
