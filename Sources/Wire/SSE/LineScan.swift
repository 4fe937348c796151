/// Finds the first LF or CR.
///
/// - Returns: its index, or the end of `bytes`.
func endOfLine(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index <= bytes.count - ByteWord.width {
        let word = ByteWord(bytes, at: index)
        let flags =
            word.flags(equalTo: UInt8(ascii: "\n")) | word.flags(equalTo: UInt8(ascii: "\r"))
        guard flags == 0 else { return index + ByteWord.distance(toFirstOf: flags) }
        index += ByteWord.width
    }
    while index < bytes.count, bytes[index] != UInt8(ascii: "\n"),
        bytes[index] != UInt8(ascii: "\r")
    {
        index += 1
    }
    return index
}
