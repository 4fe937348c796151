import Loop

/// Random numbers, fetched many at a time: one system call serves sixteen ids.
struct RandomWords {
    private let source: any RandomSource
    private var words: InlineArray<32, UInt64> = .init(repeating: 0)
    private var left = 0

    init(from source: any RandomSource = KernelRandom()) { self.source = source }

    /// The next 64 bits, which are never given out again.
    mutating func next() -> UInt64 {
        if left == 0 { refill() }
        left -= 1
        // What was given out is kept nowhere.
        defer { words[left] = 0 }
        return words[left]
    }

    private mutating func refill() {
        let source = source
        // These are exactly as many bytes as a source gives at once.
        withUnsafeMutableBytes(of: &words) { source.fill($0) }
        left = words.count
    }
}
