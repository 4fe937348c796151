/// Reads the three formats of RFC 9110 §5.6.7, byte for byte as their grammar says.
///
/// The name of the day must be one, but need not be the right one: the other fields decide.
struct HTTPDateReader {
    /// A date as it was written, in range.
    struct Fields {
        var year = 0
        var month = 0
        var day = 0
        var secondOfDay = 0
    }

    /// Where the next piece is expected.
    private var position = 0
    /// What has been read so far.
    private var date = Fields()

    init() {}

    /// Reads the whole text.
    mutating func read(_ bytes: Span<UInt8>) -> Fields? {
        guard HTTPDate.hasDayName(bytes, at: 0), bytes.count > 4 else { return nil }
        position = 3
        let isRead =
            switch bytes[3] {
            case Octet.comma: readCurrentFormat(bytes)
            case Octet.space: readAsctimeFormat(bytes)
            default: readOldFormat(bytes)
            }
        guard isRead, position == bytes.count, isInRange else { return nil }
        return date
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    private mutating func readCurrentFormat(_ bytes: Span<UInt8>) -> Bool {
        skip(bytes, ", ") && readDay(bytes, digits: 2)
            && skip(bytes, " ") && readMonth(bytes)
            && skip(bytes, " ") && readYear(bytes, digits: 4)
            && skip(bytes, " ") && readTime(bytes)
            && skip(bytes, " GMT")
    }

    /// `Sunday, 06-Nov-94 08:49:37 GMT`.
    private mutating func readOldFormat(_ bytes: Span<UInt8>) -> Bool {
        let rests: [StaticString] = ["day", "sday", "nesday", "rsday", "urday"]
        for rest in rests where skip(bytes, rest) { break }
        guard skip(bytes, ", "), readDay(bytes, digits: 2),
            skip(bytes, "-"), readMonth(bytes),
            skip(bytes, "-"), readYear(bytes, digits: 2),
            skip(bytes, " "), readTime(bytes), skip(bytes, " GMT")
        else { return false }
        // RFC 9110 wants 50 years ahead of now, but there is no clock here: 1970 is the pivot.
        date.year += date.year < 70 ? 2000 : 1900
        return true
    }

    /// `Sun Nov  6 08:49:37 1994`.
    private mutating func readAsctimeFormat(_ bytes: Span<UInt8>) -> Bool {
        guard skip(bytes, " "), readMonth(bytes), skip(bytes, " ") else { return false }
        let digits = skip(bytes, " ") ? 1 : 2
        return readDay(bytes, digits: digits)
            && skip(bytes, " ") && readTime(bytes)
            && skip(bytes, " ") && readYear(bytes, digits: 4)
    }

    /// `08:49:37`; a leap second is second 60.
    private mutating func readTime(_ bytes: Span<UInt8>) -> Bool {
        guard let hour = number(bytes, digits: 2), hour < 24, skip(bytes, ":"),
            let minute = number(bytes, digits: 2), minute < 60, skip(bytes, ":"),
            let second = number(bytes, digits: 2), second <= 60
        else { return false }
        date.secondOfDay = hour * 3600 + minute * 60 + second
        return true
    }

    private mutating func readMonth(_ bytes: Span<UInt8>) -> Bool {
        guard let month = HTTPDate.month(bytes, at: position) else { return false }
        date.month = month
        position += 3
        return true
    }

    private mutating func readDay(_ bytes: Span<UInt8>, digits: Int) -> Bool {
        guard let day = number(bytes, digits: digits) else { return false }
        date.day = day
        return true
    }

    private mutating func readYear(_ bytes: Span<UInt8>, digits: Int) -> Bool {
        guard let year = number(bytes, digits: digits) else { return false }
        date.year = year
        return true
    }

    private mutating func number(_ bytes: Span<UInt8>, digits: Int) -> Int? {
        guard position + digits <= bytes.count else { return nil }
        let value = parseDecimal(bytes.extracting(position..<(position + digits)))
        position += digits
        return value
    }

    /// Moves past a literal if it is here.
    private mutating func skip(_ bytes: Span<UInt8>, _ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        let start = position
        let isHere = literal.withUTF8Buffer { expected in
            for index in 0..<count where unsafe bytes[start + index] != expected[index] {
                return false
            }
            return true
        }
        if isHere { position += count }
        return isHere
    }

    /// Whether the day exists in its month.
    private var isInRange: Bool {
        guard date.day >= 1 else { return false }
        let isLeap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0)
        let lastDay =
            switch date.month {
            case 2: isLeap ? 29 : 28
            case 4, 6, 9, 11: 30
            default: 31
            }
        return date.day <= lastDay
    }
}
