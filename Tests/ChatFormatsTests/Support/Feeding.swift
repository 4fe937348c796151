import ChatFormats
import Testing
import Wire

/// Decodes a stream whole, byte by byte and cut at every byte, and expects the same each time.
func readEveryWay(
    _ provider: Provider,
    _ stream: String,
    ends: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
) -> Reading {
    readEveryWay(provider, Array(stream.utf8), ends: ends, sourceLocation: sourceLocation)
}

/// The same for bytes, which need not be text.
func readEveryWay(
    _ provider: Provider,
    _ bytes: [UInt8],
    ends: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
) -> Reading {
    let whole = read(provider, pieces: [bytes[...]], ends: ends)
    let drip = read(provider, pieces: bytes.indices.map { bytes[$0...$0] }, ends: ends)
    #expect(drip == whole, "byte by byte", sourceLocation: sourceLocation)
    for cut in bytes.indices {
        let halves = read(provider, pieces: [bytes[..<cut], bytes[cut...]], ends: ends)
        #expect(halves == whole, "cut at \(cut)", sourceLocation: sourceLocation)
    }
    return whole
}

/// A stream of data events, each ended by a blank line.
func stream(_ events: String..., lineEnd: String = "\n") -> String {
    events.map { "data: \($0)\(lineEnd)\(lineEnd)" }.joined()
}

/// A stream of Anthropic events, named after the type in their data.
func namedStream(_ events: (name: String, data: String)...) -> String {
    events.map { "event: \($0.name)\ndata: \($0.data)\n\n" }.joined()
}

/// A log with the given entries.
func log(_ entries: (EntryKind, String)...) -> EntryLog {
    var log = EntryLog()
    for (kind, text) in entries {
        let bytes = Array(text.utf8)
        log.append(kind, bytes.span)
    }
    return log
}

/// Reads a text as JSON.
func json(_ text: String) throws -> JSON {
    let bytes = Array(text.utf8)
    return try JSON.parse(bytes.span)
}
