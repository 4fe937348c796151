/// A set of ASCII bytes, one bit each: membership costs a shift and no table look-up.
struct ByteSet {
    /// Members from 0 to 63.
    private let low: UInt64
    /// Members from 64 to 127.
    private let high: UInt64

    private init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// What names of methods and fields consist of (RFC 9110 §5.6.2, tchar).
    static let token = ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
    /// What never needs percent-encoding (RFC 3986 §2.3).
    static let unreserved = ByteSet(low: 0x03FF_6000_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
    /// What a registered name in an authority consists of, except for "%" (RFC 3986 §3.2.2).
    ///
    /// The comma is left out: two `Host` lines that a proxy joined must not pass as one name.
    static let registeredName = ByteSet(low: 0x2BFF_6FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
    /// What a request target may hold: visible ASCII without "#" and the backslash.
    ///
    /// Brackets, braces and bars violate RFC 3986, but browsers send them unencoded in queries.
    static let target = ByteSet(low: 0xFFFF_FFF6_0000_0000, high: 0x7FFF_FFFF_EFFF_FFFF)

    /// Whether a byte is a member; bytes from 128 on never are.
    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let bits = byte < 64 ? low : high
        return byte < 128 && (bits >> UInt64(byte & 63)) & 1 == 1
    }
}

/// The bytes that have a name in HTTP's grammar.
package enum Octet {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let percent: UInt8 = 0x25
    static let comma: UInt8 = 0x2C
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let equals: UInt8 = 0x3D
    static let backslash: UInt8 = 0x5C
    static let delete: UInt8 = 0x7F

    /// Whether a byte is a blank (RFC 9110 §5.6.3).
    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == space || byte == tab
    }

    /// Whether a byte is a control character; the tab is one.
    @inline(__always)
    static func isControl(_ byte: UInt8) -> Bool {
        byte < space || byte == delete
    }

    /// Folds an ASCII capital to its small letter.
    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }

    /// Reads one hexadecimal digit.
    ///
    /// - Returns: `nil` for any other byte.
    @inline(__always)
    package static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
        let digit = byte &- UInt8(ascii: "0")
        if digit < 10 { return digit }
        let letter = (byte | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : nil
    }
}
