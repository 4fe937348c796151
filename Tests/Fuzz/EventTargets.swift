import Wire

extension FuzzTarget {
    /// Event streams of upstreams: read as the standard says, for every cut of the bytes; and what
    /// is written as an event is read as it.
    static let events = FuzzTarget(name: "events") { input in
        let mode = input.byte()
        let place = input.number(below: 1 << 16)
        let bytes = input.rest()
        let limits =
            mode & 1 == 1
            ? EventDecoder.Limits(maxLineBytes: 16, maxEventBytes: 24) : EventDecoder.Limits()
        let whole = EventReading(pieces: [bytes], limits: limits)
        Cuts.each(of: bytes, at: place) { pieces in
            let cut = EventReading(pieces: pieces, limits: limits)
            promise(cut == whole, "another reading where the bytes are cut: \(cut), \(whole)")
        }
        if whole.error == nil {
            let standard = EventReading(asTheStandardSays: bytes)
            promise(standard == whole, "not as the standard says: \(whole), \(standard)")
        }
        if mode & 2 == 2 { checkWritten(bytes) }
        return whole.events.count + whole.events.reduce(0) { $0 + $1.data.count }
    }

    private static func checkWritten(_ text: [UInt8]) {
        var stream: [UInt8] = []
        EventWriter.appendName("token", into: &stream)
        EventWriter.appendData(text.span, into: &stream)
        EventWriter.endEvent(into: &stream)
        let read = EventReading(pieces: [stream])
        let expected = [ReadEvent(data: withLineFeeds(text), name: Array("token".utf8))]
        promise(read.events == expected, "written \(expected), read \(read.events)")
    }
}

/// Text with each line end of an event stream as a line feed.
///
/// Byte by byte: a carriage return and a line feed are one character of Swift's strings.
func withLineFeeds(_ text: [UInt8]) -> [UInt8] {
    var lines: [UInt8] = []
    for (place, byte) in text.enumerated() {
        let isAfterCR = place > 0 && text[place - 1] == UInt8(ascii: "\r")
        switch byte {
        case UInt8(ascii: "\r"): lines.append(UInt8(ascii: "\n"))
        case UInt8(ascii: "\n") where isAfterCR: break
        default: lines.append(byte)
        }
    }
    return lines
}
