/// Removes the framing from a request's body (RFC 9112 §6.3, §7.1).
///
/// The result does not depend on how the network cut the bytes.
package struct BodyDecoder {
    /// What comes next.
    private enum State {
        /// So many bytes to the end of the body.
        case content(Int)
        /// The line with a chunk's size.
        case chunkLine(ChunkLineReader)
        /// So many bytes to the end of the chunk.
        case chunk(Int)
        /// The CR after a chunk.
        case chunkCarriageReturn
        /// The LF after that CR.
        case chunkLineFeed
        /// The lines after the last chunk.
        case trailer(TrailerReader)
        /// Nothing: whatever follows is another request.
        case done
    }

    /// How much is accepted.
    private let limits: RequestLimits
    /// What comes next.
    private var state: State
    /// How many bytes of content the chunks have announced so far.
    private var announcedBytes = 0
    /// How many bytes of extensions the chunks have had so far.
    private var totalExtensionBytes = 0

    /// Makes a decoder for one body; `RequestParser` has checked a fixed length.
    package init(framing: BodyFraming, limits: RequestLimits) {
        self.limits = limits
        switch framing {
        case .none, .fixed(0): state = .done
        case .fixed(let length): state = .content(length)
        case .chunked: state = .chunkLine(ChunkLineReader())
        }
    }

    /// Appends content to `body`.
    ///
    /// - Parameters:
    ///   - bytes: What follows the bytes consumed so far.
    ///   - body: Where to append; the caller may empty it between calls.
    /// - Returns: how many bytes were used, and whether the body is complete. A body of no
    ///   bytes is complete without any input.
    /// - Throws: what is wrong with the framing; the decoder must not be used afterwards.
    package mutating func decode(
        _ bytes: Span<UInt8>,
        into body: inout [UInt8]
    ) throws(RequestError) -> (consumed: Int, isDone: Bool) {
        var offset = 0
        while offset < bytes.count {
            switch state {
            case .content(let missing):
                let count = min(missing, bytes.count - offset)
                body.append(span: bytes.extracting(offset..<(offset + count)))
                offset += count
                state = count < missing ? .content(missing - count) : .done
            case .chunk(let missing):
                let count = min(missing, bytes.count - offset)
                body.append(span: bytes.extracting(offset..<(offset + count)))
                offset += count
                state = count < missing ? .chunk(missing - count) : .chunkCarriageReturn
            case .done:
                return (offset, true)
            default:
                try receivedFramingByte(bytes[offset])
                offset += 1
            }
        }
        if case .done = state { return (offset, true) }
        return (offset, false)
    }

    /// Takes one byte of the framing.
    private mutating func receivedFramingByte(_ byte: UInt8) throws(RequestError) {
        switch state {
        case .chunkLine(var reader):
            guard let size = try reader.receive(byte, limit: limits.maxChunkLineBytes) else {
                state = .chunkLine(reader)
                return
            }
            state = try stateAfterLine(size: size, extensionBytes: reader.extensionBytes)
        case .chunkCarriageReturn:
            guard byte == Octet.carriageReturn else { throw .missingChunkEnd }
            state = .chunkLineFeed
        case .chunkLineFeed:
            guard byte == Octet.lineFeed else { throw .missingChunkEnd }
            state = .chunkLine(ChunkLineReader())
        case .trailer(var reader):
            let isLast = try reader.receive(byte, limits: limits)
            state = isLast ? .done : .trailer(reader)
        case .content, .chunk, .done:
            assertionFailure("content is not framing")
        }
    }

    /// What comes after the line with a chunk's size.
    private mutating func stateAfterLine(
        size: Int,
        extensionBytes: Int
    ) throws(RequestError) -> State {
        // Otherwise chunks of one byte with long extensions would make a small body endless work.
        totalExtensionBytes += extensionBytes
        guard totalExtensionBytes <= limits.maxExtensionBytes else {
            throw .extensionsTooLong(limit: limits.maxExtensionBytes)
        }
        guard size <= limits.maxBodyBytes - announcedBytes else {
            throw .bodyTooLarge(limit: limits.maxBodyBytes)
        }
        announcedBytes += size
        return size == 0 ? .trailer(TrailerReader()) : .chunk(size)
    }
}
