/// Reads the `Cookie` header (RFC 6265 §4.2).
package enum Cookies {
    /// The value of the first cookie of this name, without the quotes around it.
    package static func value(of name: String, in fields: HeaderFields) -> String? {
        let wanted = Array(name.utf8)
        for header in fields.all("cookie") {
            let bytes = header.utf8.span
            var position = 0
            while let pair = nextElement(bytes, separator: Octet.semicolon, from: &position) {
                guard let middle = pair.first(where: { bytes[$0] == Octet.equals }) else {
                    continue
                }
                let found = trimmingBlanks(bytes, pair.lowerBound..<middle)
                guard found.count == wanted.count, found.map({ bytes[$0] }) == wanted else {
                    continue
                }
                return unquoted(bytes, trimmingBlanks(bytes, (middle + 1)..<pair.upperBound))
            }
        }
        return nil
    }

    /// The text in a range, without a pair of quotes around it.
    private static func unquoted(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        let isQuoted =
            range.count >= 2 && bytes[range.lowerBound] == Octet.quote
            && bytes[range.upperBound - 1] == Octet.quote
        guard isQuoted else { return string(bytes.extracting(range)) }
        return string(bytes.extracting((range.lowerBound + 1)..<(range.upperBound - 1)))
    }
}
