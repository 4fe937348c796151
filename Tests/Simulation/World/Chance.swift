/// Draws all that chance decides in a world, from one seed: SplitMix64.
///
/// Each part of a world has a chance of its own, so that to leave one part out changes no other.
final class Chance {
    private var state: UInt64

    /// Begins with a seed.
    init(seed: UInt64) { state = seed }

    /// A chance for a part of a world, which draws apart from all others.
    ///
    /// - Parameters:
    ///   - seed: the world's.
    ///   - part: the part's name.
    convenience init(seed: UInt64, part: String) {
        // FNV-1a: Swift's own hashes differ between runs.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        self.init(seed: seed ^ hash)
        _ = next()
    }

    /// The next 64 bits.
    func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to one below the bound, which is above 0.
    func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// A number of a range that is not empty.
    func within(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.upperBound - range.lowerBound + 1)
    }

    /// Whether something happens that happens once in so many times.
    func happens(oneIn count: Int) -> Bool { below(count) == 0 }

    /// One of several; there is at least one.
    func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// All of them, in any order.
    func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var shuffled = elements
        for place in elements.indices.reversed() { shuffled.swapAt(place, below(place + 1)) }
        return shuffled
    }
}
