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
}
