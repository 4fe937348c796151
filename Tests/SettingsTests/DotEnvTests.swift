import Generations
import Testing

@testable import sse_relay

@Suite struct DotEnvTests {
    @Test(arguments: [
        ("A=b", ["A": "b"]),
        ("A=b\r\nC=d\r\n", ["A": "b", "C": "d"]),
        ("  A = b  ", [:]),
        ("export A=b", ["A": "b"]),
        ("# A=b\n\nC=d", ["C": "d"]),
        ("A=", ["A": ""]),
        ("A=\"b # c\" # d", ["A": "b # c"]),
        ("A='b \"c\"'", ["A": "b \"c\""]),
        ("A=b#c", ["A": "b#c"]),
        ("A=b # c", ["A": "b"]),
        ("A=b=c", ["A": "b=c"]),
        ("A=1\nA=2", ["A": "2"]),
    ])
    func `a file of variables is read as shells and other tools read it`(
        text: String,
        values: [String: String]
    ) throws {
        guard !values.isEmpty else {
            #expect(throws: ConfigurationError.self) { try DotEnv.parse(text, name: ".env") }
            return
        }
        #expect(try DotEnv.parse(text, name: ".env") == values)
    }

    @Test(arguments: [
        ("A=b\nnonsense", ".env line 2"),
        ("1A=b", ".env line 1"),
        ("=b", ".env line 1"),
        ("A=\"b", ".env line 1"),
    ])
    func `a line that cannot be read is named by its number`(text: String, place: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try DotEnv.parse(text, name: ".env")
        }
        #expect(error?.variable == place)
    }

    @Test(arguments: [
        ("OPENAI_API_KEY SECRET", "no = after OPENAI_API_KEY"),
        ("OPENAI_API_KEY: SECRET", "no = after OPENAI_API_KEY"),
        ("export OPENAI_API_KEY SECRET", "no = after OPENAI_API_KEY"),
        ("OPENAI_API_KEY = SECRET", "OPENAI_API_KEY has a blank before its ="),
        ("SECRET", "there is no ="), ("SECRET more", "there is no ="),
        ("Authorization: SECRET", "there is no ="), ("1SECRET=x", "is no name"),
        ("Bearer SECRET==", "is no name"), ("=SECRET", "is no name"),
        ("https://me:SECRET@host?a=b", "is no name"),
        ("OPENAI_API_KEY=\"SECRET", "value of OPENAI_API_KEY is not closed"),
        ("OTHER='SECRET", "value of OTHER is not closed"),
    ])
    func `of a line that cannot be read nothing is shown but a name`(
        line: String,
        words: String
    ) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try DotEnv.parse("A=b\n\(line)\n", name: ".env")
        }
        let said = try #require(error?.description)
        #expect(said.hasPrefix(".env line 2: "))
        #expect(said.contains(words))
        #expect(!said.contains("SECRET"))
    }
}
