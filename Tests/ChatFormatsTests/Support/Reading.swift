import ChatFormats

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

/// The entries of a log as `kind:payload`.
func lines(of log: borrowing EntryLog) -> [String] {
    (0..<log.count).map { n in
        "\(log.kind(n)):" + String(decoding: log.bytes[log.range(n)], as: UTF8.self)
    }
}

/// What a writer appends, as text.
func written<E: Error>(_ write: (inout [UInt8]) throws(E) -> Void) throws(E) -> String {
    var out: [UInt8] = []
    try write(&out)
    return String(decoding: out, as: UTF8.self)
}
