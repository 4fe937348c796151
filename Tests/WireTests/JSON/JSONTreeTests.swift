import TestSupport
import Testing
import Wire

@Suite struct JSONTreeTests {
    @Test func `what was read is written with the same numbers and the same order`() throws {
        let text =
            #"{"z":[1.10,-0,1E+2,123456789012345678901234567890],"a":{"é":"\u001f\"\\/😀"},"t":[true,false,null,{},[]]}"#
        #expect(written(try parse(text)) == text)
    }

    @Test func `values are found by type and by name`() throws {
        let tree = try parse(
            #"{"s":"x","i":-5,"d":2.5,"b":true,"n":null,"a":[1,2],"o":{"k":"v"},"big":1e300}"#
        )
        #expect(tree["s"]?.stringValue == "x")
        #expect(tree["i"]?.intValue == -5)
        #expect(tree["i"]?.doubleValue == -5)
        #expect(tree["d"]?.doubleValue == 2.5)
        #expect(tree["d"]?.intValue == nil)
        #expect(tree["big"]?.intValue == nil)
        #expect(tree["b"]?.boolValue == true)
        #expect(tree["n"] == .null)
        #expect(tree["a"]?.arrayValue == [.number("1"), .number("2")])
        #expect(tree["o"]?["k"]?.stringValue == "v")
        #expect(tree["o"]?.members == [.init(key: "k", value: .string("v"))])
        #expect(tree["missing"] == nil)
        #expect(tree["s"]?["k"] == nil)
        #expect(tree["s"]?.intValue == nil)
        #expect(tree["i"]?.stringValue == nil)
    }

    @Test func `a number that no double holds has no double value`() {
        #expect(JSON.number("1e999").doubleValue == nil)
        #expect(JSON.number("nonsense").doubleValue == nil)
    }

    @Test func `composed and decomposed letters are not the same`() throws {
        let tree = try parse("{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(tree["e\u{301}"]?.intValue == 2)
        #expect(JSON.string("\u{E9}") != .string("e\u{301}"))
        #expect(JSON.Member(key: "\u{E9}", value: .null) != .init(key: "e\u{301}", value: .null))
    }

    @Test func `every control byte, quote and backslash is escaped and nothing else`() throws {
        for scalar in UInt8.min..<0x80 {
            let text = String(Unicode.Scalar(scalar))
            var output: [UInt8] = []
            JSONText.appendString(text, into: &output)
            let needsEscape = scalar < 0x20 || text == "\"" || text == "\\"
            #expect((output.count > 3) == needsEscape)
            #expect(try JSON.parse(output.span) == .string(text))
        }
    }

    @Test func `an empty text is a string, and only a missing one is null`() throws {
        for (text, written) in [("", #""""#), ("null", #""null""#), (nil, "null")] {
            var output: [UInt8] = []
            JSONText.appendStringOrNull(text, into: &output)
            #expect(String(decoding: output, as: UTF8.self) == written)
        }
    }

    @Test func `text is escaped the same at each place in a long run`() throws {
        for place in 0..<20 {
            let text = String(repeating: "é", count: place) + "\"\u{1}\u{2028}" + "0123456789ab\n"
            var output: [UInt8] = []
            JSONText.appendEscaped(text, into: &output)
            let escaped = String(decoding: output, as: UTF8.self)
            let left = String(repeating: "é", count: place)
            #expect(escaped == left + "\\\"\\u0001\u{2028}0123456789ab\\n")
            #expect(try parse("\"\(escaped)\"") == .string(text))
        }
    }

    @Test func `bytes that are not text are written as replacement characters`() throws {
        var random = SeededGenerator(seed: 3629)
        for sample in JSONConformanceTests.bytesToRefuse {
            let bytes = random.mutate(sample)
            var output: [UInt8] = []
            JSONText.appendString(bytes.span, into: &output)
            #expect(throws: Never.self) { _ = try JSON.parse(output.span) }
        }
        var output: [UInt8] = []
        let bytes: [UInt8] = [0x61, 0xFF, 0xE2, 0x82]
        JSONText.appendEscaped(bytes.span, into: &output)
        #expect(String(decoding: output, as: UTF8.self) == "a\u{FFFD}\u{FFFD}\u{FFFD}")
    }

    private func parse(_ text: String) throws -> JSON {
        let bytes = Array(text.utf8)
        return try JSON.parse(bytes.span)
    }

    private func written(_ tree: JSON) -> String {
        var output: [UInt8] = []
        tree.write(into: &output)
        return String(decoding: output, as: UTF8.self)
    }
}
