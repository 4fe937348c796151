import ChatFormats
import TestSupport
import Testing
import Wire

@testable import Generations

/// What becomes of the entries of an answer on their way through filters.
@Suite struct FilterEntryTests {
    private static let secret = FilterRule.word("secret", with: .replace("***"), areWhole: false)

    private func piece(_ index: Int, _ arguments: String, _ more: String = "") -> String {
        "{\"index\":\(index)\(more),\"function\":{\"arguments\":\(quoted(arguments))}}"
    }

    private func quoted(_ text: String) -> String {
        var out: [UInt8] = []
        JSONText.appendString(text, into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test(arguments: [EntryKind.text, .reasoning, .refusal])
    func `each kind of text is filtered, and keeps its kind`(kind: EntryKind) throws {
        let list = try FilterList([Self.secret])
        let passed = pass([(kind, "a sec"), (kind, "ret "), (kind, "it")], through: list)
        #expect(passed.entries == ["\(kind) a ", "\(kind) *** ", "\(kind) it"])
    }

    @Test func `what waits of one kind comes before another kind`() throws {
        let list = try FilterList([Self.secret])
        let passed = pass(
            [(.reasoning, "sec"), (.text, "ret sec"), (.reasoning, "ret"), (.text, "ret")],
            through: list
        )
        #expect(
            passed.entries
                == [
                    "reasoning sec", "text ret ", "text sec", "reasoning ret", "text ret",
                ]
        )
    }

    @Test func `what a search looks back at stays in its own kind`() throws {
        let list = try FilterList([.pattern("(?<=key )x"), .word("bar")])
        let passed = pass([(.text, "key "), (.reasoning, "x bar"), (.text, "x")], through: list)
        #expect(passed.text(.reasoning) == "x *")
        #expect(passed.text() == "key *")
    }

    @Test(arguments: [
        (#"{"a":"my secret","b":[1,true]}"#, #"{"a":"my ***","b":[1,true]}"#),
        (#"{"secret":"s"}"#, #"{"***":"s"}"#),
        (#"{"a":"\u0073ecre\u0074!"}"#, #"{"a":"***!"}"#),
        (#"{"a":"sec","b":"ret"}"#, #"{"a":"sec","b":"ret"}"#),
        (#"{"a":"x\"quote\"\\\n\u00e9\ud83d\ude00"}"#, #"{"a":"x\"quote\"\\\né😀"}"#),
        (#"{"a":secret}"#, #"{"a":"***"}"#),
        (#"plain secret words"#, #"plain "***" words"#),
        (#"{"n":4111111111111111,"m":12.5e3}"#, #"{"n":"N","m":12.5e3}"#),
        (#"{"a":"unfinished sec"#, #"{"a":"unfinished sec"#),
        (#"{"a":"cut \u00"#, #"{"a":"cut \u00"#),
        // Half a character is none, and what follows it is seen.
        (#"{"a":"\ud83d secret"}"#, "{\"a\":\"\u{FFFD} ***\"}"),
        (#"{"a":"\ud83d"}"#, #"{"a":"\#u{FFFD}"}"#),
        (#"{"a":"\uD83D\n\ud83d\u0073ecret\uDE00"}"#, #"{"a":"\#u{FFFD}\n\#u{FFFD}***\#u{FFFD}"}"#),
        (#"{"a":"\ud83d\ud83d\ude00"}"#, #"{"a":"\#u{FFFD}😀"}"#),
        (#"{"a":"\ud83d\"","b":"\ud8zz"}"#, #"{"a":"\#u{FFFD}\"","b":"\\ud8zz"}"#),
        (#"{"x":2.718281828459045}"#, #"{"x":2.718281828459045}"#),
        (#"{"a":"say "quote""}"#, #"{"a":"say "quote""}"#),
    ])
    func `arguments stay JSON, however they are cut`(arguments: String, expected: String) throws {
        let list = try FilterList([Self.secret, .find(.cards, .replace("N"))])
        for cuts in cuts(of: arguments) {
            let pieces = pieces(of: arguments, cutAt: cuts).map { piece(0, $0) }
            let passed = pass(pieces.map { (.toolCall, $0) }, through: list)
            #expect(passed.arguments == [0: expected], "cut at \(cuts)")
        }
    }

    @Test func `a replacement cannot break the JSON of arguments`() throws {
        let list = try FilterList([.word("x", with: .replace("\"}\n\\"))])
        let passed = pass([(.toolCall, piece(0, #"{"a":"x"}"#))], through: list)
        #expect(passed.arguments[0] == #"{"a":"\"}\n\\"}"#)
    }

    @Test func `each call has its own text, and keeps its id, its name and a vendor's members`()
        throws
    {
        let list = try FilterList([Self.secret])
        let more = #","id":"c1","extra_content":{"google":{"thought_signature":"s"}}"#
        let passed = pass(
            [
                (.toolCall, piece(0, #"{"a":"sec"#, more)), (.toolCall, piece(1, #"{"b":"ret"#)),
                (.toolCall, piece(0, #"ret"}"#)), (.toolCall, piece(1, #" secret"}"#)),
                (.toolCall, #"{"index":2,"function":{"name":"secret"}}"#),
            ],
            through: list
        )
        #expect(passed.arguments == [0: #"{"a":"***"}"#, 1: #"{"b":"ret ***"}"#, 2: ""])
        #expect(passed.entries.first == "toolCall " + piece(0, #"{"a":""#, more))
        #expect(passed.entries.last == #"toolCall {"index":2,"function":{"name":"secret"}}"#)
    }

    @Test func `the input of a custom tool is plain text`() throws {
        let list = try FilterList([Self.secret])
        let passed = pass(
            [
                (.toolCall, #"{"index":0,"custom":{"name":"c","input":"a \"sec"}}"#),
                (.toolCall, #"{"index":0,"custom":{"input":"ret\" b"}}"#),
            ],
            through: list
        )
        #expect(
            passed.entries
                == [
                    #"toolCall {"index":0,"custom":{"name":"c","input":"a \""}}"#,
                    #"toolCall {"index":0,"custom":{"input":"***\" b"}}"#,
                ]
        )
    }

    @Test func `what is blocked ends the answer before it, in every kind and at every cut`() throws
    {
        let list = try FilterList([
            .word("tail", with: .replace("end")), .word("secret", with: .block),
            .word("a", with: .replace("b")), .append("more", after: [.complete]),
        ])
        let text = "a tail and a secret and more"
        for cuts in cuts(of: text) {
            let passed = pass(text, cutAt: cuts, through: list)
            #expect(passed.text() == "b end and b ")
            #expect(passed.reports == [.blocked(by: "filter 2 (words)")])
        }
        let call = pass([(.toolCall, piece(0, #"{"a":"a secret"}"#))], through: list)
        #expect(call.arguments == [0: #"{"b":"b "#])
        #expect(call.reports.count == 1)
        let late = pass([(.reasoning, "a secret"), (.text, "b")], through: list)
        #expect(late.entries == ["reasoning b "])
        let atEnd = pass("a secret", through: list)
        #expect(atEnd.text() == "b " && atEnd.reports.count == 1)
    }

    @Test(arguments: [
        (Ending.complete, "x!*"), (.length, "x!*"), (.toolCalls, "x"), (.filtered, "x"),
    ])
    func `text is appended after the endings that it is for`(
        ending: Ending,
        expected: String
    ) throws {
        let list = try FilterList([
            .append("!sec", after: [.complete, .length]),
            .pattern("sec$"),
        ])
        #expect(pass("x", through: list, ending: ending).text() == expected)
        #expect(pass("x", through: list, ending: nil).text() == "x")
        let reasoning = pass([(.text, "x"), (.reasoning, "y")], through: list, ending: .complete)
        #expect(reasoning.entries == ["text x", "reasoning y", "text !*"])
    }

    @Test func `members that quote the text are left out, which is said once`() throws {
        let list = try FilterList([Self.secret])
        let quoting = #"{"chunk":{"id":"x"},"choice":{"logprobs":{"content":[]}}}"#
        let passed = pass([(.members, quoting), (.members, quoting)], through: list)
        #expect(passed.entries == Array(repeating: #"members {"chunk":{"id":"x"}}"#, count: 2))
        #expect(passed.reports == [.leftOut])
        let others = #"{"choice":{"index":0},"delta":{"role":"assistant"}}"#
        let kept = pass([(.members, others)], through: list)
        #expect(kept.entries == ["members " + others])
        #expect(kept.reports.isEmpty)
        let choices = pass([(.members, #"{"choices":[{"index":1}]}"#)], through: list)
        #expect(choices.entries.isEmpty)
    }

    @Test func `without filters everything passes as it is, and each piece can be shown`() {
        var log = EntryLog()
        var reports: [EntryFilter.Report] = []
        let filter = EntryFilter(nil, showsContent: true) { reports.append($0) }
        let long = String(repeating: "é", count: 600)
        filter.take(into: &log) { $0.append(.text, long.utf8.span) }
        #expect(log.bytes == Array(long.utf8))
        let shown = Array(String(repeating: "é", count: 512).utf8)
        let text = ShownText(long.utf8.span)
        #expect(text.bytes == shown && text.rest == 176)
        #expect(reports == [.content(.text, text)])
    }

    @Test func `the prefix comes before the client's own instructions`() throws {
        let list = try FilterList([.systemPrefix("A."), .systemPrefix("B.")])
        let user = ChatRequest.Message(role: .user, text: "hi")
        var request = ChatRequest(messages: [user])
        #expect(list.prefixing(request).system == "A.\n\nB.")
        request.system = "own"
        #expect(list.prefixing(request).system == "A.\n\nB.\n\nown")
        let system = ChatRequest.Message(
            role: .system,
            text: "own",
            original: .object([
                JSON.Member(key: "role", value: .string("system")),
                JSON.Member(key: "content", value: .array([.string("own")])),
            ])
        )
        let message = list.prefixing(ChatRequest(messages: [system, user])).messages[0]
        #expect(message.text == "A.\n\nB.\n\nown")
        #expect(message.original?["content"]?.arrayValue?.count == 2)
        #expect(try FilterList([]).prefixing(request) == request)
    }
}
