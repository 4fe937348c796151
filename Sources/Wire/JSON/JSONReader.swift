/// The kind of a JSON value, which its first byte decides.
package enum JSONKind: Sendable, Equatable {
    case object, array, string, number, `true`, `false`, null
}

/// Reads a JSON text (RFC 8259) from front to back, value by value, as its caller asks.
///
/// It allocates nothing and keeps nothing, so a token's worth of JSON costs about as much as a look
/// at its bytes. Each method takes the whole text again; `position` is the only link. Syntax, UTF-8
/// and depth are checked for everything read or skipped. Duplicate keys are not, because that takes
/// memory: `JSON.parse` refuses them.
///
/// After `nextKey` or `nextElement` has announced a value, the caller must read or skip it.
package struct JSONReader {
    /// How deep arrays and objects may be nested by default.
    package static let defaultMaxDepth = 64

    /// The offset of the next byte to read.
    package internal(set) var position: Int

    /// How many arrays and objects may be open at once.
    private let maxDepth: Int

    /// How many arrays and objects are open.
    private var depth = 0

    /// True from the opening bracket of an array or object to its first item, which needs no comma.
    ///
    /// One flag serves all depths: whenever an inner value closes, the outer one has an item.
    private var isBeforeFirst = false

    /// A reader that starts at `position`, where a value must begin.
    package init(position: Int = 0, maxDepth: Int = defaultMaxDepth) {
        self.position = position
        self.maxDepth = maxDepth
    }

    /// Returns the next value's kind without consuming it.
    package mutating func peek(_ bytes: Span<UInt8>) throws(JSONError) -> JSONKind {
        switch try nextByte(bytes) {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"): return .true
        case UInt8(ascii: "f"): return .false
        case UInt8(ascii: "n"): return .null
        default: throw .unexpectedByte(offset: position, expected: .value)
        }
    }

    /// Consumes the opening brace of an object.
    package mutating func enterObject(_ bytes: Span<UInt8>) throws(JSONError) {
        try enter(bytes, UInt8(ascii: "{"), .object)
    }

    /// Consumes the opening bracket of an array.
    package mutating func enterArray(_ bytes: Span<UInt8>) throws(JSONError) {
        try enter(bytes, UInt8(ascii: "["), .array)
    }

    /// Moves to the value of the open object's next member.
    ///
    /// - Returns: where the member's name is, without its quotes and with its escapes; `nil` after
    ///   consuming the closing brace. `matches` compares it with a known name.
    package mutating func nextKey(_ bytes: Span<UInt8>) throws(JSONError) -> Range<Int>? {
        guard try nextItem(bytes, closing: UInt8(ascii: "}"), .commaOrBrace) else { return nil }
        guard try nextByte(bytes) == UInt8(ascii: "\"") else {
            throw .unexpectedByte(offset: position, expected: .key)
        }
        let start = position + 1
        try skipString(bytes)
        let name = start..<(position - 1)
        guard try nextByte(bytes) == UInt8(ascii: ":") else {
            throw .unexpectedByte(offset: position, expected: .colon)
        }
        position += 1
        return name
    }

    /// Moves to the open array's next element.
    ///
    /// - Returns: `false` after consuming the closing bracket.
    package mutating func nextElement(_ bytes: Span<UInt8>) throws(JSONError) -> Bool {
        guard try nextItem(bytes, closing: UInt8(ascii: "]"), .commaOrBracket) else { return false }
        _ = try peek(bytes)
        return true
    }

    /// Consumes one value of any kind, which must be well-formed.
    package mutating func skip(_ bytes: Span<UInt8>) throws(JSONError) {
        switch try peek(bytes) {
        case .object:
            try enterObject(bytes)
            while try nextKey(bytes) != nil { try skip(bytes) }
        case .array:
            try enterArray(bytes)
            while try nextElement(bytes) { try skip(bytes) }
        case .string: try skipString(bytes)
        case .number: _ = try skipNumber(bytes)
        case .true: try skipLiteral(bytes, "true")
        case .false: try skipLiteral(bytes, "false")
        case .null: try skipLiteral(bytes, "null")
        }
    }

    /// Checks that nothing but white space is left.
    package mutating func finish(_ bytes: Span<UInt8>) throws(JSONError) {
        skipWhiteSpace(bytes)
        guard position >= bytes.count else { throw .trailingBytes(offset: position) }
    }

    private mutating func enter(
        _ bytes: Span<UInt8>,
        _ opening: UInt8,
        _ expected: JSONError.Expected
    ) throws(JSONError) {
        guard try nextByte(bytes) == opening else {
            throw .unexpectedByte(offset: position, expected: expected)
        }
        guard depth < maxDepth else { throw .tooDeep(offset: position) }
        depth += 1
        position += 1
        isBeforeFirst = true
    }

    /// Consumes the comma before the next item, or the closing byte and returns `false`.
    private mutating func nextItem(
        _ bytes: Span<UInt8>,
        closing: UInt8,
        _ expected: JSONError.Expected
    ) throws(JSONError) -> Bool {
        let byte = try nextByte(bytes)
        guard byte != closing else {
            position += 1
            depth -= 1
            isBeforeFirst = false
            return false
        }
        if isBeforeFirst {
            isBeforeFirst = false
        } else if byte == UInt8(ascii: ",") {
            position += 1
        } else {
            throw .unexpectedByte(offset: position, expected: expected)
        }
        return true
    }

    /// Skips white space and returns the byte after it, which is not consumed.
    @inline(__always)
    mutating func nextByte(_ bytes: Span<UInt8>) throws(JSONError) -> UInt8 {
        skipWhiteSpace(bytes)
        guard position < bytes.count else { throw .unexpectedEnd(offset: bytes.count) }
        return bytes[position]
    }

    @inline(__always)
    private mutating func skipWhiteSpace(_ bytes: Span<UInt8>) {
        // Most JSON on the wire has none.
        guard position < bytes.count, bytes[position] <= 0x20 else { return }
        // RFC 8259 §2 names these four and no others.
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }
}
