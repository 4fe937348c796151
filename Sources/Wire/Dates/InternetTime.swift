/// Reads times as people and programs write them into files: RFC 3339.
package enum InternetTime {
    /// Reads a date, which means its beginning in UTC, or a time with its offset.
    ///
    /// The Gregorian calendar's rules hold, a second of 60 is none, and fractions are cut off.
    ///
    /// - Returns: seconds since 1970; nil for anything else.
    package static func seconds(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        // No time is longer, with nine digits of a fraction.
        guard bytes.count <= 35 else { return nil }
        var reader = InternetTimeReader(bytes: bytes)
        return reader.read()
    }
}

private struct InternetTimeReader {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func read() -> Int? {
        guard let year = number(digits: 4), skip("-"), let month = number(digits: 2), skip("-"),
            let day = number(digits: 2)
        else { return nil }
        guard let days = Self.days(year, month, day) else { return nil }
        guard position < bytes.count else { return days * 86_400 }
        guard skip("T") || skip("t"), let second = secondOfDay(), let offset = offset(),
            position == bytes.count
        else { return nil }
        return days * 86_400 + second - offset
    }

    /// The days since 1970 of a day that there is.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int? {
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        // The 30th of February is a day of March.
        let date = CivilDate(daysSince1970: days)
        return date.month == month && date.day == day ? days : nil
    }

    private mutating func secondOfDay() -> Int? {
        guard let hour = number(digits: 2), hour < 24, skip(":"),
            let minute = number(digits: 2), minute < 60, skip(":"),
            let second = number(digits: 2), second < 60
        else { return nil }
        if skip(".") {
            let start = position
            while number(digits: 1) != nil {}
            guard position > start else { return nil }
        }
        return hour * 3600 + minute * 60 + second
    }

    /// The seconds by which the time is ahead of UTC.
    private mutating func offset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let isAhead = skip("+")
        guard isAhead || skip("-"), let hour = number(digits: 2), hour < 24, skip(":"),
            let minute = number(digits: 2), minute < 60
        else { return nil }
        return (isAhead ? 1 : -1) * (hour * 3600 + minute * 60)
    }

    private mutating func number(digits: Int) -> Int? {
        guard position + digits <= bytes.count else { return nil }
        let piece = Array(bytes[position..<position + digits])
        guard let number = parseDecimal(piece.span) else { return nil }
        position += digits
        return number
    }

    private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }
}
