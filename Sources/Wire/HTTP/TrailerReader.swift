/// Reads the lines after the last chunk, which are checked and dropped (RFC 9112 §7.1.2).
///
/// If they were merged into the header, a client could smuggle fields past its checks.
struct TrailerReader {
    /// What may come next.
    private enum State {
        /// A name, or the CR of the empty line.
        case lineStart
        case name
        case value
        /// After the CR of a field line.
        case lineFeed
        /// After the CR of the empty line.
        case lastLineFeed
    }

    /// What may come next.
    private var state = State.lineStart
    /// How many bytes all lines have so far.
    private var byteCount = 0
    /// How many lines have begun.
    private var lineCount = 0

    /// Takes the next byte.
    ///
    /// - Returns: whether it was the last one of the body.
    mutating func receive(_ byte: UInt8, limits: RequestLimits) throws(RequestError) -> Bool {
        byteCount += 1
        guard byteCount <= limits.maxTrailerBytes else {
            throw .trailersTooLarge(limit: limits.maxTrailerBytes)
        }
        if state == .lineFeed || state == .lastLineFeed {
            guard byte == Octet.lineFeed else { throw .bareCarriageReturn }
            defer { state = .lineStart }
            return state == .lastLineFeed
        }
        guard byte != Octet.lineFeed else { throw .bareLineFeed }
        state = try stateAfter(byte, limits: limits)
        return false
    }

    /// What may come after a byte that is not a line feed.
    private mutating func stateAfter(
        _ byte: UInt8,
        limits: RequestLimits
    ) throws(RequestError) -> State {
        switch state {
        case .lineStart where byte == Octet.carriageReturn: return .lastLineFeed
        case .lineStart where ByteSet.token.contains(byte):
            lineCount += 1
            guard lineCount <= limits.maxFieldCount else {
                throw .tooManyFields(limit: limits.maxFieldCount)
            }
            return .name
        case .name where ByteSet.token.contains(byte): return .name
        case .name where byte == Octet.colon: return .value
        case .value where byte == Octet.carriageReturn: return .lineFeed
        case .value where !Octet.isControl(byte) || byte == Octet.tab: return .value
        default: throw .invalidTrailer
        }
    }
}
