/// Whole numbers as bytes, the lowest byte first.
extension [UInt8] {
    /// Appends the lowest `count` bytes of a number, at most eight.
    package mutating func append(littleEndian number: UInt64, bytes count: Int) {
        for place in 0..<count {
            append(UInt8(truncatingIfNeeded: number >> UInt64(8 * place)))
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
        for place in range {
            number |= UInt64(self[place]) << UInt64(8 * (place - range.lowerBound))
        }
        return number
    }
}
