import Testing
import Wire

@Suite struct JSONReaderTests {
    @Test func `an object is read member by member in its own order`() throws {
        let bytes = Array(
            #" {"id":"chat\u002d1", "n" : -12, "ok":true, "no":false, "x":null, "d":1.5, "a":[1,"two",[3]]} "#
                .utf8
        )
        let text = bytes.span
        var reader = JSONReader()
        var found: [String] = []
        #expect(try reader.peek(text) == .object)
        try reader.enterObject(text)
        while let key = try reader.nextKey(text) {
            var value: [UInt8] = []
            if matches(text, key, "id") {
                try reader.readString(text, into: &value)
                found.append("id=" + String(decoding: value, as: UTF8.self))
            } else if matches(text, key, "n") || matches(text, key, "d") {
                found.append("number=\(try reader.readInt(text).map(String.init) ?? "nil")")
            } else if matches(text, key, "ok") || matches(text, key, "no") {
                found.append("bool=\(reader.readBool(text).map(String.init) ?? "nil")")
            } else if matches(text, key, "x") {
                found.append("null=\(reader.skipNull(text))")
            } else {
                try reader.enterArray(text)
                var count = 0
                while try reader.nextElement(text) {
                    count += 1
                    try reader.skip(text)
                }
                found.append("elements=\(count)")
            }
        }
        try reader.finish(text)
        #expect(
            found == [
                "id=chat-1", "number=-12", "bool=true", "bool=false", "null=true", "number=nil",
                "elements=3",
            ]
        )
        #expect(reader.position == bytes.count)
    }

    @Test func `a name is compared without its escapes`() throws {
        let bytes = Array(#"{"\u0069d":1,"\\id":2,"i":3,"\u00e9":4,"":5}"#.utf8)
        let text = bytes.span
        var reader = JSONReader()
        try reader.enterObject(text)
        var answers: [Bool] = []
        while let key = try reader.nextKey(text) {
            answers += [matches(text, key, "id"), matches(text, key, "i"), matches(text, key, "é")]
            answers.append(matches(text, key, ""))
            try reader.skip(text)
        }
        let expected = """
            true false false false \
            false false false false \
            false true false false \
            false false true false \
            false false false true
            """
        #expect(answers.map(String.init).joined(separator: " ") == expected)
    }

    @Test func `asking for a bool or null consumes nothing else`() throws {
        let bytes = Array(#"[ tru, nul, "true"]"#.utf8)
        let text = bytes.span
        var reader = JSONReader()
        try reader.enterArray(text)
        #expect(try reader.nextElement(text))
        let position = reader.position
        #expect(reader.readBool(text) == nil)
        let isNull = reader.skipNull(text)
        #expect(!isNull)
        #expect(reader.position == position)
        #expect(throws: JSONError.unexpectedByte(offset: 5, expected: .value)) {
            try reader.skip(text)
        }
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("7", 7), ("-9223372036854775807", -Int.max),
        ("9223372036854775807", Int.max), ("9223372036854775808", nil), ("1.0", nil), ("1e2", nil),
        ("99999999999999999999", nil), ("\"5\"", nil), ("[5]", nil), ("null", nil), ("true", nil),
    ])
    func `an integer is read only where one is written`(_ text: String, _ value: Int?) throws {
        let bytes = Array(text.utf8)
        var reader = JSONReader()
        #expect(try reader.readInt(bytes.span) == value)
        try reader.finish(bytes.span)
    }

    @Test func `a string is appended after what is already there`() throws {
        let bytes = Array(#""\ud83d\ude00 \"x\"\/\b\f\n\r\t\u0000 ü €""#.utf8)
        var reader = JSONReader()
        var text = Array("> ".utf8)
        try reader.readString(bytes.span, into: &text)
        #expect(text == Array("> 😀 \"x\"/\u{8}\u{C}\n\r\t\u{0} ü €".utf8))
    }

    @Test func `each place where a run may end is found at each alignment`() throws {
        let ends = ["\\n", "\u{E9}", "\u{20AC}", "\u{1F600}", "\\\"", "\u{7F}", "\\\\", ""]
        let meanings = ["\n", "\u{E9}", "\u{20AC}", "\u{1F600}", "\"", "\u{7F}", "\\", ""]
        let guarded = GuardedBuffer()
        for (end, meaning) in zip(ends, meanings) {
            for before in 0..<20 {
                for after in 0..<10 {
                    let left = String(repeating: "a", count: before)
                    let right = String(repeating: "b", count: after)
                    let bytes = Array("\"\(left)\(end)\(right)\"".utf8)
                    var reader = JSONReader()
                    var text: [UInt8] = []
                    try guarded.withBytes(bytes) { span throws(JSONError) in
                        try reader.readString(span, into: &text)
                    }
                    #expect(text == Array((left + meaning + right).utf8))
                }
            }
        }
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd(offset: 0)),
            ("{\"a\":1", .unexpectedEnd(offset: 6)),
            ("[1,]", .unexpectedByte(offset: 3, expected: .value)),
            ("{\"a\":1,}", .unexpectedByte(offset: 7, expected: .key)),
            ("{\"a\" 1}", .unexpectedByte(offset: 5, expected: .colon)),
            ("{\"a\":1 2}", .unexpectedByte(offset: 7, expected: .commaOrBrace)),
            ("[1 2]", .unexpectedByte(offset: 3, expected: .commaOrBracket)),
            ("[-x]", .unexpectedByte(offset: 2, expected: .digit)),
            ("\"\\x\"", .unexpectedByte(offset: 2, expected: .escape)),
            ("\"\\u00x0\"", .unexpectedByte(offset: 5, expected: .hexDigit)),
            ("\"a\nb\"", .unexpectedByte(offset: 2, expected: .escapedControl)),
            ("\"a\\ud800\"", .loneSurrogate(offset: 2)),
            ("\"a\\udc00\"", .loneSurrogate(offset: 2)),
            ("{\"a\":1, \"a\":2}", .duplicateKey(name: "a", offset: 8)),
            ("[1e400]", .numberOutOfRange(offset: 1)),
            ("1 2", .trailingBytes(offset: 2)),
        ] as [(String, JSONError)]
    )
    func `an error says what is wrong and where`(_ text: String, _ error: JSONError) {
        let bytes = Array(text.utf8)
        #expect(throws: error) { _ = try JSON.parse(bytes.span) }
        #expect(error.description.contains("byte \(error.offset)"))
    }

    @Test func `depth counts what is open and not what was closed`() throws {
        let bytes = Array("[[],[[]],[[[]]]]".utf8)
        #expect(throws: JSONError.tooDeep(offset: 11)) {
            _ = try JSON.parse(bytes.span, limits: JSONLimits(maxDepth: 3))
        }
        #expect(throws: Never.self) {
            _ = try JSON.parse(bytes.span, limits: JSONLimits(maxDepth: 4))
        }
    }
}
