import ChatFormats
import Testing
import Wire

/// The result of a stream: all that a test compares, in values that print well.
struct Reading: Equatable {
    var entries: [String] = []
    var error: StreamError?
    var finishReason: String?
    var native: String?
    var ending: Ending?
    var usage: Usage?
    /// The usage as its entry has it.
    var usageText: String? { usage.map { usage in written { usage.append(into: &$0) } } }
    var model: String?
    var isDone = false
    var isSuccess = false
    var dataEventCount = 0
    var passedOverCount = 0
}

/// Decodes a stream that arrives in the given pieces, and whose body then ends in order or not.
func read(
    _ provider: Provider,
    pieces: [ArraySlice<UInt8>],
    maxAnswerBytes: Int? = nil,
    ends: Bool = false
) -> Reading {
    var decoder = StreamDecoder(
        provider,
        maxAnswerBytes: maxAnswerBytes ?? StreamDecoder.defaultMaxAnswerBytes
    )
    var log = EntryLog()
    var reading = Reading()
    for piece in pieces {
        do throws(StreamError) {
            try decoder.decode(piece.span, into: &log)
        } catch {
            reading.error = error
            break
        }
    }
    if ends, reading.error == nil {
        do throws(StreamError) {
            try decoder.finish(into: &log)
        } catch {
            reading.error = error
        }
    }
    if decoder.isSuccess { decoder.close(into: &log) }
    reading.entries = lines(of: log)
    reading.finishReason = decoder.outcome.finishReason
    reading.native = decoder.outcome.native
    reading.ending = decoder.outcome.ending
    reading.usage = decoder.usage
    reading.model = decoder.model
    reading.isDone = decoder.isDone
    reading.isSuccess = decoder.isSuccess
    reading.dataEventCount = decoder.dataEventCount
    reading.passedOverCount = decoder.passedOverCount
    return reading
}

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

/// The entries of a log as `kind:payload`.
func lines(of log: borrowing EntryLog) -> [String] {
    (0..<log.count).map { n in
        "\(log.kind(n)):" + String(decoding: log.bytes[log.range(n)], as: UTF8.self)
    }
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

/// What a writer appends, as text.
func written<E: Error>(_ write: (inout [UInt8]) throws(E) -> Void) throws(E) -> String {
    var out: [UInt8] = []
    try write(&out)
    return String(decoding: out, as: UTF8.self)
}

/// Reads a text as JSON.
func json(_ text: String) throws -> JSON {
    let bytes = Array(text.utf8)
    return try JSON.parse(bytes.span)
}
