import Wire

/// Writes blocks of an event stream: name, id and retry time, then data.
enum Block {
    /// Whether a block is the first or the last of its frame, or both.
    struct Place: OptionSet {
        let rawValue: UInt8
        static let first = Place(rawValue: 1)
        static let last = Place(rawValue: 2)
        static let only: Place = [.first, .last]
    }

    /// Begins a block; the last one of a frame has the id, the first one the retry time.
    static func begin(
        _ name: StaticString?,
        _ place: Place,
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        if let name { EventWriter.appendName(name, into: &out) }
        if place.contains(.last), context.hasIDs {
            out.append(contentsOf: context.idPrefix)
            out.append(decimal: frame.number)
            out.append(UInt8(ascii: "\n"))
        }
        if place.contains(.first), let retry = context.retryMilliseconds {
            EventWriter.appendRetry(retry, into: &out)
        }
    }

    /// Appends a block with raw text, several where a line of it looks like the stream's end.
    static func appendText(
        _ text: Span<UInt8>,
        _ name: StaticString?,
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        var start = 0
        var place = Place.first
        while let cut = endMark(in: text, from: start) {
            begin(name, place, frame, context, into: &out)
            EventWriter.appendData(text.extracting(start..<cut), into: &out)
            EventWriter.endEvent(into: &out)
            start = cut
            place = []
        }
        begin(name, place.union(.last), frame, context, into: &out)
        EventWriter.appendData(text.extracting(start...), into: &out)
        EventWriter.endEvent(into: &out)
    }

    /// Appends the block that says the stream is over.
    static func appendDone(
        _ name: StaticString?,
        _ place: Place,
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        begin(name, place, frame, context, into: &out)
        out.append(literal: "data: [DONE]\n\n")
    }

    /// Appends the error object that a failure's payload holds, without the braces around it.
    static func appendError(_ payload: Span<UInt8>, into out: inout [UInt8]) {
        out.append(literal: "\"error\":{\"type\":")
        Payload.append("type", of: payload, into: &out)
        out.append(literal: ",\"message\":")
        Payload.append("message", of: payload, into: &out)
        out.append(literal: ",\"code\":")
        Payload.append("code", of: payload, into: &out)
        out.append(UInt8(ascii: "}"))
    }

    /// Where to cut a text so that no line of it begins with `[DONE]`: behind the bracket.
    ///
    /// Clients trim a line before they compare it, so white space before the mark doesn't count.
    private static func endMark(in text: Span<UInt8>, from start: Int) -> Int? {
        var isAtLineStart = true
        for index in start..<text.count {
            switch text[index] {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                isAtLineStart = true
            case UInt8(ascii: " "), UInt8(ascii: "\t"):
                continue
            case UInt8(ascii: "[") where isAtLineStart && isDone(text, from: index + 1):
                return index + 1
            default:
                isAtLineStart = false
            }
        }
        return nil
    }

    private static func isDone(_ text: Span<UInt8>, from start: Int) -> Bool {
        let rest: InlineArray<5, UInt8> = [0x44, 0x4F, 0x4E, 0x45, 0x5D]
        guard text.count - start >= rest.count else { return false }
        for index in rest.indices where text[start + index] != rest[index] { return false }
        return true
    }
}
