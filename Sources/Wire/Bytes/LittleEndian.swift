/// Whole numbers as bytes, the lowest byte first.
extension [UInt8] {
    /// Appends the lowest `count` bytes of a number, at most eight.
    package mutating func append(littleEndian number: UInt64, bytes count: Int) {
        for index in 0..<count {
            append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index)))
        }
    }
}

extension Span where Element == UInt8 {
    /// The number that these bytes hold, at most eight of them.
    ///
    /// Inlined: a search for frames in a damaged file reads a number at every byte.
    @inlinable
    package func littleEndian(at range: Range<Int>) -> UInt64 {
        var number: UInt64 = 0
        for index in range {
            number |= UInt64(self[index]) << UInt64(8 * (index - range.lowerBound))
        }
        return number
    }
}
