import Loop

/// Random numbers that a seed repeats.
///
/// `@unchecked`: a world runs on one thread.
final class SeededRandom: RandomSource, @unchecked Sendable {
    private let chance: Chance

    /// Draws from a chance that nothing else draws from.
    init(_ chance: Chance) { self.chance = chance }

    func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        var word: UInt64 = 0
        for place in bytes.indices {
            if place % 8 == 0 { word = chance.next() }
            bytes[place] = UInt8(truncatingIfNeeded: word)
            word >>= 8
        }
    }
}
