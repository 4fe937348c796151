import Wire

/// Writes blocks of an event stream for one client: name, id and retry time, then data.
struct EventBlocks {
    /// Where a block is in the frame of its entry.
    enum Place {
        /// Another follows.
        case before
        /// It is the last one, which has the id.
        case last
    }

    /// How long a browser waits before it reconnects; nil once it was written.
    private var retryMilliseconds: Int?
    /// What the last block of a frame begins with, up to the number in its id: most frames have the
    /// name of the one before.
    private var opening: [UInt8] = []
    /// Whose name that has; nil where it is to be written.
    private var openingName: StaticString?

    /// Makes blocks whose first one carries what the context wants sent once.
    init(_ context: FrameContext) { retryMilliseconds = context.retryMilliseconds }

    /// Makes blocks that do not begin a stream.
    init() {}

    /// Begins a block; the caller always appends data after this.
    mutating func begin(
        _ name: StaticString?,
        _ place: Place,
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        if place == .last, context.hasIDs {
            appendOpening(name, context, into: &out)
            out.append(decimal: frame.number)
            out.append(UInt8(ascii: "\n"))
        } else if let name {
            EventWriter.appendName(name, into: &out)
        }
        if let retry = retryMilliseconds {
            EventWriter.appendRetry(retry, into: &out)
            retryMilliseconds = nil
        }
    }

    private mutating func appendOpening(
        _ name: StaticString?,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        guard let name else { return out.append(contentsOf: context.idPrefix) }
        if openingName?.utf8Start != name.utf8Start {
            openingName = name
            opening.removeAll(keepingCapacity: true)
            EventWriter.appendName(name, into: &opening)
            opening.append(contentsOf: context.idPrefix)
        }
        out.append(contentsOf: opening)
    }

    /// Appends a block with raw text, or several where one of its lines looks like the end mark or
    /// where it is too long for one line.
    mutating func appendText(
        _ text: Span<UInt8>,
        _ name: StaticString?,
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        var start = 0
        while let cut = Self.cut(text, from: start) {
            begin(name, .before, frame, context, into: &out)
            EventWriter.appendData(text.extracting(start..<cut), into: &out)
            EventWriter.endEvent(into: &out)
            start = cut
        }
        begin(name, .last, frame, context, into: &out)
        EventWriter.appendData(text.extracting(start...), into: &out)
        EventWriter.endEvent(into: &out)
    }

    /// Appends the end mark's block, the last one of its frame.
    mutating func appendDone(
        _ name: StaticString?,
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        begin(name, .last, frame, context, into: &out)
        out.append(literal: "data: [DONE]\n\n")
    }

    /// Where the next block begins; nil where the rest is one block.
    private static func cut(_ text: Span<UInt8>, from start: Int) -> Int? {
        guard let end = TextLine.cut(text, from: start) else {
            return endMark(in: text, from: start)
        }
        return endMark(in: text.extracting(..<end), from: start) ?? end
    }

    /// Where to cut a text so that no line of it begins with `[DONE]`: after the bracket.
    ///
    /// Clients trim a line before they compare it, so white space before the mark doesn't count.
    private static func endMark(in text: Span<UInt8>, from start: Int) -> Int? {
        // Every token is looked at, and few have a bracket.
        var bracket = start
        while bracket < text.count, text[bracket] != UInt8(ascii: "[") { bracket += 1 }
        guard bracket < text.count else { return nil }
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
