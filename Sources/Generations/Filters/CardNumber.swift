/// Finds the number of a payment card among digits (ISO/IEC 7812-1: up to 19 digits, the last of
/// which is Luhn's check digit).
enum CardNumber {
    /// Digits that may be one, with single separators between them; the issuers of cards have
    /// numbers that begin with 2 to 6.
    ///
    /// A dot separates groups of four alone: otherwise it is that of a decimal fraction, whose
    /// digits are no card's.
    static let expression =
        "(?<![0-9])(?<![0-9]\\.)[2-6](?:(?:\(separator))?[0-9]){12,18}(?![0-9])"

    private static let separator =
        #"[ \-\x{A0}\x{2007}\x{2010}\x{2011}\x{202F}]|(?<=[0-9]{4})\.(?=[0-9]{4}(?![0-9]))"#

    /// Nineteen digits with a separator of three bytes after each, and what follows.
    static let maxBytes = 19 * 4 + 8

    private static let lengths = 13...19

    /// The longest number with a right check digit among the digits that matched.
    ///
    /// A number is often followed by others, such as the date until which it is valid: it may end
    /// wherever digits stop.
    ///
    /// - Returns: where it is; nil where there is none.
    static func find(in text: [UInt8], _ match: Range<Int>) -> Range<Int>? {
        var digits: [UInt8] = []
        var found: Range<Int>?
        for index in match {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { continue }
            digits.append(digit)
            let next = index + 1
            let goesOn = next < match.upperBound && text[next] &- UInt8(ascii: "0") <= 9
            guard !goesOn, lengths.contains(digits.count), hasCheckDigit(digits) else { continue }
            found = match.lowerBound..<next
        }
        return found
    }

    private static func hasCheckDigit(_ digits: [UInt8]) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let value = place % 2 == 1 ? 2 * Int(digit) : Int(digit)
            sum += value > 9 ? value - 9 : value
        }
        return sum % 10 == 0
    }
}
