import Wire

/// Received bytes that no request has used up yet.
///
/// Requests that come many at a time are taken off its front one by one. The rest is not moved up
/// for each of them: that work would grow with the square of their number.
struct InputBuffer {
    /// Those from `start` on wait.
    private(set) var bytes: [UInt8] = []
    private(set) var start = 0

    init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    /// How many bytes wait.
    var count: Int { bytes.count - start }

    var isEmpty: Bool { count == 0 }

    /// Adds bytes after those that wait.
    mutating func append(_ more: Span<UInt8>) {
        if start > bytes.count / 2 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(span: more)
    }

    /// Takes off bytes that are used up.
    mutating func drop(_ used: Int) {
        start += used
        if start >= bytes.count { self = InputBuffer() }
    }
}
