import Glibc

/// Memory whose last byte is followed by a page that cannot be read.
///
/// A decoder that reads one byte too far dies here instead of finding whatever is after the sample.
/// `Span` checks its bounds; this checks code that bypasses it.
final class GuardedBuffer {
    /// The mapping: readable pages, then one that is not.
    private let base: UnsafeMutableRawPointer
    /// How many bytes can be placed at most.
    let capacity: Int
    /// The size of the whole mapping.
    private let mappedBytes: Int

    init(capacity: Int = 4096) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let readable = max(1, (capacity + page - 1) / page) * page
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        guard let base = mmap(nil, readable + page, PROT_READ | PROT_WRITE, flags, -1, 0),
            base != MAP_FAILED,
            mprotect(base + readable, page, PROT_NONE) == 0
        else { fatalError("no memory for a guarded buffer, errno \(errno)") }
        self.base = base
        self.capacity = readable
        mappedBytes = readable + page
    }

    deinit {
        munmap(base, mappedBytes)
    }

    /// Copies the sample to the end of the readable memory and lends it.
    func withBytes<Outcome, Failure: Error>(
        _ bytes: [UInt8],
        _ body: (Span<UInt8>) throws(Failure) -> Outcome
    ) throws(Failure) -> Outcome {
        precondition(bytes.count <= capacity, "the sample does not fit")
        let start = base + (capacity - bytes.count)
        start.copyMemory(from: bytes, byteCount: bytes.count)
        let memory = UnsafeRawBufferPointer(start: start, count: bytes.count)
        return try body(memory.bindMemory(to: UInt8.self).span)
    }

    /// Lends one sample from a buffer made for it alone.
    static func withBytes<Outcome, Failure: Error>(
        _ bytes: [UInt8],
        _ body: (Span<UInt8>) throws(Failure) -> Outcome
    ) throws(Failure) -> Outcome {
        try GuardedBuffer(capacity: bytes.count).withBytes(bytes, body)
    }
}
