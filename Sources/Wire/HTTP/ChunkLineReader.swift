/// Reads the line before a chunk: its size, and extensions that are checked and dropped.
///
/// It takes one byte at a time, since a line may be cut anywhere. Only what RFC 9112 §7.1.1 spells
/// out passes: a reader that skips to the next line feed can be made to disagree with others about
/// where the body ends.
struct ChunkLineReader {
    /// What may come next.
    private enum State {
        /// Digits of the size.
        case size
        /// After a blank: a semicolon only.
        case blank
        /// After a semicolon: a name.
        case nameStart
        case name
        /// After a name and a blank: "=" or a semicolon.
        case nameBlank
        /// After "=": a token or a quoted string.
        case valueStart
        case value
        case quoted
        /// After a backslash in a quoted string.
        case quotedPair
        case quotedEnd
        /// After CR.
        case lineFeed
    }

    /// The longest size that may fit into an `Int`.
    private static let maxSizeDigits = 16

    /// What may come next.
    private var state = State.size
    /// The size, as far as it has been read.
    private var size = 0
    /// How many digits the size has so far.
    private var digitCount = 0
    /// How long the line is so far.
    private var byteCount = 0

    /// How many bytes of the line are not the size.
    var extensionBytes: Int { byteCount - digitCount }

    /// Takes the next byte.
    ///
    /// - Returns: the size, once the line feed has been taken.
    mutating func receive(_ byte: UInt8, limit: Int) throws(RequestError) -> Int? {
        if state == .lineFeed {
            guard byte == Octet.lineFeed else { throw .bareCarriageReturn }
            return size
        }
        guard byte != Octet.lineFeed else { throw .bareLineFeed }
        if byte == Octet.carriageReturn {
            try receivedCarriageReturn()
            return nil
        }
        byteCount += 1
        guard byteCount <= limit else { throw .chunkLineTooLong(limit: limit) }
        if state == .size {
            try receivedSizeByte(byte)
        } else {
            state = try stateAfter(byte)
        }
        return nil
    }

    /// Ends the line if it may end here.
    private mutating func receivedCarriageReturn() throws(RequestError) {
        switch state {
        case .size:
            guard digitCount > 0 else { throw .invalidChunkSize }
        case .name, .value, .quotedEnd: break
        default: throw .invalidChunkExtension
        }
        state = .lineFeed
    }

    private mutating func receivedSizeByte(_ byte: UInt8) throws(RequestError) {
        if let digit = Octet.hexadecimalValue(byte) {
            let (shifted, overflowed) = size.multipliedReportingOverflow(by: 16)
            digitCount += 1
            guard digitCount <= Self.maxSizeDigits, !overflowed else { throw .invalidChunkSize }
            size = shifted | Int(digit)
            return
        }
        guard digitCount > 0, byte == Octet.semicolon || Octet.isBlank(byte) else {
            throw .invalidChunkSize
        }
        state = byte == Octet.semicolon ? .nameStart : .blank
    }

    /// What may come after a byte of an extension.
    private func stateAfter(_ byte: UInt8) throws(RequestError) -> State {
        let isToken = ByteSet.token.contains(byte)
        switch state {
        case .nameStart where isToken, .name where isToken: return .name
        case .valueStart where isToken, .value where isToken: return .value
        case .blank where Octet.isBlank(byte), .nameStart where Octet.isBlank(byte),
            .nameBlank where Octet.isBlank(byte), .valueStart where Octet.isBlank(byte):
            return state
        case .name where byte == Octet.equals, .nameBlank where byte == Octet.equals:
            return .valueStart
        case .name where Octet.isBlank(byte): return .nameBlank
        case .value where Octet.isBlank(byte), .quotedEnd where Octet.isBlank(byte): return .blank
        case .valueStart where byte == Octet.quote: return .quoted
        case .quoted where byte == Octet.quote: return .quotedEnd
        case .quoted where byte == Octet.backslash: return .quotedPair
        case .quoted where !Octet.isControl(byte) || byte == Octet.tab,
            .quotedPair where !Octet.isControl(byte) || byte == Octet.tab:
            return .quoted
        case .blank where byte == Octet.semicolon, .name where byte == Octet.semicolon,
            .nameBlank where byte == Octet.semicolon, .value where byte == Octet.semicolon,
            .quotedEnd where byte == Octet.semicolon:
            return .nameStart
        default: throw .invalidChunkExtension
        }
    }
}
