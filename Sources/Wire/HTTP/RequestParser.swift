/// Reads the heads of requests, line by line as they arrive (RFC 9112).
///
/// The result does not depend on how the network cut the bytes. Each byte is searched once for a
/// line's end and each line is read once, so single bytes cost no more than a whole head.
package struct RequestParser: ~Copyable {
    /// How far the current head has been read.
    private struct Progress {
        /// Where the current line begins.
        var lineStart = 0
        /// All bytes before this one have been searched for a line's end.
        var scanned = 0
        /// Empty lines before the request line.
        var emptyLineCount = 0
        /// What the lines have said so far; `nil` before the request line.
        var draft: HeadDraft?
    }

    /// How much is accepted.
    private let limits: RequestLimits
    /// The progress of the current head; reset whenever a head is handed out.
    private var progress = Progress()

    /// Makes a parser for one connection.
    package init(limits: RequestLimits) {
        self.limits = limits
    }

    /// Goes on reading a head.
    ///
    /// After an error the parser must not be used again: it is unknown where the next request
    /// begins.
    ///
    /// - Parameter bytes: Everything not yet consumed, from the first byte of the request.
    /// - Returns: the head and its size, or `nil` while its end has not arrived.
    /// - Throws: what is wrong with the request.
    package mutating func parse(
        _ bytes: Span<UInt8>
    ) throws(RequestError) -> (head: RequestHead, consumed: Int)? {
        while let lineEnd = try endOfLine(bytes) {
            let line = bytes.extracting(progress.lineStart..<lineEnd)
            let next = lineEnd + 2
            guard next <= limits.maxHeadBytes else {
                throw .headTooLarge(limit: limits.maxHeadBytes)
            }
            progress.lineStart = next
            progress.scanned = next
            if progress.draft == nil {
                try receivedFirstLine(line)
            } else if !line.isEmpty {
                try progress.draft?.receivedFieldLine(line, limits: limits)
            } else if let head = try progress.draft?.finished(limits: limits) {
                progress = Progress()
                return (head, next)
            }
        }
        return nil
    }

    /// Takes the request line, or an empty line that a sloppy client sent after its last body.
    private mutating func receivedFirstLine(_ line: Span<UInt8>) throws(RequestError) {
        guard line.isEmpty else {
            progress.draft = HeadDraft(try RequestLine(line, limits: limits))
            return
        }
        progress.emptyLineCount += 1
        guard progress.emptyLineCount <= RequestLimits.maxLeadingEmptyLines else {
            throw .tooManyEmptyLines(limit: RequestLimits.maxLeadingEmptyLines)
        }
    }

    /// Looks for the CR LF of the current line.
    ///
    /// A lone CR or LF does not end a line: parsers that differ in this can be made to see
    /// different requests in the same bytes (RFC 9112 §2.2, §11.2).
    private mutating func endOfLine(_ bytes: Span<UInt8>) throws(RequestError) -> Int? {
        let isFirstLine = progress.draft == nil
        let longest = isFirstLine ? RequestLine.maxBytes(limits) + 1 : limits.maxHeadBytes
        let window = min(limits.maxHeadBytes, progress.lineStart + longest)
        let end = min(bytes.count, window)
        var index = progress.scanned
        while index < end {
            index = skippingText(bytes, from: index, to: end)
            guard index < end else { break }
            let byte = bytes[index]
            if !Octet.isControl(byte) || (byte == Octet.tab && !isFirstLine) {
                index += 1
                continue
            }
            progress.scanned = index
            guard byte == Octet.carriageReturn else {
                throw byte == Octet.lineFeed ? .bareLineFeed : .controlByte(byte)
            }
            guard index + 1 < bytes.count else { return nil }
            guard bytes[index + 1] == Octet.lineFeed else { throw .bareCarriageReturn }
            return index
        }
        progress.scanned = index
        guard index >= window else { return nil }
        if isFirstLine {
            // This throws what is too long in it: a line of this length cannot be valid.
            _ = try RequestLine(bytes.extracting(progress.lineStart..<window), limits: limits)
        }
        throw .headTooLarge(limit: limits.maxHeadBytes)
    }
}

/// Skips bytes that are not control characters, eight at a time, and may stop early.
///
/// Most of a head is text, and this makes the search for line ends several times faster.
@inline(__always)
private func skippingText(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let raw = unsafe bytes.bytes
    var index = start
    while index + 8 <= end {
        let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
        // The top bit of a byte is set in `low` if it was below 0x20, in `delete` if it was 0x7F.
        let low = (word &- ones &* 0x20) & ~word
        let flipped = word ^ (ones &* 0x7F)
        let delete = (flipped &- ones) & ~flipped
        guard (low | delete) & (ones &* 0x80) == 0 else { break }
        index += 8
    }
    return index
}
