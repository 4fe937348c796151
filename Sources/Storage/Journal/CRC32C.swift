import CLinux

/// CRC-32C (Castagnoli's polynomial, RFC 3720 §12.1): tells a whole frame from a torn one.
struct CRC32C {
    /// Where the processor has no instruction for it: one table of 1 KiB, since larger ones would
    /// cost a short frame more in cache misses than they save.
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

    private static let isInHardware = linux_has_crc32c() != 0

    private var remainder: UInt32 = .max
    private let usesHardware: Bool

    /// Begins a checksum.
    ///
    /// - Parameter usesHardware: for tests, which take both ways.
    init(usesHardware: Bool = true) {
        self.usesHardware = usesHardware && Self.isInHardware
    }

    /// The checksum of everything so far.
    var value: UInt32 { ~remainder }

    /// Takes more bytes.
    @inline(__always)
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if usesHardware {
            remainder = linux_crc32c(remainder, bytes.baseAddress, bytes.count)
        } else {
            updateByTable(bytes)
        }
    }

    private mutating func updateByTable(_ bytes: UnsafeRawBufferPointer) {
        var remainder = remainder
        for byte in bytes {
            let place = Int(UInt8(truncatingIfNeeded: remainder) ^ byte)
            remainder = remainder >> 8 ^ Self.table[place]
        }
        self.remainder = remainder
    }
}
