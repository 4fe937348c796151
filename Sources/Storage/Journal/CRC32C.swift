/// CRC-32C (Castagnoli's polynomial, RFC 3720 §12.1): tells a whole frame from a torn one.
///
/// One table of 1 KiB and not eight: a token's frame has some hundred bytes, and larger tables would
/// cost more in cache misses than they save.
struct CRC32C {
    private static let table: InlineArray<256, UInt32> = {
        var table = InlineArray<256, UInt32>(repeating: 0)
        for index in table.indices {
            var remainder = UInt32(index)
            for _ in 0..<8 {
                remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1
            }
            table[index] = remainder
        }
        return table
    }()

    private var remainder: UInt32 = .max

    /// The checksum of everything so far.
    var value: UInt32 { ~remainder }

    /// Takes more bytes.
    mutating func update(_ bytes: Span<UInt8>) {
        var remainder = remainder
        for index in bytes.indices {
            let place = Int(UInt8(truncatingIfNeeded: remainder) ^ bytes[index])
            remainder = remainder >> 8 ^ Self.table[place]
        }
        self.remainder = remainder
    }
}
