/// Checks `Host` and the authority of a target in absolute form.
enum Authority {
    /// The largest port number.
    private static let maxPort = 65_535

    /// Whether the bytes are a host with an optional port (RFC 9110 §7.2).
    ///
    /// User information is refused, as RFC 9110 §4.2.4 asks. So is an empty host: it names nothing,
    /// and parsers disagree about it.
    static func isValid(_ bytes: Span<UInt8>) -> Bool {
        guard let hostEnd = endOfHost(bytes), hostEnd > 0 else { return false }
        guard hostEnd < bytes.count else { return true }
        guard bytes[hostEnd] == Octet.colon else { return false }
        // RFC 3986 §3.2.3 allows a colon without digits.
        guard hostEnd + 1 < bytes.count else { return true }
        guard let port = parseDecimal(bytes.extracting((hostEnd + 1)..<bytes.count)) else {
            return false
        }
        return port <= maxPort
    }

    /// Where the host ends and the port begins; `nil` if a byte is not allowed.
    private static func endOfHost(_ bytes: Span<UInt8>) -> Int? {
        guard !bytes.isEmpty else { return nil }
        if bytes[0] == UInt8(ascii: "[") { return endOfAddress(bytes) }
        var index = 0
        while index < bytes.count, bytes[index] != Octet.colon {
            if bytes[index] == Octet.percent {
                guard index + 2 < bytes.count,
                    Octet.hexadecimalValue(bytes[index + 1]) != nil,
                    Octet.hexadecimalValue(bytes[index + 2]) != nil
                else { return nil }
                index += 3
            } else {
                guard ByteSet.registeredName.contains(bytes[index]) else { return nil }
                index += 1
            }
        }
        return index
    }

    /// Where an IPv6 address in brackets ends.
    ///
    /// Only its alphabet is checked: the text is compared with names, never used to connect.
    private static func endOfAddress(_ bytes: Span<UInt8>) -> Int? {
        var index = 1
        var colonCount = 0
        while index < bytes.count, bytes[index] != UInt8(ascii: "]") {
            let byte = bytes[index]
            if byte == Octet.colon {
                colonCount += 1
            } else if byte != UInt8(ascii: "."), Octet.hexadecimalValue(byte) == nil {
                return nil
            }
            index += 1
        }
        guard index < bytes.count, colonCount >= 2 else { return nil }
        return index + 1
    }
}
