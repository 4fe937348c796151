/// The frame under way: all that one turn of a loop adds to its journal, written whole or not at
/// all.
///
/// On disk: the payload's length in four bytes, the CRC-32C of all but itself in four, the time in
/// eight, all little-endian, then the payload, which is items. With the length in the sum no run of
/// zeros, as a loss of power leaves them, is a frame.
///
/// It owns its memory itself: an array checks at every byte whether it is shared and has room, and
/// an entry's header is six bytes. Every write comes after `reserve`, which alone knows the room.
package struct JournalFrame: ~Copyable {
    /// Length, checksum and time.
    static let headerBytes = 16
    /// A number of 64 bits, seven bits a byte.
    private static let maxVarintBytes = 10
    private static let firstCapacity = 4096

    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    /// How many bytes it has.
    package private(set) var count = headerBytes

    /// Makes a frame without items.
    package init() {
        capacity = Self.firstCapacity
        memory = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { memory.deallocate() }

    /// Whether nothing was added.
    package var isEmpty: Bool { count == Self.headerBytes }

    /// The frame's bytes.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    /// Adds the beginning of a generation.
    package mutating func begin(number: UInt64, head: Span<UInt8>) {
        reserve(1 + 2 * Self.maxVarintBytes + head.count)
        put(JournalTag.begin)
        put(varint: number)
        put(varint: UInt64(head.count))
        put(head)
    }

    /// Adds an entry.
    package mutating func entry(
        number: UInt64,
        sequence: Int,
        kind: UInt8,
        payload: Span<UInt8>
    ) {
        reserve(2 + 3 * Self.maxVarintBytes + payload.count)
        put(JournalTag.entry)
        put(varint: number)
        put(varint: UInt64(sequence))
        put(kind)
        put(varint: UInt64(payload.count))
        put(payload)
    }

    /// Adds that a generation is not needed any more.
    package mutating func retire(number: UInt64) {
        reserve(1 + Self.maxVarintBytes)
        put(JournalTag.retire)
        put(varint: number)
    }

    /// What was added since it had `start` bytes: one generation's items, with these entries.
    package func part(from start: Int, entries: Range<Int>) -> FramePart {
        precondition(start <= count, "a part begins in its frame")
        var sum = CRC32C()
        sum.update(UnsafeRawBufferPointer(start: memory + start, count: count - start))
        return FramePart(entries: entries, range: start..<count, checksum: sum.value)
    }

    /// Fills the header in; the bytes are then as they are on the disk.
    ///
    /// - Parameter milliseconds: when it is written, since 1970.
    mutating func seal(milliseconds: Int) {
        // A frame ends after `Journal.segmentBytes`, so what is above is the last item: 4 GiB are
        // out of reach.
        let length = UInt32(count - Self.headerBytes)
        memory.storeBytes(of: length.littleEndian, as: UInt32.self)
        memory.storeBytes(of: Int64(milliseconds).littleEndian, toByteOffset: 8, as: Int64.self)
        let sum = Self.checksum(of: bytes)
        memory.storeBytes(of: sum.littleEndian, toByteOffset: 4, as: UInt32.self)
    }

    /// The checksum of a frame that these bytes are, whatever is in its place.
    static func checksum(of frame: UnsafeRawBufferPointer) -> UInt32 {
        var sum = CRC32C()
        sum.update(UnsafeRawBufferPointer(rebasing: frame[..<4]))
        sum.update(UnsafeRawBufferPointer(rebasing: frame[8...]))
        return sum.value
    }

    /// Begins the next frame, in the same memory where that is not more than `kept` bytes.
    mutating func clear(keeping kept: Int) {
        count = Self.headerBytes
        guard capacity > kept else { return }
        memory.deallocate()
        capacity = Self.firstCapacity
        memory = .allocate(byteCount: capacity, alignment: 16)
    }

    private mutating func reserve(_ room: Int) {
        guard count + room > capacity else { return }
        let larger = max(2 * capacity, count + room)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: memory, byteCount: count)
        memory.deallocate()
        memory = moved
        capacity = larger
    }

    @inline(__always)
    private mutating func put(_ byte: UInt8) {
        memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Seven bits a byte, the lowest first, the top bit set on all but the last (LEB128).
    @inline(__always)
    private mutating func put(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            put(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        put(UInt8(truncatingIfNeeded: rest))
    }

    private mutating func put(_ span: Span<UInt8>) {
        span.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            (memory + count).copyMemory(from: start, byteCount: bytes.count)
        }
        count += span.count
    }
}
