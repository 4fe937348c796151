/// The frame under way: all that one turn of a loop adds to its journal, written whole or not at all.
///
/// On disk: the payload's length in four bytes, the CRC-32C of all but itself in four, the time in
/// eight, all little-endian, then the payload, which is items. With the length in the sum no run of
/// zeros, as a loss of power leaves them, is a frame.
package struct JournalFrame: ~Copyable {
    /// Length, checksum and time.
    static let headerBytes = 16
    /// A frame that claims to be longer is torn: a turn never writes as much.
    static let maxPayloadBytes = 256 << 20

    /// The header's place, then items.
    private(set) var bytes: [UInt8] = .init(repeating: 0, count: headerBytes)

    /// Makes a frame without items.
    package init() {}

    /// Whether nothing was added.
    package var isEmpty: Bool { bytes.count == Self.headerBytes }

    /// Adds the beginning of a generation.
    package mutating func begin(number: UInt64, head: Span<UInt8>) {
        bytes.append(JournalTag.begin)
        append(varint: number)
        append(varint: UInt64(head.count))
        append(head)
    }

    /// Adds an entry.
    package mutating func entry(
        number: UInt64,
        sequence: Int,
        kind: UInt8,
        payload: Span<UInt8>
    ) {
        bytes.append(JournalTag.entry)
        append(varint: number)
        append(varint: UInt64(sequence))
        bytes.append(kind)
        append(varint: UInt64(payload.count))
        append(payload)
    }

    /// Adds the end of all interest in a generation.
    package mutating func retire(number: UInt64) {
        bytes.append(JournalTag.retire)
        append(varint: number)
    }

    /// Fills the header in; the bytes are then as they stand on disk.
    ///
    /// - Parameter milliseconds: when it is written, since 1970.
    mutating func seal(milliseconds: Int) {
        put(UInt64(bytes.count - Self.headerBytes), at: 0..<4)
        put(UInt64(max(0, milliseconds)), at: 8..<16)
        put(UInt64(Self.checksum(of: bytes.span)), at: 4..<8)
    }

    /// The checksum of a frame that these bytes are, whatever stands in its place.
    static func checksum(of frame: Span<UInt8>) -> UInt32 {
        var sum = CRC32C()
        sum.update(frame.extracting(0..<4))
        sum.update(frame.extracting(8..<frame.count))
        return sum.value
    }

    /// Begins the next frame in the same memory.
    mutating func clear(keeping capacity: Int) {
        if bytes.capacity > capacity {
            bytes = .init(repeating: 0, count: Self.headerBytes)
        } else {
            bytes.removeSubrange(Self.headerBytes...)
        }
    }

    private mutating func append(_ span: Span<UInt8>) {
        // A pointer, since an array takes a span only byte by byte.
        span.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    private mutating func put(_ value: UInt64, at range: Range<Int>) {
        for place in range {
            let shift = UInt64(8 * (place - range.lowerBound))
            bytes[place] = UInt8(truncatingIfNeeded: value >> shift)
        }
    }

    /// Seven bits a byte, the lowest first, the top bit set on all but the last (LEB128).
    private mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
