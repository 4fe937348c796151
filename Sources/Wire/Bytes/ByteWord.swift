/// Eight bytes examined together, so that long runs of uninteresting bytes cost an eighth.
///
/// In a set of flags, the top bit of each byte says whether that byte matches. Only the lowest
/// flag can be trusted: a subtraction may borrow from the bytes above a match.
struct ByteWord {
    /// How many bytes one word holds.
    static let width = 8

    private static let lowBits: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// The eight bytes, the first one lowest.
    private let bits: UInt64

    /// Reads the bytes `offset ..< offset + 8`, which must exist.
    @inline(__always)
    init(_ bytes: Span<UInt8>, at offset: Int) {
        // The load checks its bounds; only the type is "unsafe", and any bits make a UInt64.
        bits = UInt64(
            littleEndian: unsafe bytes.bytes.unsafeLoadUnaligned(
                fromByteOffset: offset,
                as: UInt64.self
            )
        )
    }

    /// Flags bytes equal to `byte`.
    @inline(__always)
    func flags(equalTo byte: UInt8) -> UInt64 {
        let zeroWhereEqual = bits ^ (UInt64(byte) &* Self.lowBits)
        return (zeroWhereEqual &- Self.lowBits) & ~zeroWhereEqual & Self.highBits
    }

    /// Flags bytes below `byte`, which is at most 0x80.
    @inline(__always)
    func flags(below byte: UInt8) -> UInt64 {
        (bits &- (UInt64(byte) &* Self.lowBits)) & ~bits & Self.highBits
    }

    /// Flags bytes that are not ASCII.
    @inline(__always)
    var flagsNotASCII: UInt64 { bits & Self.highBits }

    /// How many bytes come before the first flagged one.
    @inline(__always)
    static func distance(toFirstOf flags: UInt64) -> Int { flags.trailingZeroBitCount / 8 }
}
