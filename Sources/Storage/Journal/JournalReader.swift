import Wire

/// Reads the items of a journal's segment, frame by frame, up to its end or the first torn frame.
struct JournalReader {
    /// How a segment ends.
    enum End: Equatable {
        /// With a whole frame.
        case whole
        /// With bytes that make no frame: a write that was cut short, or worse.
        case torn(offset: Int, TornFrame)
    }

    /// What comes next.
    enum Step: Equatable {
        case item(JournalItem)
        case end(End)
    }

    /// When the frame under way was written, in milliseconds since 1970.
    private(set) var milliseconds = 0
    /// The first byte that was not consumed.
    private var position: Int
    /// Where the frame under way began and ends.
    private var frameStart: Int
    private var frameEnd: Int

    /// A reader of the frames from `position` on.
    init(position: Int) {
        self.position = position
        frameStart = position
        frameEnd = position
    }

    /// A reader of items without their frame.
    init(items: Range<Int>) {
        position = items.lowerBound
        frameStart = items.lowerBound
        frameEnd = items.upperBound
    }

    /// Reads all items, which are there without their frame.
    ///
    /// - Returns: whether all of it was items.
    mutating func forEachItem(_ bytes: Span<UInt8>, _ body: (JournalItem) -> Void) -> Bool {
        while position < frameEnd {
            guard let item = readItem(bytes) else { return false }
            body(item)
        }
        return true
    }

    /// Reads on.
    ///
    /// - Parameter bytes: the whole segment, the same at each call.
    /// - Returns: an item, or how the segment ends.
    mutating func next(_ bytes: Span<UInt8>) -> Step {
        while position == frameEnd {
            if position == bytes.count { return .end(.whole) }
            if let fault = enterFrame(bytes) { return .end(.torn(offset: frameStart, fault)) }
        }
        guard let item = readItem(bytes) else {
            return .end(.torn(offset: frameStart, .malformedItem))
        }
        return .item(item)
    }

    /// Reads all items up to where the frames end.
    ///
    /// - Parameters:
    ///   - bytes: the whole segment.
    ///   - visit: takes each item, and when it was written.
    /// - Returns: how they end.
    mutating func nextEnd(_ bytes: Span<UInt8>, _ visit: (JournalItem, Int) -> Void) -> End {
        while true {
            switch next(bytes) {
            case .item(let item): visit(item, milliseconds)
            case .end(let end): return end
            }
        }
    }

    /// Where the first whole frame with an item begins, at any byte from `start` on.
    ///
    /// The search looks at few bytes first, and at more while there is none: what merely looks like
    /// a long frame costs no more than the way to the next one. So a segment that is damaged
    /// everywhere is read in time too.
    static func firstFrame(in bytes: Span<UInt8>, from start: Int) -> Int? {
        var window = firstWindow
        while true {
            let end = min(bytes.count, start + window)
            if let place = firstFrame(within: bytes.extracting(..<end), from: start) {
                return place
            }
            guard end < bytes.count else { return nil }
            window *= 4
        }
    }

    private static let firstWindow = 4096

    /// What may be one by its length and its time is looked at by its checksum; not for ever, since
    /// bytes can be made that look like one everywhere.
    private static func firstFrame(within bytes: Span<UInt8>, from start: Int) -> Int? {
        var left = 64 * (bytes.count - start)
        var place = start
        while place + JournalFrame.headerBytes < bytes.count, left > 0 {
            let start = place + JournalFrame.headerBytes
            let count = Int(bytes.littleEndian(at: place..<(place + 4)))
            // Times have ended in two zeros since 1970, and will for some thousand years.
            if bytes[place + 14] == 0, bytes[place + 15] == 0, count > 0,
                count <= bytes.count - start
            {
                left -= count
                var reader = JournalReader(position: place)
                if reader.enterFrame(bytes) == nil { return place }
            }
            place += 1
        }
        return nil
    }

    private mutating func enterFrame(_ bytes: Span<UInt8>) -> TornFrame? {
        frameStart = position
        let start = position + JournalFrame.headerBytes
        guard start <= bytes.count else { return .shortHeader }
        let count = Int(bytes.littleEndian(at: position..<(position + 4)))
        guard count <= bytes.count - start else { return .shortPayload }
        let sum = bytes.extracting(position..<(start + count)).withUnsafeBytes {
            JournalFrame.checksum(of: $0)
        }
        let written = bytes.littleEndian(at: (position + 4)..<(position + 8))
        guard UInt64(sum) == written else { return .wrongChecksum }
        milliseconds = Int(clamping: bytes.littleEndian(at: (position + 8)..<start))
        position = start
        frameEnd = start + count
        return nil
    }

    private mutating func readItem(_ bytes: Span<UInt8>) -> JournalItem? {
        guard let tag = byte(bytes), let number = varint(bytes) else { return nil }
        switch tag {
        case JournalTag.begin:
            guard let head = block(bytes) else { return nil }
            return .begin(number: number, head: head)
        case JournalTag.entry:
            guard let sequence = varint(bytes), sequence <= UInt64(Int.max),
                let kind = byte(bytes), let payload = block(bytes)
            else { return nil }
            return .entry(number: number, sequence: Int(sequence), kind: kind, payload: payload)
        case JournalTag.retire: return .retire(number: number)
        default: return nil
        }
    }

    private mutating func byte(_ bytes: Span<UInt8>) -> UInt8? {
        guard position < frameEnd else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func varint(_ bytes: Span<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = byte(bytes) {
            // The tenth byte has room for one bit.
            guard shift < 63 || byte <= 1 else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            guard byte >= 0x80 else { return value }
            shift += 7
            guard shift < 70 else { return nil }
        }
        return nil
    }

    private mutating func block(_ bytes: Span<UInt8>) -> Range<Int>? {
        guard let count = varint(bytes), count <= UInt64(frameEnd - position) else { return nil }
        defer { position += Int(count) }
        return position..<(position + Int(count))
    }
}

/// What is wrong with the bytes after the last whole frame.
package enum TornFrame: String, Sendable, Equatable {
    case shortHeader = "its header is cut"
    case shortPayload = "it is cut"
    case wrongChecksum = "its checksum is wrong"
    case malformedItem = "it has an item of an unknown shape"
}
