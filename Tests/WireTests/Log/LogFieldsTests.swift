import Testing
import Wire

@Suite struct LogFieldsTests {
    private func shown(_ fields: LogFields) -> [String] {
        var shown: [String] = []
        fields.forEach { field, value, kind in
            var bytes: [UInt8] = []
            bytes.append(span: field.extracting(1..<value - 1))
            bytes.append(literal: kind == .number ? "#" : kind == .word ? "!" : ":")
            bytes.append(span: field.extracting(value...))
            #expect(field[0] == UInt8(ascii: " ") && field[value - 1] == UInt8(ascii: "="))
            shown.append(String(decoding: bytes, as: UTF8.self))
        }
        return shown
    }

    @Test func `fields come back in the order in which they were added`() {
        var fields = LogFields("id", "A b=\"c\"")
        #expect(!fields.isEmpty)
        fields.add("empty", "")
        fields.add("count", 12)
        fields.add("word", word: "complete")
        fields.add("less", -3)
        fields.add("rate", tenths: 125)
        fields.add("slow", tenths: 3)
        var others = LogFields()
        #expect(others.isEmpty && shown(others).isEmpty)
        others.add("more", "é\n")
        fields.add(others)
        #expect(
            shown(fields) == [
                "id:A b=\"c\"", "empty:", "count#12", "word!complete", "less#-3", "rate#12.5",
                "slow#0.3",
                "more:é\n",
            ]
        )
    }

    @Test func `no value can get out of its place`() {
        var fields = LogFields("one", "a\u{0}two\u{1}b\u{1f}3")
        fields.add("long", String(repeating: "é", count: 40_000))
        fields.add("raw", .text) { $0.append(literal: "as it is") }
        fields.add("last", "c")
        let all = shown(fields)
        #expect(all.count == 4 && all[0] == "one:a\u{0}two\u{1}b\u{1f}3")
        #expect(all[1].hasPrefix("long:éé") && all[1].utf8.count <= 16_400)
        #expect(all[2...] == ["raw:as it is", "last:c"])
    }
}
