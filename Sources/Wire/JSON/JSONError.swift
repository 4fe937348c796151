/// What is wrong with a text that should be JSON, and where.
///
/// All cases that RFC 8259 leaves open are refused: lone surrogates, invalid UTF-8, a byte order
/// mark, deep nesting, numbers beyond a double, and duplicate keys. Parsers disagree about each of
/// them, and a text that the upstream reads differently is a security hole.
package enum JSONError: Error, Equatable {
    /// The text stops in the middle of a value.
    case unexpectedEnd(offset: Int)
    /// A byte is where the grammar does not allow it.
    case unexpectedByte(offset: Int, expected: Expected)
    /// Arrays and objects are nested deeper than the limit.
    case tooDeep(offset: Int)
    /// A string holds bytes that are not UTF-8 (RFC 3629), such as overlong forms or surrogates.
    case invalidUTF8(offset: Int)
    /// A `\u` escape is half of a surrogate pair, without the other half.
    case loneSurrogate(offset: Int)
    /// An object has two members of the same name.
    case duplicateKey(name: String, offset: Int)
    /// There are more values than the limit.
    case tooManyValues(limit: Int, offset: Int)
    /// A string has more combining marks in a row than the limit.
    case tooManyMarks(limit: Int, offset: Int)
    /// A number is beyond what a double can hold.
    case numberOutOfRange(offset: Int)
    /// Something other than white space follows the value.
    case trailingBytes(offset: Int)

    /// What the grammar would have allowed.
    package enum Expected: String, Sendable, Equatable {
        case value = "a value"
        case object = "an object"
        case array = "an array"
        case string = "a string"
        case key = "a member name in quotes"
        case colon = "a colon"
        case commaOrBrace = "a comma or }"
        case commaOrBracket = "a comma or ]"
        case digit = "a digit"
        case escape = "a known escape"
        case hexDigit = "four hexadecimal digits"
        case escapedControl = "control characters to be escaped"
    }

    /// Where in the text the error is.
    ///
    /// In bytes from 0.
    package var offset: Int {
        switch self {
        case .unexpectedEnd(let offset), .unexpectedByte(let offset, _), .tooDeep(let offset),
            .invalidUTF8(let offset), .loneSurrogate(let offset), .duplicateKey(_, let offset),
            .tooManyValues(_, let offset), .tooManyMarks(_, let offset),
            .numberOutOfRange(let offset), .trailingBytes(let offset):
            offset
        }
    }
}

extension JSONError {
    /// Whether the text may be JSON, but exceeds one of `JSONLimits`.
    package var isBeyondLimit: Bool {
        switch self {
        case .tooManyValues, .tooManyMarks: true
        default: false
        }
    }
}

extension JSONError: CustomStringConvertible {
    /// The error as a phrase for the client that sent the text.
    package var description: String {
        switch self {
        case .unexpectedEnd: "the text ends too early, at byte \(offset)"
        case .unexpectedByte(_, let expected): "expected \(expected.rawValue) at byte \(offset)"
        case .tooDeep: "nested too deeply at byte \(offset)"
        case .invalidUTF8: "invalid UTF-8 at byte \(offset)"
        case .loneSurrogate: "half a surrogate pair at byte \(offset)"
        case .duplicateKey(let name, _):
            "the member \(Self.quoted(name))comes twice, at byte \(offset)"
        case .tooManyValues(let limit, _): "more than \(limit) values, at byte \(offset)"
        case .tooManyMarks(let limit, _):
            "more than \(limit) combining marks in a row in the string at byte \(offset)"
        case .numberOutOfRange: "a number is out of range at byte \(offset)"
        case .trailingBytes: "something follows the value at byte \(offset)"
        }
    }

    /// A name with a blank after it; nothing for a name too long to quote.
    private static func quoted(_ name: String) -> String {
        name.utf8.count <= maxQuotedBytes ? "\"\(name)\" " : ""
    }

    private static let maxQuotedBytes = 64
}
