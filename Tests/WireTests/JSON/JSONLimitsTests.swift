import Testing
import Wire

@Suite struct JSONLimitsTests {
    private static let marks = String(repeating: "\u{301}", count: CombiningMarks.maxRun + 1)
    private static let escaped = String(repeating: #"\u0301"#, count: CombiningMarks.maxRun + 1)

    private static func parse(_ text: String, _ limits: JSONLimits) throws(JSONError) -> JSON {
        let bytes = Array(text.utf8)
        return try JSON.parse(bytes.span, limits: limits)
    }

    @Test(arguments: [marks, escaped])
    func `a client's names and strings have no long run of marks`(run: String) throws {
        for (text, offset) in [
            (#"["a\#(run)"]"#, 1), (#"{"n":{"a\#(run)":1}}"#, 6), (#""\#(run)""#, 0),
        ] {
            #expect(
                throws: JSONError.tooManyMarks(limit: CombiningMarks.maxRun, offset: offset)
            ) { _ = try Self.parse(text, .stranger) }
            #expect(throws: Never.self) { _ = try Self.parse(text, JSONLimits()) }
        }
    }

    @Test func `all values are counted, including inner ones and those of members`() throws {
        let limits = JSONLimits(maxValues: 6)
        _ = try Self.parse(#"{"a":[1,"2"],"b":{"c":null}}"#, limits)
        #expect(throws: JSONError.tooManyValues(limit: 6, offset: 32)) {
            _ = try Self.parse(#"{"a":[1,"2"],"b":{"c":null},"d":[]}"#, limits)
        }
    }

    @Test func `a client's text of many values is refused before it is a tree`() throws {
        let limit = JSONLimits.stranger.maxValues
        let elements = String(repeating: "0,", count: limit - 2) + "0"
        _ = try Self.parse("[\(elements)]", .stranger)
        #expect(throws: JSONError.tooManyValues(limit: limit, offset: 2 * limit - 1)) {
            _ = try Self.parse("[\(elements),0]", .stranger)
        }
    }

    @Test func `a long name is not repeated in its error`() throws {
        func description(_ name: String) throws -> String? {
            do throws(JSONError) {
                _ = try Self.parse(#"{"\#(name)":1,"\#(name)":2}"#, JSONLimits())
                return nil
            } catch {
                return error.description
            }
        }
        #expect(try description("id") == #"the member "id" comes twice, at byte 8"#)
        let long = String(repeating: "x", count: 1000)
        #expect(try description(long) == "the member comes twice, at byte 1006")
    }
}
