import ChatFormats
import TestSupport
import Testing
import Wire

@testable import Generations

/// What follows an answer that a filter has ended.
@Suite struct FilterBlockTests {
    private static let block = FilterRule.word("secret", with: .block)
    /// Made anew each time: LeakSanitizer does not see the array in a global of this type.
    private static var append: FilterRule { .append("(stopped)", after: [.filtered]) }

    @Test func `text for filtered answers follows one that a filter ends, at every cut`() throws {
        let list = try FilterList([
            .append("first, ", after: [.filtered]), Self.block, Self.append,
            .append("never", after: [.complete, .length]), .word("stopped", with: .replace("over")),
        ])
        let text = "a secret b"
        for cuts in cuts(of: text) {
            let passed = pass(text, cutAt: cuts, through: list)
            #expect(passed.text() == "a first, (over)")
            #expect(passed.reports == [.blocked(by: "filter 2 (words)")])
        }
    }

    @Test(arguments: [
        [(EntryKind.reasoning, "a secret"), (.text, "b")],
        [(.text, "a secret")],
        [(.toolCall, #"{"index":0,"function":{"arguments":"[\"secret\"]"}}"#), (.text, "b")],
        [(.members, #"{"delta":{"citations":[{"cited_text":"a secret"}]}}"#), (.text, "b")],
        [(.reasoning, "se"), (.reasoning, "cret")],
    ])
    func `it is text, whatever was blocked`(pieces: [(EntryKind, String)]) throws {
        let list = try FilterList([Self.block, Self.append])
        let passed = pass(pieces.map { ($0.0, $0.1) }, through: list)
        #expect(passed.entries.last == "text (stopped)")
        #expect(passed.text() == (pieces[0].0 == .text ? "a (stopped)" : "(stopped)"))
        #expect(passed.reports.count == 1)
    }

    @Test func `what cannot be decided is followed by it, too, and never lets go of its text`()
        throws
    {
        let list = try FilterList([
            .find(.emails, .replace("@")), .pattern("(a+)+$", .block), Self.append,
        ])
        let text = String(repeating: "a", count: 60) + "! and on"
        let passed = pass([(.text, "so "), (.text, text), (.text, "x")], through: list)
        #expect(passed.text() == "so (stopped)")
    }

    @Test func `an answer that is cut has nothing appended, even if a match waits`() throws {
        let list = try FilterList([.pattern("secret$", .block), Self.append])
        #expect(pass("a secret", through: list).text() == "a (stopped)")
        #expect(pass("a secret", through: list, ending: nil).text() == "a ")
    }

    @Test func `it goes through the filters that follow, which may end it`() throws {
        let list = try FilterList([
            Self.append, Self.block, .word("stopped", with: .block),
            .append("!", after: [.filtered]),
        ])
        #expect(pass("a secret", through: list).text() == "a (!")
    }

    @Test func `a fault after the block in the same bytes does not count`() throws {
        struct Fault: Error {}
        var log = EntryLog()
        func take(_ text: String) throws {
            let filter = EntryFilter(try FilterList([Self.block])) { _ in }
            try filter.take(into: &log) { entries throws(Fault) in
                entries.append(.text, text.utf8.span)
                throw Fault()
            }
        }
        try take("a secret b")
        #expect(throws: Fault.self) { try take("sec") }
    }

    @Test func `what waits in other texts comes before it`() throws {
        let list = try FilterList([
            .find(.emails, .replace("@")), Self.block, Self.append,
        ])
        let members = #"{"chunk":{"note":"a secret"}}"#
        let passed = pass([(.text, "hi john"), (.members, members)], through: list)
        #expect(passed.text() == "hi john(stopped)")
    }
}
