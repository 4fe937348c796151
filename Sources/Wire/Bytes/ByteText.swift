/// Text as bytes, without `String` in between; every protocol's writer appends with these.
extension [UInt8] {
    /// Appends the UTF-8 of a literal with one copy.
    @inlinable
    package mutating func append(literal: StaticString) {
        literal.withUTF8Buffer { unsafe append(contentsOf: $0) }
    }

    /// Appends the UTF-8 of a string with one copy if its storage is contiguous.
    package mutating func append(text: String) {
        append(contentsOf: text.utf8)
    }

    /// Appends the bytes of a span with one copy.
    package mutating func append(span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    /// Appends a number in decimal, with a minus sign if it is below zero.
    package mutating func append(decimal number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        var digits: InlineArray<20, UInt8> = .init(repeating: 0)
        var start = digits.count
        repeat {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        append(span: digits.span.extracting(start...))
    }

    /// Appends a number in lower-case hexadecimal without leading zeros.
    package mutating func append(hexadecimal number: UInt) {
        var shift = Swift.max(0, (UInt.bitWidth - number.leadingZeroBitCount + 3) / 4 * 4 - 4)
        while true {
            let digit = UInt8(truncatingIfNeeded: (number >> UInt(shift)) & 0xF)
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            guard shift > 0 else { return }
            shift -= 4
        }
    }
}

/// Reads a number that consists of decimal digits alone.
///
/// `Int("+5")` is 5 and `Int("-0")` is 0, so the standard library would let a signed length
/// through (RFC 9110 §8.6 allows digits only).
///
/// - Returns: `nil` for an empty input, for anything but digits, and on overflow.
package func parseDecimal(_ bytes: Span<UInt8>) -> Int? {
    guard !bytes.isEmpty else { return nil }
    var value = 0
    for index in bytes.indices {
        let digit = bytes[index] &- UInt8(ascii: "0")
        guard digit <= 9 else { return nil }
        let (shifted, carried) = value.multipliedReportingOverflow(by: 10)
        let (sum, overflowed) = shifted.addingReportingOverflow(Int(digit))
        guard !carried, !overflowed else { return nil }
        value = sum
    }
    return value
}

/// Reads a number that consists of decimal digits alone from a string.
///
/// - Returns: `nil` for an empty input, for anything but digits, and on overflow.
package func parseDecimal(_ text: String) -> Int? {
    let bytes = Array(text.utf8)
    return parseDecimal(bytes.span)
}
