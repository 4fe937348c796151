/// Reads a `text/event-stream` in whatever pieces it arrives (HTML §9.2.6).
///
/// UTF-8 is not checked: the bytes of a data line come out as they were sent. Each event reuses the
/// buffers, so a steady stream of tokens allocates nothing. After an error the stream is lost, and
/// the decoder must not be used again.
package struct EventDecoder {
    /// How much memory a stream may take.
    package struct Limits: Sendable {
        /// The longest line, without its end.
        package var maxLineBytes: Int
        /// The longest data of one event, line feeds between its lines included.
        package var maxEventBytes: Int

        /// Limits far above what models send in one event, even with pictures in base64.
        package init(maxLineBytes: Int = 16 << 20, maxEventBytes: Int = 16 << 20) {
            self.maxLineBytes = maxLineBytes
            self.maxEventBytes = maxEventBytes
        }
    }

    /// A buffer that grew beyond this for one event is freed after it.
    private static let maxKeptBytes = 64 << 10

    /// The data lines of the event, joined by LF; valid until the next call of `next`.
    package private(set) var data: [UInt8] = []

    /// Whether `data` has several lines.
    package private(set) var hasSeveralLines = false

    /// The type of the event, empty if it has none; valid until the next call of `next`.
    package private(set) var name: [UInt8] = []

    /// The last event ID of the stream as of the last complete block.
    ///
    /// A block without data is no event, but its ID counts.
    package private(set) var lastEventID: [UInt8] = []

    /// The reconnection time that the stream asked for last.
    package private(set) var retryMilliseconds: Int?

    /// How many comment lines there have been.
    package private(set) var commentCount = 0

    private let limits: Limits

    /// The beginning of a line whose end has not arrived.
    private var line: [UInt8] = []

    /// The ID of the block being read, which becomes `lastEventID` when the block ends.
    private var pendingID: [UInt8] = []

    /// Whether the block being read has an ID, even an empty one.
    private var hasPendingID = false

    /// Whether the block being read has a data line, even an empty one.
    private var hasData = false

    /// Whether `data` and `name` belong to an event that `next` has reported.
    private var isReported = false

    /// Whether the last line ended with CR, so that an LF that follows is part of the same end.
    private var isAfterCR = false

    /// How many bytes of a byte order mark have arrived; `nil` once it is known whether there is
    /// one.
    private var markBytes: Int? = 0

    /// A decoder at the beginning of a stream.
    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Whether the next byte begins an event: nothing has been read of one that is not reported.
    package var isBetweenEvents: Bool {
        guard markBytes == nil, !isAfterCR, line.isEmpty else { return false }
        return isReported || (!hasData && !hasPendingID && name.isEmpty)
    }

    /// Frees the memory of the last event, which must not be used any more.
    ///
    /// For a decoder that leaves the following events to another reader.
    package mutating func forgetEvent() {
        guard isReported else { return }
        startBlock()
        data = []
        name = []
    }

    /// Reads on from `offset`, which moves past what was read.
    ///
    /// - Returns: `true` when an event is complete, `false` when the input is used up. A block
    ///   without data is no event, and a block that never ends is never reported.
    package mutating func next(
        _ bytes: Span<UInt8>,
        from offset: inout Int
    ) throws(EventError) -> Bool {
        if isReported { startBlock() }
        if markBytes != nil { skipMark(bytes, from: &offset) }
        while offset < bytes.count {
            if isAfterCR {
                isAfterCR = false
                if bytes[offset] == UInt8(ascii: "\n") {
                    offset += 1
                    continue
                }
            }
            let start = offset
            let end = endOfLine(bytes, from: start)
            guard end - start <= limits.maxLineBytes - line.count else {
                throw .lineTooLong(limit: limits.maxLineBytes)
            }
            guard end < bytes.count else {
                line.append(span: bytes.extracting(start..<end))
                offset = end
                return false
            }
            offset = end + 1
            isAfterCR = bytes[end] == UInt8(ascii: "\r")
            if try endLine(bytes.extracting(start..<end)) { return true }
        }
        return false
    }

    /// Takes what an orderly end of the stream leaves: a line without its end, and an event without
    /// its empty line.
    ///
    /// The standard drops both, because it cannot know whether more was to come. A caller that can
    /// judge the data, or has paid for it, takes it. Nothing may follow.
    ///
    /// - Returns: `true` where there is such an event.
    package mutating func finish() throws(EventError) -> Bool {
        if isReported { startBlock() }
        isAfterCR = false
        if !line.isEmpty, try endLine(Span()) { return true }
        return endBlock()
    }

    /// Skips a byte order mark at the very beginning, which may arrive in pieces.
    private mutating func skipMark(_ bytes: Span<UInt8>, from offset: inout Int) {
        let mark: InlineArray<3, UInt8> = [0xEF, 0xBB, 0xBF]
        while let count = markBytes, offset < bytes.count {
            guard bytes[offset] == mark[count] else {
                // There is no mark: what looked like its beginning belongs to the first line.
                for index in 0..<count { line.append(mark[index]) }
                markBytes = nil
                return
            }
            offset += 1
            markBytes = count == 2 ? nil : count + 1
        }
    }

    /// Takes a line that ends with `rest`, and the block if the line is empty.
    private mutating func endLine(_ rest: Span<UInt8>) throws(EventError) -> Bool {
        guard !line.isEmpty else { return try take(rest) }
        line.append(span: rest)
        // Moved out, because a method that changes `self` cannot hold a span of its `line`.
        var whole: [UInt8] = []
        swap(&whole, &line)
        let isEvent = try take(whole.span)
        Self.clear(&whole)
        swap(&whole, &line)
        return isEvent
    }

    /// Takes one line without its end.
    ///
    /// - Returns: `true` when it completes an event.
    private mutating func take(_ line: Span<UInt8>) throws(EventError) -> Bool {
        guard !line.isEmpty else { return endBlock() }
        // No field's name is longer than five bytes, so a colon further on does not matter.
        var colon = 0
        while colon < line.count, line[colon] != UInt8(ascii: ":") {
            guard colon < 5 else { return false }
            colon += 1
        }
        guard colon > 0 else {
            commentCount += 1
            return false
        }
        var start = min(colon + 1, line.count)
        if start < line.count, line[start] == UInt8(ascii: " ") { start += 1 }
        try setField(line.extracting(..<colon), to: line.extracting(start...))
        return false
    }

    private mutating func setField(
        _ field: Span<UInt8>,
        to value: Span<UInt8>
    ) throws(EventError) {
        if equals(field, "data") {
            try appendData(value)
        } else if equals(field, "event") {
            Self.clear(&name)
            name.append(span: value)
        } else if equals(field, "id") {
            setID(value)
        } else if equals(field, "error") {
            try setError(value)
        } else if equals(field, "retry") {
            // What is no number, or too great, is ignored, as the standard requires.
            retryMilliseconds = parseDecimal(value) ?? retryMilliseconds
        }
    }

    private mutating func appendData(_ value: Span<UInt8>) throws(EventError) {
        let lineFeeds = hasData ? 1 : 0
        guard value.count <= limits.maxEventBytes - data.count - lineFeeds else {
            throw .eventTooLong(limit: limits.maxEventBytes)
        }
        if hasData {
            data.append(UInt8(ascii: "\n"))
            hasSeveralLines = true
        }
        data.append(span: value)
        hasData = true
    }

    /// Takes an error that comes as a field of its own, as llama.cpp's server sends it, for the
    /// data of an event of that name; the standard would pass it over.
    private mutating func setError(_ value: Span<UInt8>) throws(EventError) {
        guard !value.isEmpty else { return }
        Self.clear(&data)
        hasData = false
        try appendData(value)
        Self.clear(&name)
        name.append(contentsOf: "error".utf8)
    }

    private mutating func setID(_ value: Span<UInt8>) {
        // An ID with NUL is ignored: it could not be sent back in a header field.
        for index in value.indices where value[index] == 0 { return }
        Self.clear(&pendingID)
        pendingID.append(span: value)
        hasPendingID = true
    }

    /// Takes the empty line that ends a block.
    ///
    /// - Returns: `true` when the block is an event.
    private mutating func endBlock() -> Bool {
        if hasPendingID {
            swap(&lastEventID, &pendingID)
            hasPendingID = false
        }
        isReported = hasData
        if !isReported { startBlock() }
        return isReported
    }

    /// Forgets what belonged to the last block alone.
    private mutating func startBlock() {
        Self.clear(&data)
        Self.clear(&name)
        hasData = false
        hasSeveralLines = false
        isReported = false
    }

    private static func clear(_ buffer: inout [UInt8]) {
        if buffer.capacity > maxKeptBytes {
            buffer = []
        } else {
            buffer.removeAll(keepingCapacity: true)
        }
    }
}
