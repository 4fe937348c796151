/// How far the arguments of one call have come: JSON that arrives as text, in pieces.
///
/// It says whether they are whole, so that what comes then is known to be another call or a
/// repetition. None of the text is kept.
struct CallArguments {
    /// How much has come.
    private enum Progress {
        case none
        /// An empty object, which some vendors send first and then the arguments: Bedrock does.
        /// It is not passed on until nothing else can follow.
        case emptyObject
        case begun
        case whole
    }

    private var progress = Progress.none
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var byteCount = 0
    private var checksum = Checksum()

    /// Whether nothing has come but white space.
    var isEmpty: Bool { progress == .none }
    /// Whether an empty object has come and was not passed on.
    var isHeld: Bool { progress == .emptyObject }
    /// Whether more must come.
    var isOpen: Bool { progress == .begun }
    /// Whether they can be read as they are.
    var isWhole: Bool { progress == .whole || isHeld }

    /// Takes the next piece.
    ///
    /// - Parameters:
    ///   - text: its text.
    ///   - isValue: whether the vendor sent a JSON value in place of a string, which is whole.
    /// - Returns: what is to be passed on. What comes after the end is a repetition, and would make
    ///   the arguments unreadable.
    mutating func take(_ text: String, isValue: Bool) -> String {
        let isBlank = Self.isBlank(text)
        switch progress {
        case .whole: return ""
        case .begun where isValue: return ""
        case .emptyObject:
            guard !isBlank else { return "" }
            self = CallArguments()
        case .none, .begun: break
        }
        if isEmpty, Self.isEmptyObject(text) {
            progress = .emptyObject
            return ""
        }
        if isEmpty, isBlank { return "" }
        progress = .begun
        for byte in text.utf8 { add(byte) }
        if isValue { progress = .whole }
        return text
    }

    /// Notes that an empty object is passed on.
    mutating func takeEmptyObject() { progress = .whole }

    /// Whether a text is the same as what has come.
    func isRepeated(by text: String) -> Bool {
        if isHeld { return Self.isEmptyObject(text) }
        guard text.utf8.count == byteCount else { return false }
        var other = Checksum()
        for byte in text.utf8 { other.add(byte) }
        return other.value == checksum.value
    }

    private mutating func add(_ byte: UInt8) {
        byteCount += 1
        checksum.add(byte)
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            if depth == 0 { progress = .whole }
        default: break
        }
    }

    /// Whether a text is nothing but white space.
    static func isBlank(_ text: String) -> Bool { text.utf8.allSatisfy(isSpace) }

    /// Whether an object begins with this text.
    static func beginsObject(_ text: String) -> Bool {
        text.utf8.first { !isSpace($0) } == UInt8(ascii: "{")
    }

    private static func isEmptyObject(_ text: String) -> Bool {
        var rest = text.utf8.lazy.filter { !isSpace($0) }.makeIterator()
        return rest.next() == UInt8(ascii: "{") && rest.next() == UInt8(ascii: "}")
            && rest.next() == nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}

/// 64-bit FNV-1a: the same in every process.
struct Checksum {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
}
