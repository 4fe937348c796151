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
        append(year, digits: 4, into: &out)
        out.append(UInt8(ascii: "-"))
        append(month, digits: 2, into: &out)
        out.append(UInt8(ascii: "-"))
        append(day, digits: 2, into: &out)
        out.append(UInt8(ascii: "T"))
        append(second / 3600, digits: 2, into: &out)
        out.append(UInt8(ascii: ":"))
        append(second / 60 % 60, digits: 2, into: &out)
        out.append(UInt8(ascii: ":"))
        append(second % 60, digits: 2, into: &out)
        out.append(UInt8(ascii: "."))
        append(milliseconds % 1000, digits: 3, into: &out)
        out.append(UInt8(ascii: "Z"))
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

    private static func append(_ number: Int, digits: Int, into out: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            out.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}
