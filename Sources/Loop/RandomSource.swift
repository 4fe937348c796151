import Glibc

/// Where random numbers come from: the kernel, or a seed that makes a run repeatable.
package protocol RandomSource: Sendable {
    /// Fills a buffer of at most 256 bytes with random bytes.
    func fill(_ bytes: UnsafeMutableRawBufferPointer)
}

extension RandomSource {
    /// The next 64 bits.
    package func next() -> UInt64 {
        var word: UInt64 = 0
        withUnsafeMutableBytes(of: &word) { fill($0) }
        return word
    }

    /// A number from 0 on and below 1, evenly spread.
    package func fraction() -> Double {
        // As many bits as a Double has room for.
        Double(next() >> 11) / Double(1 << 53)
    }
}

/// The kernel's random numbers, which nobody can foretell.
package struct KernelRandom: RandomSource {
    /// Names the kernel; nothing is read yet.
    package init() {}

    package func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        // Fails only for more than 256 bytes (getentropy(3)).
        let code = getentropy(bytes.baseAddress, bytes.count)
        precondition(code == 0, "the kernel has no random numbers")
    }
}
