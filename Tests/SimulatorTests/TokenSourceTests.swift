import Testing

@testable import Simulator

struct TokenSourceTests {
    private func tokens(_ source: TokenSource) -> [String?] {
        var source = source
        var tokens: [String?] = []
        while let range = source.next() {
            // Validated: a token that cuts a character gives none.
            tokens.append(String(validating: source.text[range], as: UTF8.self))
        }
        return tokens
    }

    @Test
    func `the text comes as word-like tokens`() {
        let text = Array("Don't say “so”,  OK?\n\n```sh\nantidisestablishment".utf8)
        let expected = [
            "Don't", " say", " “so”", ",", "  ", "OK", "?", "\n\n", "```", "sh", "\n",
            "antidisestab", "lishment",
        ]
        #expect(tokens(TokenSource(text, limit: .max)) == expected)
        #expect(TokenSource.count(text.span) == expected.count)
    }

    @Test(arguments: [Answer.text, Answer.reasoning, Array("日本語のテキストはここで長い👩‍👩‍👧‍👦🚂🚂🚂🚂".utf8)])
    func `no token cuts a character and together they are the text`(text: [UInt8]) {
        let all = tokens(TokenSource(text, limit: .max))
        #expect(!all.contains(nil))
        #expect(all.compactMap(\.self).joined() == String(decoding: text, as: UTF8.self))
    }

    @Test
    func `a text is repeated or cut to the length asked for`() {
        let text = Array("one two".utf8)
        #expect(
            tokens(TokenSource(repeating: text, count: 7))
                == ["one", " two", "\n\n", "one", " two", "\n\n", "one"]
        )
        #expect(tokens(TokenSource(repeating: text, count: 1)) == ["one"])
        #expect(tokens(TokenSource(repeating: text, count: 0)) == [])
        #expect(tokens(TokenSource(text, limit: 1)) == ["one"])
        #expect(tokens(TokenSource(repeating: [], count: 5)) == [])
        #expect(tokens(TokenSource([], limit: .max)) == [])
    }

    @Test
    func `the answer is worth reading`() {
        let text = String(decoding: Answer.text, as: UTF8.self)
        for word in ["curl -N", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "simulator", "[DONE]"] {
            #expect(text.contains(word))
        }
        let bytes = Answer.text
        let count = TokenSource.count(bytes.span)
        #expect((150...600).contains(count))
    }
}
