/// Copies bytes into a string; bytes that are not UTF-8 become U+FFFD.
///
/// Up to 15 bytes fit into the value itself, without an allocation.
func string(_ bytes: Span<UInt8>) -> String {
    unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
}

/// Compares bytes with a literal in small letters, ASCII capitals folded.
package func equalsIgnoringCase(_ bytes: Span<UInt8>, _ literal: StaticString) -> Bool {
    guard bytes.count == literal.utf8CodeUnitCount else { return false }
    return literal.withUTF8Buffer { expected in
        for index in bytes.indices
        where unsafe Octet.lowercased(bytes[index]) != expected[index] {
            return false
        }
        return true
    }
}

/// Compares two texts, ASCII capitals folded and everything else as it is.
///
/// Field names are ASCII; Unicode's own folding would make the Kelvin sign equal to "k".
func equalsIgnoringCase(_ left: String, _ right: String) -> Bool {
    guard left.utf8.count == right.utf8.count else { return false }
    let left = left.utf8.span
    let right = right.utf8.span
    for index in left.indices
    where Octet.lowercased(left[index]) != Octet.lowercased(right[index]) {
        return false
    }
    return true
}

/// A range without the blanks at both ends (RFC 9110 §5.6.3).
func trimmingBlanks(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, Octet.isBlank(bytes[start]) { start += 1 }
    while end > start, Octet.isBlank(bytes[end - 1]) { end -= 1 }
    return start..<end
}

/// The next element of a list, up to a separator or the end, without the blanks around it.
///
/// `position` moves past the separator, or past the end after the last element.
///
/// - Returns: `nil` when the list is used up.
func nextElement(
    _ bytes: Span<UInt8>,
    separator: UInt8,
    from position: inout Int
) -> Range<Int>? {
    guard position <= bytes.count else { return nil }
    let start = position
    var end = start
    while end < bytes.count, bytes[end] != separator { end += 1 }
    position = end + 1
    return trimmingBlanks(bytes, start..<end)
}
