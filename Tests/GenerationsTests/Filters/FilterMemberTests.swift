import ChatFormats
import TestSupport
import Testing
import Wire

@testable import Generations

/// What becomes of what an upstream sends beside the text.
@Suite struct FilterMemberTests {
    private static let secret = FilterRule.word("secret", with: .replace("***"), areWhole: false)

    private func members(_ payload: String, _ rules: [FilterRule] = [secret]) throws -> Passed {
        pass([(.members, payload)], through: try FilterList(rules))
    }

    @Test(arguments: [
        (#"{"chunk":{"search_results":[{"snippet":"a secret"}]}}"#, #"a ***"#),
        (#"{"chunk":{"related_questions":["what secret?"]}}"#, #"what ***?"#),
        (#"{"choice":{"note":"secret"}}"#, #""***""#),
        (#"{"delta":{"reasoning_steps":[{"thought":"a secret"}]}}"#, "a ***"),
        (#"{"delta":{"content_parts":[{"x":{"y":"secret"}}]}}"#, #""***""#),
        (#"{"delta":{"citations":[{"cited_text":"the secret"}]}}"#, "the ***"),
        (
            #"{"delta":{"annotations":[{"type":"secret","text":"secret"}]}}"#,
            #""secret","text":"***""#
        ),
        (#"{"delta":{"executed_tools":[{"output":"secret"}]}}"#, #""***""#),
        // JSON in a string and a tool's input are led as arguments are.
        (
            #"{"delta":{"executed_tools":[{"arguments":"{\"q\":\"\\u0073ecret\"}"}]}}"#,
            #""{\"q\":\"***\"}""#
        ),
        (#"{"delta":{"content_blocks":[{"input":{"secret":["secret"]}}]}}"#, #"{"***":["***"]}"#),
    ])
    func `each text beside an answer is filtered`(payload: String, expected: String) throws {
        let passed = try members(payload)
        #expect(passed.entries.count == 1)
        #expect(passed.entries[0].contains(expected), "\(passed.entries)")
        #expect(passed.reports.isEmpty)
    }

    @Test(arguments: [
        #"{"chunk":{"__verbose":{"content":"a secret"}}}"#, #"{"chunk":{"content":"sec"}}"#,
        #"{"delta":{"foo":"a piece"}}"#, #"{"delta":{"audio":{"data":"c2Vj","transcript":"s"}}}"#,
        #"{"choice":{"logprobs":{"content":[{"token":"s"}]}}}"#, #"{"choices":[{"index":1}]}"#,
        #"{"chunk":{"a":{"b":1,"b":"secret"}}}"#,
    ])
    func `what comes in pieces, or cannot be read, is left out`(payload: String) throws {
        let passed = try members(payload)
        #expect(passed.entries.isEmpty)
        #expect(passed.reports == [.leftOut])
    }

    @Test func `what is no text stays as it is`() throws {
        let picture =
            "data:image/png;base64," + String(repeating: "iVBOR4111111111111111", count: 50)
        let payload =
            #"{"chunk":{"model":"a","created":4111111111111111},"delta":{"id":"a","images":[{"type":"a","#
            + #""image_url":{"url":"\#(picture)"}}]}}"#
        let rules = [.find(.cards, .replace("#")), FilterRule.word("a", "base64")]
        #expect(try members(payload, rules).entries == ["members " + payload])
        let notes = #"{"chunk": {"note":"\u0061b","n":[1.50,null,true]}}"#
        #expect(try members(notes, rules).entries == ["members " + notes])
    }

    @Test func `a blocked text beside an answer ends it`() throws {
        let passed = pass(
            [
                (.text, "hi "), (.members, #"{"chunk":{"a":"hi","b":"a secret"}}"#), (.text, "x"),
            ],
            through: try FilterList([.word("secret", with: .block)])
        )
        #expect(passed.entries == ["text hi "])
        #expect(passed.reports == [.blocked(by: "filter 1 (words)")])
    }

    // MARK: Signatures

    private func signature(_ name: String, _ name2: String = "thinking_blocks") -> String {
        #"{"delta":{"\#(name2)":[{"type":"thinking","thinking":"","signature":"\#(name)"}]}}"#
    }

    @Test func `a signature comes after its reasoning, however that was cut`() throws {
        let list = try FilterList([.find(.emails, .replace("@"))])
        let pieces: [(kind: EntryKind, text: String)] = [
            (.reasoning, "Hm, let"), (.reasoning, " me"), (.reasoning, " see"),
            (.members, signature("s0")), (.reasoning, "Then"), (.reasoning, " go"),
            (.members, signature("s1")), (.text, "x"),
        ]
        let passed = pass(pieces, through: list)
        let first = passed.entries.firstIndex(of: "members " + signature("s0")) ?? 0
        let second = passed.entries.firstIndex(of: "members " + signature("s1")) ?? 0
        func said(_ range: Range<Int>) -> String {
            passed.entries[range].map { $0.replacing("reasoning ", with: "") }.joined()
        }
        #expect(said(0..<first) == "Hm, let me see")
        #expect(said(first + 1..<second) == "Then go")
        #expect(passed.reports.isEmpty)
    }

    @Test(arguments: ["thinking_blocks", "reasoning_details"])
    func `no signature is kept of reasoning that was changed, nor a later one`(name: String) throws
    {
        let list = try FilterList([Self.secret])
        let passed = pass(
            [
                (.reasoning, "fine"), (.members, signature("s0", name)), (.reasoning, "a sec"),
                (.reasoning, "ret"), (.members, signature("s1", name)), (.reasoning, "fine"),
                (.members, signature("s2", name)), (.text, "secret"),
            ],
            through: list
        )
        #expect(
            passed.entries == [
                "reasoning fine", "members " + signature("s0", name), "reasoning a ",
                "reasoning ***", "members " + signature("", name), "reasoning fine",
                "members " + signature("", name), "text ***",
            ]
        )
        #expect(passed.reports == [.leftOut])
    }

    @Test func `where all reasoning has lost its signature no block is left`() throws {
        let list = try FilterList([Self.secret])
        let passed = pass([(.reasoning, "secret"), (.members, signature("s"))], through: list)
        #expect(passed.entries == ["reasoning ***"])
        #expect(passed.reports == [.leftOut])
    }

    @Test func `what is under a signature is looked at, but for what was encrypted`() throws {
        let rules = [FilterRule.word("secret")]
        let encrypted =
            #"{"delta":{"reasoning_details":[{"type":"reasoning.encrypted","data":"secret"}]}}"#
        #expect(try members(encrypted, rules).entries == ["members " + encrypted])
        let text = #"{"delta":{"reasoning_details":[{"signature":"s","note":"a secret"}]}}"#
        #expect(try members(text, rules).entries.isEmpty)
    }

    @Test func `a block in reasoning that waits comes before its signature`() throws {
        let list = try FilterList([.pattern("secret$", .block)])
        let passed = pass([(.reasoning, "a secret"), (.members, signature("s"))], through: list)
        #expect(passed.entries == ["reasoning a "])
        #expect(passed.reports == [.blocked(by: "filter 1 (pattern)")])
    }
}
