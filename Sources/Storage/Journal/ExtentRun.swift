/// Neighbouring extents of one generation in one segment of its journal, which are checked as one.
struct ExtentRun: Sendable {
    /// Extents that are no farther apart are read with one call: to copy what is between them takes
    /// less time than another call.
    private static let nearBytes = 1024
    /// What is read with one call at most, unless one extent is larger.
    private static let pieceBytes = 256 << 10

    /// One piece of a run.
    struct Extent {
        let offset: Int
        let count: Int
        let milliseconds: Int

        var end: Int { offset + count }
    }

    /// The number of its first entry.
    let first: Int
    let segment: ReadableSegment
    /// Where its first extent begins.
    let start: Int
    /// When that was written.
    private let milliseconds: Int
    /// For each extent three numbers: some five bytes for a token.
    ///
    /// How far after the one before it begins, its length, and how much later it was written.
    private var places = PackedNumbers()
    private var lastEnd: Int
    private var lastMilliseconds: Int
    /// The lengths of all extents.
    private(set) var bytes = 0
    /// Of the checksums of all extents.
    private var checksum: UInt32 = 0

    /// An empty one.
    ///
    /// - Parameters:
    ///   - first: the number of the entry that comes first.
    ///   - start: where its items begin.
    ///   - frame: the frame that has them.
    init(first: Int, start: Int, in frame: FramePlace) {
        self.first = first
        self.start = start
        segment = frame.segment
        milliseconds = frame.milliseconds
        lastEnd = start
        lastMilliseconds = frame.milliseconds
    }

    /// Adds what the frame written last has, after all others.
    mutating func add(_ part: FramePart, at offset: Int, _ milliseconds: Int) {
        places.append(UInt(offset - lastEnd))
        places.append(UInt(part.range.count))
        // Clocks may be set back.
        places.append(UInt(max(0, milliseconds - lastMilliseconds)))
        lastEnd = offset + part.range.count
        lastMilliseconds = max(lastMilliseconds, milliseconds)
        bytes += part.range.count
        checksum = Self.mix(checksum, part.checksum)
    }

    /// So that none of them can change, nor two change places, without a trace.
    private static func mix(_ sum: UInt32, _ next: UInt32) -> UInt32 {
        (sum << 1 | sum >> 31) ^ next
    }

    /// The extents, in their order.
    var extents: [Extent] {
        var extents: [Extent] = []
        var end = start
        var time = milliseconds
        var numbers = places.makeIterator()
        while let gap = numbers.next(), let length = numbers.next(), let later = numbers.next() {
            let offset = end + Int(gap)
            let count = Int(length)
            time += Int(later)
            extents.append(Extent(offset: offset, count: count, milliseconds: time))
            end = offset + count
        }
        return extents
    }

    /// Reads the run's own bytes, and what is between those that are near.
    ///
    /// - Returns: the bytes of all extents, one after the other.
    func read(
        _ extents: [Extent],
        _ bytesRead: inout Int
    ) throws(StorageError) -> [UInt8] {
        var own: [UInt8] = []
        own.reserveCapacity(bytes)
        var piece: [UInt8] = []
        var sum: UInt32 = 0
        var first = 0
        while first < extents.count {
            let start = extents[first].offset
            var last = first
            while last + 1 < extents.count,
                extents[last + 1].offset - extents[last].end <= Self.nearBytes,
                extents[last + 1].end - start <= Self.pieceBytes
            { last += 1 }
            let count = extents[last].end - start
            if piece.count != count { piece = [UInt8](repeating: 0, count: count) }
            let got = try segment.file.read(into: &piece, from: 0, at: start)
            bytesRead += got
            guard got == count else {
                throw .damaged(path: segment.file.path, offset: start + got)
            }
            for extent in extents[first...last] {
                let range = extent.offset - start..<extent.end - start
                own += piece[range]
                let next = piece.span.extracting(range).withUnsafeBytes { bytes in
                    var sum = CRC32C()
                    sum.update(bytes)
                    return sum.value
                }
                sum = Self.mix(sum, next)
            }
            first = last + 1
        }
        guard sum == checksum else { throw .damaged(path: segment.file.path, offset: start) }
        return own
    }
}
