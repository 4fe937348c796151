import Testing

@testable import Wire

@Suite struct HeaderFieldsTests {
    private let fields: HeaderFields = [
        "Accept": "a, B ,,c", "ACCEPT": "d", "Cookie": "x", "X-\u{212A}": "kelvin",
    ]

    @Test func `names are found without regard to case`() {
        #expect(fields.first("accept") == "a, B ,,c")
        #expect(fields.all("aCCept") == ["a, B ,,c", "d"])
        #expect(fields.first("cookie") == "x")
        #expect(fields.first("x-k") == nil)
        #expect(fields.first("cooki") == nil)
        #expect(fields.all("none").isEmpty)
    }

    @Test func `a field can take the place of all others of its name`() {
        var fields: HeaderFields = ["X-Id": "1", "Other": "2", "x-id": "3"]
        fields.set("X-ID", "4")
        #expect(fields.all("x-id") == ["4"])
        #expect(fields.all("other") == ["2"])
    }

    @Test func `lists of several lines are joined, in small letters`() {
        #expect(fields.tokens("accept") == ["a", "b", "c", "d"])
    }

    @Test func `no field can write a line of the response`() {
        var fields: HeaderFields = [:]
        fields.append("X\r\nY: z", "a\r\nSet-Cookie: b\0\u{1B}\tc é")
        #expect(fields.fields[0].name == "X__Y__z")
        #expect(fields.fields[0].value == "a  Set-Cookie: b  \tc é")
    }

    @Test func `a response head is written in order`() {
        var bytes: [UInt8] = []
        let fields: HeaderFields = ["Content-Type": "text/plain", "X": ""]
        appendResponseHead(.notFound, minorVersion: 1, fields: fields, into: &bytes)
        let expected = "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nX: \r\n\r\n"
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test func `the sets of bytes are those of the grammar`() {
        let alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        let token = Set("!#$%&'*+-.^_`|~\(alphanumeric)".utf8)
        let unreserved = Set("-._~\(alphanumeric)".utf8)
        let name = Set("!$&'()*+;=-._~\(alphanumeric)".utf8)
        for byte in UInt8.min ... .max {
            #expect(ByteSet.token.contains(byte) == token.contains(byte))
            #expect(ByteSet.unreserved.contains(byte) == unreserved.contains(byte))
            #expect(ByteSet.registeredName.contains(byte) == name.contains(byte))
            let isTarget = (0x21...0x7E).contains(byte) && byte != 0x23 && byte != 0x5C
            #expect(ByteSet.target.contains(byte) == isTarget)
        }
    }
}
