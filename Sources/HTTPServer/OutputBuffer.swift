import Wire

/// The bytes on their way to one client, framed as the response wants it.
///
/// What a turn writes is collected and becomes one chunk and one `send`, however many tokens it
/// holds. The chunk's size is known only then, so ten bytes are left free before the content and
/// the size is written backwards into them: nothing is copied.
struct OutputBuffer {
    /// Room for eight hexadecimal digits and CRLF.
    private static let reserve = 10
    /// How many spare buffers are kept, and how large each may be, in bytes.
    private static let spares = (count: 16, capacity: 96 * 1024)
    /// Sent bytes beyond this are dropped while others still wait.
    private static let maxSent = 16 * 1024

    /// Framed bytes, then this turn's content, after the reserve where it is chunked; those before
    /// `offset` are sent.
    private var bytes: [UInt8] = []
    private var offset = 0
    /// Where this turn's content begins, or nil where there is none that is not framed.
    private var content: Int?
    /// Whether content goes out in chunks (RFC 9112 §7.1).
    var isChunked = false

    /// Bytes not taken by the kernel yet.
    var count: Int { bytes.count - offset }

    var isEmpty: Bool { offset == bytes.count }

    /// Bytes of memory it holds.
    var capacity: Int { bytes.capacity }

    /// Takes a buffer before something is written.
    mutating func takeStorage(from spares: inout [[UInt8]]) {
        guard bytes.capacity == 0, let spare = spares.popLast() else { return }
        bytes = spare
    }

    /// Gives the buffer back: a connection that waits for the next token holds none.
    mutating func giveStorage(to spares: inout [[UInt8]]) {
        guard isEmpty, bytes.capacity > 0 else { return }
        offset = 0
        guard spares.count < Self.spares.count, bytes.capacity <= Self.spares.capacity else {
            bytes = []
            return
        }
        bytes.removeAll(keepingCapacity: true)
        var storage: [UInt8] = []
        swap(&storage, &bytes)
        spares.append(storage)
    }

    /// Appends bytes that need no framing: heads, whole responses.
    mutating func appendRaw(_ body: (inout [UInt8]) -> Void) {
        seal()
        body(&bytes)
    }

    /// Appends content of the current response.
    mutating func appendContent(_ body: (inout [UInt8]) -> Void) {
        guard isChunked else { return body(&bytes) }
        if content == nil {
            for _ in 0..<Self.reserve { bytes.append(0) }
            content = bytes.count
        }
        body(&bytes)
        // An empty chunk would end the body.
        if bytes.count == content {
            bytes.removeLast(Self.reserve)
            content = nil
        }
    }

    /// Ends the content of the current response.
    mutating func endContent() {
        seal()
        guard isChunked else { return }
        bytes.append(literal: "0\r\n\r\n")
        isChunked = false
    }

    /// Frames what the turn wrote.
    mutating func seal() {
        guard let content else { return }
        self.content = nil
        let start = writeChunkFrame(around: content)
        let unused = content - Self.reserve
        if offset == unused {
            offset = start
        } else {
            bytes.removeSubrange(unused..<start)
        }
    }

    /// Shows the bytes to send; all of them are framed.
    func withUnsent<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
    }

    /// Notes that the kernel took bytes.
    mutating func took(_ count: Int) {
        offset += count
        // For a reader that always lags a little, the buffer would otherwise grow as long as the
        // whole stream.
        guard offset >= Self.maxSent, offset > bytes.count / 2, offset < bytes.count else { return }
        bytes.removeFirst(offset)
        offset = 0
    }

    /// - Returns: where the frame of the content starts.
    private mutating func writeChunkFrame(around content: Int) -> Int {
        var size = bytes.count - content
        var start = content - 2
        bytes[start] = UInt8(ascii: "\r")
        bytes[start + 1] = UInt8(ascii: "\n")
        repeat {
            start -= 1
            let digit = UInt8(truncatingIfNeeded: size & 0xF)
            bytes[start] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            size >>= 4
        } while size > 0
        bytes.append(UInt8(ascii: "\r"))
        bytes.append(UInt8(ascii: "\n"))
        return start
    }
}
