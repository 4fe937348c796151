import CZlib
import Wire

/// Decompresses one body as it comes.
///
/// What it holds does not grow: zlib's state and one piece of content. It is a class because zlib
/// remembers where its state is.
final class Inflater {
    /// What one holds, in bytes: zlib's window of 32 KiB and its tables, and the piece.
    static let heldBytes = 64 * 1024
    private static let pieceBytes = 16 * 1024

    private enum State {
        /// Nothing has come.
        case empty
        /// The first byte of `deflate`, by which alone its form is not known.
        case oneByte(UInt8)
        case within
        /// The content has come to an end.
        case ended
        /// A gzip member has ended and another one seems to follow (RFC 1952 §2.2).
        case between
    }

    private let coding: ContentCoding
    private var state = State.empty
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var isOpen = false
    private let piece = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: pieceBytes)

    init(_ coding: ContentCoding) {
        self.coding = coding
        stream.initialize(to: z_stream())
    }

    deinit {
        if isOpen { inflateEnd(stream) }
        stream.deallocate()
        piece.deallocate()
    }

    /// Takes more of the body.
    ///
    /// - Parameters:
    ///   - bytes: what follows the bytes so far.
    ///   - use: takes each piece of content; the piece is valid during the call.
    /// - Throws: what is wrong with the bytes, or what `use` throws; nothing can be read after it.
    func receive(
        _ bytes: Span<UInt8>,
        _ use: (Span<UInt8>) throws(RequestError) -> Void
    ) throws(RequestError) {
        guard !bytes.isEmpty else { return }
        switch state {
        case .empty where coding == .gzip: try open(windowBits: 16 + MAX_WBITS)
        case .empty where bytes.count == 1: return state = .oneByte(bytes[0])
        case .empty: try openDeflate(bytes[0], bytes[1])
        case .oneByte(let first):
            try openDeflate(first, bytes[0])
            let first = [first]
            try inflate(first.span, use)
        case .within, .ended, .between: break
        }
        try inflate(bytes, use)
    }

    /// Says that no more follows.
    ///
    /// - Throws: where the content has not come to its end. None at all is an empty body.
    func finish() throws(RequestError) {
        switch state {
        case .empty, .ended: return
        case .oneByte, .within, .between: throw .cutContent(coding)
        }
    }

    /// Finds out which form it is.
    ///
    /// zlib's begins with a method, a window and a check (RFC 1950 §2.2). As the beginning of bare
    /// deflate, such bytes would be a block without compression with a bit set that is always zero.
    private func openDeflate(_ first: UInt8, _ second: UInt8) throws(RequestError) {
        let isWrapped =
            first & 0x0F == 8 && first >> 4 <= 7 && (Int(first) << 8 | Int(second)) % 31 == 0
        try open(windowBits: isWrapped ? MAX_WBITS : -MAX_WBITS)
    }

    private func open(windowBits: Int32) throws(RequestError) {
        guard relay_inflate_init(stream, windowBits) == Z_OK else { throw .noBodyMemory }
        isOpen = true
        state = .within
    }

    private func inflate(
        _ bytes: Span<UInt8>,
        _ use: (Span<UInt8>) throws(RequestError) -> Void
    ) throws(RequestError) {
        var offset = 0
        while true {
            if case .ended = state {
                guard offset < bytes.count else { return }
                // zlib would wait for a second byte before it looks at the first.
                let isMember = coding == .gzip && bytes[offset] == 0x1F
                guard isMember, inflateReset(stream) == Z_OK else {
                    throw .bytesAfterContent(coding)
                }
                state = .between
            }
            let (used, made) = try step(bytes.extracting(offset..<bytes.count))
            offset += used
            if made > 0 { try use(UnsafeBufferPointer(piece).span.extracting(0..<made)) }
            // A piece that is full may not be all that zlib has.
            if case .ended = state { continue }
            guard offset < bytes.count || made == piece.count else { return }
        }
    }

    private func step(_ bytes: Span<UInt8>) throws(RequestError) -> (used: Int, made: Int) {
        let code = bytes.withUnsafeBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(input.count)
            stream.pointee.next_out = piece.baseAddress
            stream.pointee.avail_out = UInt32(piece.count)
            let code = CZlib.inflate(stream, Z_NO_FLUSH)
            // They are not valid after the call.
            stream.pointee.next_in = nil
            stream.pointee.next_out = nil
            return code
        }
        let used = bytes.count - Int(stream.pointee.avail_in)
        let made = piece.count - Int(stream.pointee.avail_out)
        switch code {
        case Z_STREAM_END: state = .ended
        case Z_OK: if case .between = state, made > 0 { state = .within }
        // Nothing could be done without more input.
        case Z_BUF_ERROR: break
        case Z_MEM_ERROR: throw .noBodyMemory
        default:
            if case .between = state { throw .bytesAfterContent(coding) }
            throw .brokenContent(coding)
        }
        return (used, made)
    }
}
