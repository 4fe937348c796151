import Generations
import Testing

@testable import sse_relay

@Suite struct DotEnvTests {
    @Test(arguments: [
        ("A=b", ["A": "b"]), ("A=b\r\nC=d\r\n", ["A": "b", "C": "d"]), ("  \tA=b", ["A": "b"]),
        ("# A=b\n\n  \n\t# c \nC=d", ["C": "d"]), ("A=", ["A": ""]), ("A=b=c", ["A": "b=c"]),
        ("A=b#c", ["A": "b#c"]), ("A=#c", ["A": "#c"]), ("A=b \t c", ["A": "b \t c"]),
        ("A=b \"c\" 'd'", ["A": "b \"c\" 'd'"]), ("A=1\nA=2", ["A": "2"]),
        ("_a1=$B;`c`", ["_a1": "$B;`c`"]),
        ("A=ä\u{a0}\u{2028}", ["A": "ä\u{a0}\u{2028}"]), ("", [:]), ("\n\n", [:]),
    ])
    func `what systemd and docker read alike is read as they do`(
        text: String,
        values: [String: String]
    ) throws {
        #expect(try DotEnv.parse(text, name: ".env") == values)
    }

    @Test(
        arguments: [
            ("export A=b", DotEnvProblem.export("A")), ("export  A = b", .export("A")),
            ("A =b", .blankBeforeEquals("A")), ("A\t= b", .blankBeforeEquals("A")),
            ("A= b", .blankBeforeValue("A")), ("A=\tb", .blankBeforeValue("A")),
            ("A= ", .blankBeforeValue("A")), ("A=b ", .blankAfterValue("A")),
            ("A=b\t\r", .blankAfterValue("A")), ("A=\"b\"", .quotes("A")), ("A='b'", .quotes("A")),
            ("A=\"\"", .quotes("A")), ("A=\"b", .quotes("A")), ("A='b' c", .quotes("A")),
            ("A=\"b\" # c", .quotes("A")), ("A=b # c", .comment("A")), ("A=b\t#c", .comment("A")),
            ("A=# c", .comment("A")), ("A=#", .comment("A")), ("A=b \\", .backslash("A")),
            ("A=b\\", .backslash("A")), ("A=b\\nc", .backslash("A")), ("A=C:\\d", .backslash("A")),
            ("# c \\", .commentGoesOn), ("; c", .semicolon), (";A=b", .semicolon),
            ("A=b\u{1b}[0m", .controlCharacter), ("A=b\rC=d", .controlCharacter),
            ("# c\rA=b", .controlCharacter), ("A=\u{7f}", .controlCharacter),
            ("A=\u{0}", .controlCharacter),
            ("\u{feff}A=b", .byteOrderMark), ("\u{feff}# c", .byteOrderMark),
            ("nonsense", .noAssignment(to: nil)),
            ("1A=b", .noName), ("=b", .noName), ("A.B=c", .noName), ("A B=c", .noName),
            ("export=b c=d", nil),
        ] as [(String, DotEnvProblem?)]
    )
    func `what they read differently is refused`(line: String, problem: DotEnvProblem?) throws {
        guard let problem else {
            #expect(try !DotEnv.parse(line, name: ".env").isEmpty)
            return
        }
        let error = #expect(throws: ConfigurationError.self) {
            try DotEnv.parse("B=c\n\(line)\nD=e", name: ".env")
        }
        #expect(error?.variable == ".env line 2")
        #expect(error?.problem == problem.description)
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
        ("OPENAI_API_KEY=\"SECRET", "value of OPENAI_API_KEY begins with a quote"),
        ("OTHER='SECRET'", "value of OTHER begins with a quote"),
        ("OPENAI_API_KEY=SECRET # mine", "a part of OPENAI_API_KEY's value"),
        ("OPENAI_API_KEY= SECRET", "after OPENAI_API_KEY="), ("; SECRET", "write # in its place"),
        ("export OPENAI_API_KEY=SECRET", "begin the line with OPENAI_API_KEY="),
        ("SECRETx== # mine", "a part of NAME's value"), ("SECRETx= y", "after NAME="),
        ("export SECRETx==", "begin the line with NAME="), ("SECRETx =", "NAME has a blank"),
    ])
    func `of a line that cannot be read nothing is shown but a name, and the cure`(
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
