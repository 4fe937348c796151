import Wire

/// What the bytes of an upstream's body are, whatever its `Content-Type` says: its first bytes show
/// it.
///
/// Of JSON without the framing of events, such as a whole answer, an error or lines of chunks, it
/// collects one object or array after the other.
struct UpstreamBody {
    enum Framing {
        /// Only white space has come, or a value without framing has just ended. → json, events
        case unknown
        /// In the middle of JSON without the framing of events. → unknown
        case json
        /// The rest is an event stream.
        case events
    }

    private(set) var framing = Framing.unknown
    /// The value as far as it has come.
    private var value: [UInt8] = []
    /// How many of its brackets are open.
    private var depth = 0
    private var isInString = false
    /// Whether the next byte of a string follows a backslash.
    private var isEscaped = false
    /// Whether a value has come.
    private var hasValue = false

    /// Reads on from `offset`, which moves past what was read.
    ///
    /// - Parameters:
    ///   - bytes: the body.
    ///   - offset: where to begin.
    ///   - limit: how long a value may be.
    /// - Returns: the next value; nil where more bytes are needed, or an event stream begins.
    /// - Throws: `page`, where the body is no answer at all.
    mutating func next(
        _ bytes: Span<UInt8>,
        from offset: inout Int,
        upTo limit: Int
    ) throws(StreamError) -> [UInt8]? {
        if framing == .unknown { try look(bytes, from: &offset) }
        guard framing == .json else { return nil }
        let start = offset
        var isWhole = false
        while offset < bytes.count, !isWhole {
            isWhole = closes(bytes[offset])
            offset += 1
        }
        value.append(span: bytes.extracting(start..<offset))
        guard value.count <= limit else {
            throw .tooLong("a JSON text is over \(limit) bytes long")
        }
        guard isWhole else { return nil }
        framing = .unknown
        hasValue = true
        var whole: [UInt8] = []
        swap(&whole, &value)
        return whole
    }

    /// Looks for the first byte that says something.
    private mutating func look(
        _ bytes: Span<UInt8>,
        from offset: inout Int
    ) throws(StreamError) {
        while offset < bytes.count, Self.isBlank(bytes[offset]) { offset += 1 }
        guard offset < bytes.count else { return }
        switch bytes[offset] {
        case UInt8(ascii: "{"), UInt8(ascii: "["): framing = .json
        // A page of a proxy or a login: no line of an event stream begins like this.
        case UInt8(ascii: "<") where !hasValue: throw .page
        default: framing = .events
        }
    }

    /// Takes a byte of the value.
    ///
    /// - Returns: whether it closes it.
    private mutating func closes(_ byte: UInt8) -> Bool {
        guard !isInString else {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return false
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            return depth == 0
        default: break
        }
        return false
    }

    /// Whether the lines of an event's data are values of their own, and not one value on several
    /// lines: the first one shows it.
    static func isOnLines(_ data: Span<UInt8>) -> Bool {
        var end = 0
        while end < data.count, data[end] != UInt8(ascii: "\n") { end += 1 }
        let line = data.extracting(..<end)
        var start = 0
        while start < line.count, isBlank(line[start]) { start += 1 }
        guard start < line.count else { return false }
        guard line[start] == UInt8(ascii: "{") || line[start] == UInt8(ascii: "[") else {
            return true
        }
        // Brackets alone: its strings may be cut in the middle of characters.
        var body = UpstreamBody()
        return (try? body.next(line, from: &start, upTo: line.count)) != nil
    }

    /// Whether data is `[DONE]`.
    ///
    /// The official clients look only at the beginning, so vendors may well append something.
    static func isEndMark(_ data: Span<UInt8>) -> Bool {
        let start = !data.isEmpty && data[0] == UInt8(ascii: "\"") ? 1 : 0
        let mark: StaticString = "[done]"
        guard data.count - start >= mark.utf8CodeUnitCount else { return false }
        let beginning = data.extracting(start..<(start + mark.utf8CodeUnitCount))
        return equalsIgnoringCase(beginning, mark)
    }

    /// The elements of an array, whose strings may be cut in the middle of characters; nil where
    /// one is no object, or there is none.
    static func objects(in array: Span<UInt8>) -> [[UInt8]]? {
        var elements: [[UInt8]] = []
        var body = UpstreamBody()
        // The next byte is the first after the opening bracket.
        var offset = 1
        while let element = try? body.next(array, from: &offset, upTo: array.count) {
            guard element[0] == UInt8(ascii: "{") else { return nil }
            elements.append(element)
        }
        guard offset < array.count, array[offset] == UInt8(ascii: "]") else { return nil }
        return elements.isEmpty ? nil : elements
    }

    /// Whether a byte says nothing: white space, a part of a byte order mark, or a comma between
    /// values.
    static func isBlank(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x09, 0x0A, 0x0D, 0x20, 0xEF, 0xBB, 0xBF, UInt8(ascii: ","): true
        default: false
        }
    }
}
