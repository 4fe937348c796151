/// Times as text: RFC 3339 in UTC with milliseconds, `2026-11-21T08:03:00.125Z`.
package enum Timestamp {
    /// How many bytes each has, so that as text they are in the order of time.
    package static let count = 24

    /// Appends a time.
    ///
    /// - Parameters:
    ///   - milliseconds: since 1970.
    ///   - out: what it is appended to.
    package static func append(milliseconds: Int, into out: inout [UInt8]) {
        let seconds = milliseconds / 1000
        let date = CivilDate(daysSince1970: seconds / 86_400)
        let second = seconds % 86_400
        // One copy: every record has two of these.
        var text: Text = .init(repeating: UInt8(ascii: "Z"))
        put(date.year, digits: 4, "-", at: 0, into: &text)
        put(date.month, digits: 2, "-", at: 5, into: &text)
        put(date.day, digits: 2, "T", at: 8, into: &text)
        put(second / 3600, digits: 2, ":", at: 11, into: &text)
        put(second / 60 % 60, digits: 2, ":", at: 14, into: &text)
        put(second % 60, digits: 2, ".", at: 17, into: &text)
        put(milliseconds % 1000, digits: 3, "Z", at: 20, into: &text)
        out.append(span: text.span)
    }

    /// Reads what `append` writes, to the second; nil for anything else.
    package static func seconds(_ text: String) -> Int? {
        milliseconds(Array(text.utf8)).map { $0 / 1000 }
    }

    /// A year has four digits: a time of this one has no later one that is written alike.
    private static let maxYear = 9999

    /// Reads what `append` writes, in milliseconds since 1970; nil for anything else.
    package static func milliseconds(_ text: [UInt8]) -> Int? {
        guard text.count == count else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            parseDecimal(text.span.extracting(range))
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let rest = number(20..<23), year < maxYear, (1...12).contains(month)
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        return (days * 86_400 + hour * 3600 + minute * 60 + second) * 1000 + rest
    }

    private typealias Text = InlineArray<24, UInt8>

    @inline(__always)
    private static func put(
        _ number: Int,
        digits: Int,
        _ mark: Unicode.Scalar,
        at start: Int,
        into text: inout Text
    ) {
        var rest = UInt32(truncatingIfNeeded: number)
        for index in stride(from: start + digits - 1, through: start, by: -1) {
            text[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        text[start + digits] = UInt8(ascii: mark)
    }
}
