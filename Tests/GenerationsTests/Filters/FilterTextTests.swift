import ChatFormats
import TestSupport
import Testing
import Wire

@testable import Generations

/// A filter finds the same in a text however it is cut into tokens, and holds back no more than it
/// must.
@Suite struct FilterTextTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let rules: [FilterRule]
        let text: String
        let expected: String
        var testDescription: String { "\(text) -> \(expected)" }

        init(_ rules: [FilterRule], _ text: String, _ expected: String) {
            self.rules = rules
            self.text = text
            self.expected = expected
        }
    }

    private static let words = [
        Case([.word("darn")], "Oh Darn, darned darn", "Oh *, darned *"),
        Case([.word("darn", ignoresCase: false)], "Darn darn", "Darn *"),
        Case([.word("darn", areWhole: false)], "darned undarn", "*ed un*"),
        Case([.word("he", "hers", "she")], "he hers she shers", "* * * shers"),
        // The longest word wins, and what overlaps it begins after it.
        Case([.word("ab", "abcd", "cde", areWhole: false)], "abcde abce", "*e *ce"),
        Case([.word("a", "aa", "aaa", areWhole: false)], "aaaaa", "**"),
        Case([.word("C++", ".NET")], "C++ is C and .NET", "* is C and *"),
        Case([.word("a.b", "(x|y)*")], "a.b acb (x|y)* xy", "* acb * xy"),
        Case([.word("дура")], "Дура! дурацкий ДУРА", "*! дурацкий *"),
        Case([.word("größe")], "GRÖSSE Größe GRÖßE", "GRÖSSE * *"),
        Case([.word("task")], "ta\u{17F}\u{212A} tasks", "* tasks"),
        Case([.word("naïve")], "naïve naïvely café", "* naïvely café"),
        Case([.word("東京", areWhole: false)], "東京都と東", "*都と東"),
        Case([.word("😀", areWhole: false)], "a😀b😁", "a*b😁"),
        Case([.word("new york")], "in New York City", "in * City"),
        Case(
            [.word("x", with: .replace("a much longer text"))],
            "x y x",
            "a much longer text y a much longer text"
        ),
        Case([.word("x", with: .replace(""))], "x", ""),
        // Vowel signs and accents are parts of a word, and what chooses an emoji's form is not.
        Case([.word("राम")], "राम रामायण राम।", "* रामायण *।"),
        Case([.word("ni")], "nin\u{303}i ni\u{301} ni", "nin\u{303}i ni\u{301} *"),
        Case([.word("i")], "n\u{303}i i", "n\u{303}i *"),
        Case([.word("❤", "a")], "❤\u{FE0F}a ❤", "*\u{FE0F}* *"),
    ]

    private static let patterns = [
        Case([.pattern("s[ae]cret-[0-9]+")], "a secret-12345!", "a *!"),
        Case([.pattern("(?<=key=)[a-z]+")], "key=abc key =abc", "key=* key =abc"),
        Case([.pattern("(?<!key=)\\b[a-z]{3}\\b")], "key=abc abc", "*=abc *"),
        Case([.pattern("(?<=aa|b)c")], "aac bc ac", "aa* b* ac"),
        Case([.pattern("^ab")], "abab", "*ab"),
        Case([.pattern("\\Aab")], "abab", "*ab"),
        Case([.pattern("(?m)^ab")], "ab ab\nab", "* ab\n*"),
        Case([.pattern("ab$")], "abab", "ab*"),
        Case([.pattern("ab\\z")], "ab ab", "ab *"),
        Case([.pattern("(?m)ab$")], "ab\nab ab", "*\nab *"),
        Case([.pattern("(\\w)\\1")], "hello aab", "he*o *b"),
        Case([.pattern("<([a-z]+)>[^<]*</\\1>")], "<b>x</b><i>y</b>", "*<i>y</b>"),
        Case([.pattern("a+")], "baaab a", "b*b *"),
        Case([.pattern("a*")], "baab", "b*b"),
        Case([.pattern("a+?b")], "aab ab", "* *"),
        Case([.pattern("foo(?!bar)")], "foobar foo foob", "foobar * *b"),
        Case([.pattern("foo(?=bar)")], "foobar foo", "*bar foo"),
        Case([.pattern("foo\\Kbar")], "foobar bar", "foo* bar"),
        Case([.pattern("dog(sbody)?")], "dog dogsbody dogs", "* * *s"),
        Case([.pattern("dog|dogsbody")], "dogsbody", "*sbody"),
        Case([.pattern("\\bfoo\\b")], "foo food foo", "* food *"),
        Case([.pattern("é{2,}", ignoresCase: true)], "éÉe é", "*e é"),
        Case([.pattern("\\X")], "e\u{301}a", "**"),
        Case([.pattern("(?i)SECRET")], "Secret secret", "* *"),
        Case([.pattern("(?s)BEGIN.*?END")], "a BEGIN b\nc END d END", "a * d END"),
        Case([.pattern("\\R")], "a\r\nb\rc", "a*b*c"),
        Case([.pattern("[^\\x00-\\x7F]+")], "añö東b", "a*b"),
        Case([.pattern("a|b"), .pattern("\\*\\*")], "ab c b", "* c *"),
        Case([.word("x", with: .replace("yy")), .word("yy", with: .replace("z"))], "x yy", "z z"),
        Case([.pattern("ab", .replace("b")), .pattern("bb", .replace("!"))], "abb", "!"),
    ]

    private static let bounds = [
        // A run longer than the bound is found in parts of that length.
        Case([.pattern("a+", maxMatch: 4)], "xaaaaaaaaaay", "x***y"),
        Case([.pattern("a+b", maxMatch: 4)], "aaaaaab aab", "aaa* *"),
        Case([.pattern("(?s)<.*?>", maxMatch: 6)], "<abcd> <abcde> <a>", "* <abcde> *"),
        Case([.pattern("é+", maxMatch: 3)], "ééé", "***"),
        Case([.pattern("東+", maxMatch: 1)], "東東", "**"),
        // What a pattern looks at counts as well.
        Case([.pattern("a(?=.{9}z)", maxMatch: 4)], "abcdefghijz", "abcdefghijz"),
    ]

    private static let masks = [
        Case([.find(.emails, .replace("@"))], "to john.doe+x@mail.example.com.", "to @."),
        Case([.find(.emails, .replace("@"))], "a@b a@b.c @x.de ü@bücher.de", "a@b a@b.c @x.de @"),
        Case([.find(.emails, .replace("@"))], "<a-b@x-y.co.uk>, c@d.museum", "<@>, @"),
        Case([.find(.emails, .replace("@"))], "x@y.xn--p1ai", "@"),
        Case([.find(.emails, .replace("@"))], "**b@c.de** `b@c.de` _b@c.de_", "**@** `@` _@_"),
        Case([.find(.emails, .replace("@"))], "'b@c.de' \"b@c.de\" |b@c.de|", "'@' \"@\" |@|"),
        Case([.find(.emails, .replace("@"))], "https://x.y/u?e=b@c.de&f", "https://x.y/u?e=@&f"),
        Case([.find(.emails, .replace("@"))], "{b@c.de} .b@c.de ..b@c.de", "{@} .@ ..@"),
        Case([.find(.emails, .replace("@"))], "o'neil%x@c.de, a_b-c@d.org", "@, @"),
        Case(
            [.find(.emails, .replace("@"))],
            String(repeating: "x", count: 70) + "/b@c.de",
            String(repeating: "x", count: 70) + "/@"
        ),
        Case(
            [.find(.emails, .replace("@"))],
            String(repeating: "x", count: 70) + "@c.de",
            "xxxxxx@"
        ),
        Case([.find(.cards, .replace("#"))], "card 4111 1111 1111 1111 12/27", "card # 12/27"),
        Case([.find(.cards, .replace("#"))], "4111111111111111", "#"),
        Case([.find(.cards, .replace("#"))], "4111111111111112", "4111111111111112"),
        Case([.find(.cards, .replace("#"))], "1 4111-1111-1111-1111, 5", "1 #, 5"),
        Case([.find(.cards, .replace("#"))], "378282246310005 30569309025904", "# #"),
        Case([.find(.cards, .replace("#"))], "94111111111111111", "94111111111111111"),
        Case(
            [.find(.cards, .replace("#"))],
            "at 1764380000000 it was 3.14159",
            "at 1764380000000 it was 3.14159"
        ),
        Case([.find(.cards, .replace("#"))], "2.718281828459045", "2.718281828459045"),
        Case([.find(.cards, .replace("#"))], "-0.5454545454545454", "-0.5454545454545454"),
        Case([.find(.cards, .replace("#"))], "2718.281828459045", "2718.281828459045"),
        Case([.find(.cards, .replace("#"))], "4111.1111.1111.1111. And", "#. And"),
        Case([.find(.cards, .replace("#"))], "no.4111 1111.1111-1111.", "no.#."),
        Case([.find(.cards, .replace("#"))], "4111111111111111.00", "#.00"),
        Case([.find(.cards, .replace("#"))], "5555\u{A0}5555\u{202F}5555\u{2011}4444", "#"),
    ]

    @Test(arguments: words + patterns + bounds + masks)
    func `what comes out does not depend on how the text was cut`(one: Case) throws {
        let filters = try FilterList(one.rules)
        for cuts in cuts(of: one.text) {
            let passed = pass(one.text, cutAt: cuts, through: filters)
            #expect(passed.text() == one.expected, "cut at \(cuts)")
            #expect(passed.reports.isEmpty)
        }
    }

    @Test(arguments: [
        ("(?<=\\bkey: )\\S+", "monkey: a key: b", "monkey: a key: *"),
        ("(?<=(?<=aaa)bbb)x+y", " aaabbbxxy", " aaabbb*"),
        ("(?<=(?<![a-z])(?<n>k))x", "okx kx", "okx k*"),
        ("(*plb:(*plb:aa)bb)x", " aabbx", " aabb*"),
        ("(?<=^key: )b", "key: b", "key: b"),
        ("^b|(?<=^)c", "bc", "bc"),
    ])
    func `what a search looks back at is there after a long text, too`(
        pattern: String,
        text: String,
        expected: String
    ) throws {
        let filters = try FilterList([.pattern(pattern)])
        let before = Array(repeating: "lorem ipsum. ", count: 200)
        for cuts in cuts(of: text) {
            let pieces = before + pieces(of: text, cutAt: cuts)
            let passed = pass(pieces.map { (.text, $0) }, through: filters).text()
            #expect(passed.dropFirst(before.joined().count) == expected, "cut at \(cuts)")
        }
    }

    /// Letters that make matches likely.
    @Test(arguments: [
        [FilterRule.pattern("(a|ab)(c|bcd)(d*)")], [.pattern("\\b(a|b)+c?\\b")],
        [.pattern("(?<=a)b+(?!c)")], [.pattern("a.{0,3}b", maxMatch: 3)],
        [.pattern("(?:ab)+(?=c|$)", maxMatch: 5)], [.pattern("[ab]{2,5}+c", maxMatch: 4)],
        [.word("ab", "abc", "b c", "d"), .pattern("\\*.", .replace("b"))],
        [.pattern("(?m)^(a|b)|c$")], [.pattern("(?s)a(?:.*)d", maxMatch: 4)],
        [.pattern("(a|b)\\1"), .word("bc", areWhole: false), .pattern("\\*+d?")],
        [.pattern("(?<=(?<=a)b)c?d"), .word("a", "é b", "cd")],
    ])
    func `chance texts come out the same however they are cut`(rules: [FilterRule]) throws {
        let filters = try FilterList(rules)
        var random = SeededGenerator(seed: 7)
        let letters = Array("aaabbbccd  é\n\u{301}".unicodeScalars)
        for _ in 0..<400 {
            let length = Int.random(in: 1...14, using: &random)
            let text = String(
                String.UnicodeScalarView(
                    (0..<length).map { _ in letters.randomElement(using: &random) ?? "a" }
                )
            )
            let whole = pass(text, through: filters).text()
            let count = text.unicodeScalars.count
            for _ in 0..<4 {
                let some = (0..<count).filter { _ in Bool.random(using: &random) }
                let passed = pass(text, cutAt: some, through: filters).text()
                #expect(passed == whole, "\(text) cut at \(some)")
            }
            #expect(pass(text, cutAt: Array(0..<count), through: filters).text() == whole)
        }
    }

    @Test func `chance texts are masked the same however they are cut`() throws {
        let filters = try FilterList([
            .find(.emails, .replace("@")), .find(.cards, .replace("#")),
        ])
        var random = SeededGenerator(seed: 13)
        let parts = [
            "4111", "1111", "1", ".", " ", "-", "b", "é", "@", "c.de", "*", "_", "2.7", "\u{A0}",
        ]
        for _ in 0..<1000 {
            let count = Int.random(in: 1...12, using: &random)
            let text = (0..<count).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
            let whole = pass(text, through: filters).text()
            let scalars = text.unicodeScalars.count
            for _ in 0..<3 {
                let some = (0..<scalars).filter { _ in Bool.random(using: &random) }
                #expect(
                    pass(text, cutAt: some, through: filters).text() == whole,
                    "\(text) \(some)"
                )
            }
            #expect(pass(text, cutAt: Array(0..<scalars), through: filters).text() == whole)
        }
    }

    @Test(arguments: [true, false], [true, false])
    func `a list of words finds what its expression finds without its help`(
        ignoresCase: Bool,
        areWhole: Bool
    ) throws {
        let words = ["ab", "abc", "b c", "d", "kb", "c_a", "é", "aéb", "ßa", "Ab"]
        let list = WordPattern(words, ignoresCase: ignoresCase, areWhole: areWhole)
        let plain = try FilterList([
            .pattern(list.text, ignoresCase: ignoresCase, maxMatch: list.maxMatch)
        ])
        let rule = FilterRule.Target.words(words, ignoresCase: ignoresCase, areWhole: areWhole)
        let filters = try FilterList([.find(rule, .replace("*"))])
        var random = SeededGenerator(seed: 11)
        let letters = Array("aAabBbccCd_ 1éÉß\u{212A}k\u{301}".unicodeScalars)
        for _ in 0..<1000 {
            let length = Int.random(in: 1...12, using: &random)
            let text = String(
                String.UnicodeScalarView(
                    (0..<length).map { _ in letters.randomElement(using: &random) ?? "a" }
                )
            )
            let cuts = (0..<text.unicodeScalars.count).filter { _ in Bool.random(using: &random) }
            let expected = pass(text, through: plain).text()
            #expect(pass(text, cutAt: cuts, through: filters).text() == expected, "\(text)")
        }
    }

    @Test func `tokens in which nothing begins stay as they came`() throws {
        let filters = try FilterList([.word("secret"), .pattern("[0-9]{3}"), .word("darn")])
        let tokens = ["A", " quiet", " answer", ",", " without", " end"]
        let passed = pass(tokens.map { (.text, $0) }, through: filters)
        #expect(passed.entries == tokens.map { "text \($0)" })
    }

    @Test func `text that can be no part of a match is let go at once, and the rest at the end`()
        throws
    {
        func held(_ rules: [FilterRule], _ text: String) throws -> String {
            let filter = EntryFilter(try FilterList(rules)) { _ in }
            var log = EntryLog()
            filter.take(into: &log) { $0.append(.text, text.utf8.span) }
            let count = log.bytes.count
            filter.end(.complete, into: &log)
            #expect(String(decoding: log.bytes, as: UTF8.self) == text)
            return String(decoding: log.bytes[count...], as: UTF8.self)
        }
        let secret = [FilterRule.word("secret")]
        #expect(try held(secret, "hello") == "")
        #expect(try held(secret, "hello ") == "")
        #expect(try held(secret, "a sec") == "sec")
        #expect(try held(secret, "asec") == "")
        #expect(try held(secret, "a section") == "")
        #expect(try held([.pattern("x.*y", maxMatch: 8)], "x1234567") == "x1234567")
        #expect(try held([.pattern("x.*y", maxMatch: 8)], "x12345678") == "")
        #expect(try held([.pattern("(?<=secret )word")], "a secret ") == "")
        #expect(try held([.find(.emails, .replace(""))], "Dear John") == "John")
        #expect(try held([.find(.cards, .replace(""))], "in 2024") == "2024")
        #expect(try held([.find(.cards, .replace(""))], "17 of") == "")
    }

    @Test func `a pattern that gives up ends the answer, whatever is done with a match`() throws {
        for action in [FilterRule.Action.replace(""), .block] {
            for pattern in ["(a+)+$", "(a|aa)+$", "(?:a*)*b\\z"] {
                let text = "so " + String(repeating: "a", count: 60) + "! and on"
                let passed = pass(text, through: try FilterList([.pattern(pattern, action)]))
                #expect(!passed.text().contains("!"))
                #expect(passed.reports == [.undecided(by: "filter 1 (pattern)")], "\(pattern)")
            }
        }
    }

    @Test func `what a call costs does not grow with the text`() throws {
        let filter = EntryFilter(try FilterList([.word("secret"), .pattern("[ab]+c")])) { _ in }
        var log = EntryLog()
        for _ in 0..<5000 {
            filter.take(into: &log) { $0.append(.text, "ab and some ".utf8.span) }
        }
        #expect(log.bytes.count > 50_000)
    }

    @Test func `a wrong pattern is refused with its place and PCRE2's words`() throws {
        let error = #expect(throws: FilterError.self) {
            try FilterList([.word("a"), .pattern("a(b")])
        }
        #expect(error?.rule == 1)
        #expect(error?.pattern == PatternError(offset: 3, message: "missing closing parenthesis"))
        let continued = #expect(throws: FilterError.self) { try FilterList([.pattern("a\\Gb")]) }
        #expect(continued?.pattern.offset == 1)
        #expect(throws: FilterError.self) { try FilterList([.pattern("\\C")]) }
        #expect(throws: Never.self) { try FilterList([.pattern("\\\\Go")]) }
    }
}
