/// Compares entity tags (RFC 9110 §8.8.3).
package enum EntityTag {
    /// How two tags are compared (RFC 9110 §8.8.3.2).
    package enum Comparison {
        /// A `W/` on either side is ignored; for `If-None-Match` (§13.1.2).
        case weak
        /// A tag with `W/` equals no other; for `If-Match` (§13.1.1).
        case strong
    }

    /// Looks for a tag in the list of `If-Match` or `If-None-Match`.
    ///
    /// - Parameters:
    ///   - etag: The current tag, with its quotes.
    ///   - list: The field's value: "*" or a list of tags. Reading stops at anything else.
    ///   - comparison: How tags are compared.
    /// - Returns: whether the list names the tag.
    package static func isListed(
        _ etag: String,
        in list: String,
        _ comparison: Comparison
    ) -> Bool {
        let list = list.utf8.span
        let current = etag.utf8.span
        if list.count == 1, list[0] == UInt8(ascii: "*") { return true }
        guard let wanted = opaqueTag(current, from: 0), wanted.upperBound == current.count else {
            return false
        }
        var position = 0
        while position < list.count {
            if Octet.isBlank(list[position]) || list[position] == Octet.comma {
                position += 1
                continue
            }
            guard let tag = opaqueTag(list, from: position) else { return false }
            let isWeak = list[position] != Octet.quote || current[0] != Octet.quote
            if comparison == .weak || !isWeak,
                isSame(list.extracting(tag), current.extracting(wanted))
            {
                return true
            }
            position = tag.upperBound
        }
        return false
    }

    /// The quoted part of the tag at a position; its quotes may enclose commas.
    private static func opaqueTag(_ bytes: Span<UInt8>, from position: Int) -> Range<Int>? {
        var start = position
        if start + 1 < bytes.count, bytes[start] == UInt8(ascii: "W"),
            bytes[start + 1] == UInt8(ascii: "/")
        {
            start += 2
        }
        guard start < bytes.count, bytes[start] == Octet.quote else { return nil }
        var end = start + 1
        while end < bytes.count, bytes[end] != Octet.quote { end += 1 }
        return end < bytes.count ? start..<(end + 1) : nil
    }

    /// Compares byte for byte.
    private static func isSame(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }
}
