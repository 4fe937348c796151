import TestSupport

/// Samples that are damaged and cut, the same in each run.
extension SeededGenerator {
    /// Damages a sample in one to four places.
    ///
    /// - Parameters:
    ///   - sample: The bytes to start from.
    ///   - pieces: Byte strings that mean something to the decoder under test.
    /// - Returns: the damaged sample.
    mutating func mutate(_ sample: [UInt8], inserting pieces: [[UInt8]] = []) -> [UInt8] {
        var bytes = sample
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            damage(&bytes, inserting: pieces)
        }
        return bytes
    }

    /// Cuts a sample into pieces of random size.
    mutating func cut(_ sample: [UInt8], maxPieceBytes: Int = 24) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var start = 0
        while start < sample.count {
            let end = min(sample.count, start + Int.random(in: 1...maxPieceBytes, using: &self))
            pieces.append(Array(sample[start..<end]))
            start = end
        }
        return pieces
    }

    /// Changes one place.
    private mutating func damage(_ bytes: inout [UInt8], inserting pieces: [[UInt8]]) {
        let place = Int.random(in: 0...bytes.count, using: &self)
        let end = min(bytes.count, place + Int.random(in: 1...8, using: &self))
        switch Int.random(in: 0..<6, using: &self) {
        case 0 where place < bytes.count:
            bytes[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &self)
        case 1 where place < bytes.count:
            bytes[place] = .random(in: .min ... .max, using: &self)
        case 2:
            bytes.removeSubrange(place..<end)
        case 3:
            bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
        case 4:
            bytes.removeSubrange(place...)
        default:
            let noise = [UInt8.random(in: .min ... .max, using: &self)]
            bytes.insert(contentsOf: pieces.randomElement(using: &self) ?? noise, at: place)
        }
    }
}
