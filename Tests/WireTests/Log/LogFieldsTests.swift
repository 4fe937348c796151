import Testing
import Wire

@Suite struct LogFieldsTests {
    private func shown(_ fields: LogFields) -> [String] {
        var shown: [String] = []
        fields.forEach { name, kind, value in
            var bytes: [UInt8] = []
            bytes.append(span: name)
            bytes.append(literal: kind == .text ? ":" : "#")
            bytes.append(span: value)
            shown.append(String(decoding: bytes, as: UTF8.self))
        }
        return shown
    }

    @Test func `fields come back in the order in which they were added`() {
        var fields = LogFields("id", "A b=\"c\"")
        #expect(!fields.isEmpty)
        fields.add("empty", "")
        fields.add("count", 12)
        fields.add("less", -3)
        fields.add("rate", tenths: 125)
        fields.add("slow", tenths: 3)
        var others = LogFields()
        #expect(others.isEmpty && shown(others).isEmpty)
        others.add("more", "é\n")
        fields.add(others)
        #expect(
            shown(fields) == [
                "id:A b=\"c\"", "empty:", "count#12", "less#-3", "rate#12.5", "slow#0.3",
                "more:é\n",
            ]
        )
    }

    @Test func `no value can get out of its place`() {
        var fields = LogFields("one", "a\u{1f}two\u{1d}b\u{1e}3\u{1f}")
        fields.add("last", "c")
        #expect(shown(fields) == ["one:a?two?b?3?", "last:c"])
    }
}
