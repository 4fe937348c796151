/// Finds the end of a run of text without escapes inside a JSON string.
///
/// - Returns: the index of the first quote, backslash, control byte or byte that is not part of
///   valid UTF-8, or the end of `bytes`.
func endOfPlainText(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while true {
        while index <= bytes.count - ByteWord.width {
            let word = ByteWord(bytes, at: index)
            let flags =
                word.flags(equalTo: UInt8(ascii: "\"")) | word.flags(equalTo: UInt8(ascii: "\\"))
                | word.flags(below: 0x20) | word.flagsNotASCII
            guard flags == 0 else {
                index += ByteWord.distance(toFirstOf: flags)
                break
            }
            index += ByteWord.width
        }
        guard index < bytes.count else { return index }
        let byte = bytes[index]
        if byte >= 0x80 {
            index = endOfMultibyteText(bytes, from: index)
            guard index < bytes.count, bytes[index] < 0x80 else { return index }
        } else if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
            return index
        } else {
            index += 1
        }
    }
}

/// Finds the end of a run of ASCII without escapes, inside of strings or not.
///
/// - Returns: the index of the first backslash or byte above ASCII, or the end of `bytes`.
package func endOfUnescapedASCII(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index <= bytes.count - ByteWord.width {
        let word = ByteWord(bytes, at: index)
        let flags = word.flags(equalTo: UInt8(ascii: "\\")) | word.flagsNotASCII
        guard flags == 0 else { return index + ByteWord.distance(toFirstOf: flags) }
        index += ByteWord.width
    }
    while index < bytes.count, bytes[index] < 0x80, bytes[index] != UInt8(ascii: "\\") {
        index += 1
    }
    return index
}

/// Finds the end of a run of ASCII.
///
/// - Returns: the index of the first byte above ASCII, or the end of `bytes`.
package func endOfASCII(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index <= bytes.count - ByteWord.width {
        let flags = ByteWord(bytes, at: index).flagsNotASCII
        guard flags == 0 else { return index + ByteWord.distance(toFirstOf: flags) }
        index += ByteWord.width
    }
    while index < bytes.count, bytes[index] < 0x80 { index += 1 }
    return index
}

/// Finds the end of a run of valid characters beyond ASCII.
private func endOfMultibyteText(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index < bytes.count, bytes[index] >= 0x80 {
        let length = lengthOfMultibyteCharacter(bytes, at: index)
        guard length > 0 else { return index }
        index += length
    }
    return index
}

/// Checks one character beyond ASCII against the table of well-formed UTF-8 (RFC 3629 §4).
///
/// - Returns: its length, or 0 for overlong forms, surrogates, anything above U+10FFFF and
///   characters that are cut off.
package func lengthOfMultibyteCharacter(_ bytes: Span<UInt8>, at index: Int) -> Int {
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch bytes[index] {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return 0
    }
    guard length <= bytes.count - index, second.contains(bytes[index + 1]) else { return 0 }
    for offset in 2..<4 where offset < length {
        guard bytes[index + offset] & 0xC0 == 0x80 else { return 0 }
    }
    return length
}
