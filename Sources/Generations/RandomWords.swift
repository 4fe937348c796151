import Glibc

/// Random numbers from the kernel, fetched many at a time: one system call serves sixteen ids.
struct RandomWords {
    private var words: InlineArray<32, UInt64> = .init(repeating: 0)
    private var left = 0

    /// The next 64 bits, which are never given out again.
    mutating func next() -> UInt64 {
        if left == 0 { refill() }
        left -= 1
        // What was given out is kept nowhere.
        defer { words[left] = 0 }
        return words[left]
    }

    private mutating func refill() {
        withUnsafeMutableBytes(of: &words) { bytes in
            // Fails only for more than 256 bytes (getentropy(3)), which this is exactly.
            let code = getentropy(bytes.baseAddress, bytes.count)
            precondition(code == 0, "the kernel has no random numbers")
        }
        left = words.count
    }
}
