import Wire

/// An event as the tests compare it.
struct ReadEvent: Equatable, CustomStringConvertible {
    var data: [UInt8]
    var name: [UInt8] = []
    var id: [UInt8] = []

    var description: String {
        let texts = [name, data, id].map { String(decoding: $0, as: UTF8.self).debugDescription }
        return "(\(texts.joined(separator: " ")))"
    }
}

/// Everything that was read from a stream.
struct EventReading: Equatable {
    var events: [ReadEvent] = []
    var lastEventID: [UInt8] = []
    var retryMilliseconds: Int?
    var commentCount = 0
    var error: EventError?

    init() {}

    /// Decodes a stream that arrives in pieces, each of them before an unreadable page.
    init(pieces: [[UInt8]], limits: EventDecoder.Limits = .init(), guarded: GuardedBuffer? = nil) {
        var decoder = EventDecoder(limits: limits)
        do throws(EventError) {
            for piece in pieces {
                if let guarded {
                    try guarded.withBytes(piece) { bytes throws(EventError) in
                        try read(bytes, with: &decoder)
                    }
                } else {
                    try read(piece.span, with: &decoder)
                }
            }
        } catch {
            self.error = error
        }
        lastEventID = decoder.lastEventID
        retryMilliseconds = decoder.retryMilliseconds
        commentCount = decoder.commentCount
    }

    private mutating func read(
        _ bytes: Span<UInt8>,
        with decoder: inout EventDecoder
    ) throws(EventError) {
        var offset = 0
        while try decoder.next(bytes, from: &offset) {
            let id = decoder.lastEventID
            events.append(.init(data: decoder.data, name: decoder.name, id: id))
        }
        precondition(offset == bytes.count, "the decoder left bytes behind")
    }
}

extension EventReading {
    /// Reads a whole stream as the standard says, in the plainest way.
    init(asTheStandardSays stream: [UInt8]) {
        var rest = stream[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        var event = ReadEvent(data: [])
        var hasData = false
        var pendingID: [UInt8] = []
        while let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
            let line = rest[..<end]
            rest =
                rest[end...].starts(with: [0x0D, 0x0A]) ? rest[(end + 2)...] : rest[(end + 1)...]
            guard !line.isEmpty else {
                lastEventID = pendingID
                event.id = pendingID
                if hasData {
                    event.data.removeLast()
                    events.append(event)
                }
                event = ReadEvent(data: [])
                hasData = false
                continue
            }
            let parts = line.split(
                separator: UInt8(ascii: ":"),
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            var value = parts.count == 2 ? parts[1] : []
            if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
            switch String(decoding: parts[0], as: UTF8.self) {
            case "": commentCount += 1
            case "data":
                event.data += value + [0x0A]
                hasData = true
            case "event": event.name = Array(value)
            case "id" where !value.contains(0): pendingID = Array(value)
            case "retry" where !value.isEmpty && value.allSatisfy({ 0x30...0x39 ~= $0 }):
                retryMilliseconds = Int(String(decoding: value, as: UTF8.self)) ?? retryMilliseconds
            default: break
            }
        }
    }
}
