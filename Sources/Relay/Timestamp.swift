import Wire

/// Times as text: RFC 3339 in UTC with milliseconds, `2026-11-21T08:03:00.125Z`.
enum Timestamp {
    /// Appends a time.
    ///
    /// - Parameters:
    ///   - milliseconds: since 1970.
    ///   - out: what it is appended to.
    static func append(milliseconds: Int, into out: inout [UInt8]) {
        let seconds = milliseconds / 1000
        let (year, month, day) = date(daysSince1970: seconds / 86_400)
        let second = seconds % 86_400
        // One copy: two of these stand in every record.
        var text: Text = .init(repeating: UInt8(ascii: "Z"))
        put(year, digits: 4, "-", at: 0, into: &text)
        put(month, digits: 2, "-", at: 5, into: &text)
        put(day, digits: 2, "T", at: 8, into: &text)
        put(second / 3600, digits: 2, ":", at: 11, into: &text)
        put(second / 60 % 60, digits: 2, ":", at: 14, into: &text)
        put(second % 60, digits: 2, ".", at: 17, into: &text)
        put(milliseconds % 1000, digits: 3, "Z", at: 20, into: &text)
        out.append(span: text.span)
    }

    /// The civil date of a day, by counting eras of 400 years from 0000-03-01, in which leap days
    /// come last.
    private static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// Reads what `append` writes, to the second; nil where it is something else.
    static func seconds(_ text: String) -> Int? {
        let text = Array(text.utf8)
        guard text.count == 24 else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            parseDecimal(String(decoding: text[range], as: UTF8.self))
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month)
        else { return nil }
        // As in `date`, backward: years begin in March.
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear
        return (days - 719_468) * 86_400 + hour * 3600 + minute * 60 + second
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
        for place in stride(from: start + digits - 1, through: start, by: -1) {
            text[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        text[start + digits] = UInt8(ascii: mark)
    }
}
