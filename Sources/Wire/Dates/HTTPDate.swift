/// Dates in header fields (RFC 9110 §5.6.7).
///
/// This is pure arithmetic: libc's functions take a lock and read the time zone.
package enum HTTPDate {
    /// The seconds whose year has four digits.
    private static let writable = -62_167_219_200...253_402_300_799
    private static let secondsPerDay = 86_400
    /// Three letters each, Monday first.
    private static let dayNames: StaticString = "MonTueWedThuFriSatSun"
    /// Three letters each.
    private static let monthNames: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

    /// Appends a date as `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///
    /// - Parameters:
    ///   - unixSeconds: Seconds since 1970; clamped to the years 0 to 9999.
    ///   - bytes: Where to append.
    package static func append(_ unixSeconds: Int, into bytes: inout [UInt8]) {
        let seconds = min(max(unixSeconds, writable.lowerBound), writable.upperBound)
        let days = floorDivide(seconds, secondsPerDay)
        let time = seconds - days * secondsPerDay
        let date = CivilDate(daysSince1970: days)
        // The first of January 1970 was a Thursday, which is 3 where Monday is 0.
        let weekday = days + 3 - floorDivide(days + 3, 7) * 7
        appendName(dayNames, weekday, into: &bytes)
        bytes.append(literal: ", ")
        appendTwoDigits(date.day, into: &bytes)
        bytes.append(Octet.space)
        appendName(monthNames, date.month - 1, into: &bytes)
        bytes.append(Octet.space)
        appendTwoDigits(date.year / 100, into: &bytes)
        appendTwoDigits(date.year % 100, into: &bytes)
        bytes.append(Octet.space)
        appendTwoDigits(time / 3600, into: &bytes)
        bytes.append(Octet.colon)
        appendTwoDigits(time / 60 % 60, into: &bytes)
        bytes.append(Octet.colon)
        appendTwoDigits(time % 60, into: &bytes)
        bytes.append(literal: " GMT")
    }

    /// Reads a date in any of the three formats that a server must accept.
    ///
    /// - Returns: seconds since 1970, or `nil` for anything else.
    package static func parse(_ text: String) -> Int? {
        var reader = HTTPDateReader()
        let bytes = text.utf8.span
        guard let date = reader.read(bytes) else { return nil }
        let day = CivilDate(year: date.year, month: date.month, day: date.day)
        return day.daysSince1970 * secondsPerDay + date.secondOfDay
    }

    /// The month, from 1, whose name is at a position.
    static func month(_ bytes: Span<UInt8>, at position: Int) -> Int? {
        index(of: bytes, at: position, in: monthNames).map { $0 + 1 }
    }

    /// Whether the short name of a day is at a position.
    static func hasDayName(_ bytes: Span<UInt8>, at position: Int) -> Bool {
        index(of: bytes, at: position, in: dayNames) != nil
    }

    private static func appendTwoDigits(_ value: Int, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10))
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    }

    private static func appendName(_ names: StaticString, _ index: Int, into bytes: inout [UInt8]) {
        names.withUTF8Buffer { letters in
            for offset in 0..<3 { unsafe bytes.append(letters[index * 3 + offset]) }
        }
    }

    /// Which of the three-letter names is at a position.
    private static func index(
        of bytes: Span<UInt8>,
        at position: Int,
        in names: StaticString
    ) -> Int? {
        guard position + 3 <= bytes.count else { return nil }
        return names.withUTF8Buffer { letters in
            for start in stride(from: 0, to: letters.count, by: 3)
            where unsafe letters[start] == bytes[position]
                && letters[start + 1] == bytes[position + 1]
                && letters[start + 2] == bytes[position + 2]
            {
                return start / 3
            }
            return nil
        }
    }
}
