/// The few values of ASN.1 that keys and signatures are made of, in DER (X.690).
enum DER {
    /// A whole number that is not negative, from its bytes, the highest first.
    static func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let digits = bytes.drop { $0 == 0 }
        // With the highest bit set it would be negative, and without any byte it is none.
        let needsZero = digits.first.map { $0 >= 0x80 } ?? true
        return value(0x02, (needsZero ? [0] : []) + digits)
    }

    /// Values one after the other.
    static func sequence(_ values: [UInt8]...) -> [UInt8] { value(0x30, Array(values.joined())) }

    /// Whole bytes as a string of bits.
    static func bitString(_ bytes: [UInt8]) -> [UInt8] { value(0x03, [0] + bytes) }

    /// The name of something, already encoded.
    static func name(_ bytes: [UInt8]) -> [UInt8] { value(0x06, bytes) }

    private static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        [tag] + length(content.count) + content
    }

    private static func length(_ count: Int) -> [UInt8] {
        guard count >= 0x80 else { return [UInt8(count)] }
        var bytes: [UInt8] = []
        var rest = count
        while rest > 0 {
            bytes.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        }
        return [0x80 | UInt8(bytes.count)] + bytes
    }
}
