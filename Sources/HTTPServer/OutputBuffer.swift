import Wire

/// The bytes on their way to one client, framed as the response wants it.
///
/// What a turn writes is collected and becomes one chunk and one `send`, however many tokens it
/// holds. The chunk's size is known only then, so ten bytes are left free before the content and
/// the size is written backwards into them: nothing is copied.
struct OutputBuffer {
    /// Room for eight hexadecimal digits and CRLF.
    private static let reserve = 10
    /// Buffers above this are given back once they are empty.
    ///
    /// In bytes.
    private static let keptCapacity = 16 * 1024

    /// Framed bytes; those before `offset` are sent.
    private(set) var unsent: [UInt8] = []
    private(set) var offset = 0
    /// This turn's content, not framed yet, behind the reserve when chunked.
    private var fresh: [UInt8] = []
    /// Whether content goes out in chunks (RFC 9112 §7.1).
    var isChunked = false

    /// Bytes not taken by the kernel yet.
    var count: Int { unsent.count - offset + fresh.count }

    var isEmpty: Bool { offset == unsent.count && fresh.isEmpty }

    /// Appends bytes that need no framing: heads, whole responses.
    mutating func appendRaw(_ body: (inout [UInt8]) -> Void) {
        seal()
        body(&unsent)
    }

    /// Appends content of the current response.
    mutating func appendContent(_ body: (inout [UInt8]) -> Void) {
        guard isChunked else { return body(&fresh) }
        if fresh.isEmpty {
            for _ in 0..<Self.reserve { fresh.append(0) }
        }
        body(&fresh)
        // An empty chunk would end the body.
        if fresh.count == Self.reserve { fresh.removeAll(keepingCapacity: true) }
    }

    /// Ends the content of the current response.
    mutating func endContent() {
        seal()
        guard isChunked else { return }
        unsent.append(literal: "0\r\n\r\n")
        isChunked = false
    }

    /// Frames what the turn wrote.
    mutating func seal() {
        guard !fresh.isEmpty else { return }
        let start = isChunked ? writeChunkFrame() : 0
        if offset == unsent.count {
            unsent.removeAll(keepingCapacity: true)
            swap(&unsent, &fresh)
            offset = start
        } else {
            unsent.append(contentsOf: fresh[start...])
            fresh.removeAll(keepingCapacity: true)
        }
    }

    /// Notes that the kernel took bytes.
    mutating func took(_ count: Int) {
        offset += count
        guard offset == unsent.count else { return dropSent() }
        offset = 0
        unsent.removeAll(keepingCapacity: unsent.capacity <= Self.keptCapacity)
        if fresh.isEmpty, fresh.capacity > Self.keptCapacity { fresh = [] }
    }

    /// Drops what is sent, once it is the larger part: a reader that is always a little behind
    /// would else be sent from a buffer as long as the whole stream.
    private mutating func dropSent() {
        guard offset >= Self.keptCapacity, offset > unsent.count / 2 else { return }
        unsent.removeFirst(offset)
        offset = 0
    }

    /// Gives all memory back: the connection waits for a request, maybe for long.
    mutating func releaseMemory() {
        guard isEmpty else { return }
        unsent = []
        fresh = []
        offset = 0
    }

    /// - Returns: where the frame starts in `fresh`.
    private mutating func writeChunkFrame() -> Int {
        var size = fresh.count - Self.reserve
        var start = Self.reserve - 2
        fresh[start] = UInt8(ascii: "\r")
        fresh[start + 1] = UInt8(ascii: "\n")
        repeat {
            start -= 1
            let digit = UInt8(truncatingIfNeeded: size & 0xF)
            fresh[start] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            size >>= 4
        } while size > 0
        fresh.append(UInt8(ascii: "\r"))
        fresh.append(UInt8(ascii: "\n"))
        return start
    }
}
