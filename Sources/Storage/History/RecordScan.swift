import Wire

/// Finds the whole records in a line of the history, whatever else is in it.
///
/// A line is one record unless something went wrong: half a line may come before a record, garbage
/// after it, and two records may be glued where a newline was lost. Every whole record counts. What
/// is left over is shown too, so that it can be counted and, where it is of a deleted conversation,
/// removed.
package struct RecordScan {
    /// What a piece of a line is.
    package enum Piece: Equatable {
        /// A whole record; a repaired one has bytes that JSON does not allow, within its strings.
        case record(isRepaired: Bool)
        /// Bytes that are no record, or the beginning of one.
        case rest
    }

    /// The head of the piece that is shown.
    private var head = RecordHead()

    /// Makes one.
    package init() {}

    /// Shows the pieces of a line in their order; white space alone is none.
    package mutating func forEach(
        in line: Span<UInt8>,
        _ body: (Piece, Range<Int>, RecordHead) -> Void
    ) {
        if let record = Self.object(in: line, from: 0),
            Self.isBlank(line, record.upperBound..<line.count),
            head.read(line)
        {
            return body(.record(isRepaired: false), record, head)
        }
        let repaired = Self.repaired(line)
        let text = repaired.span
        // Where the piece begins that is no record so far.
        var start = 0
        var position = 0
        while let place = Self.nextObject(in: text, from: position) {
            position = place + 1
            if let object = Self.object(in: text, from: place) {
                position = object.upperBound
                guard head.read(text.extracting(object)),
                    isPlausible || Self.isBlank(text, start..<place)
                else { continue }
                show(start..<place, of: text, body)
                let isRepaired = object.contains { text[$0] != line[$0] }
                head.read(text.extracting(object))
                body(.record(isRepaired: isRepaired), object, head)
                start = object.upperBound
            } else if head.read(text.extracting(place..<text.count)), isPlausible {
                // The beginning of another one.
                show(start..<place, of: text, body)
                start = place
            }
        }
        show(start..<text.count, of: text, body)
    }

    /// Puts blanks in the place of what is left of the damaged records of some ids.
    ///
    /// With each goes what follows it in its line and is no record. Lines without their ends are
    /// left alone.
    ///
    /// - Returns: whether there were any.
    mutating func blankDamaged(_ ids: Set<[UInt8]>, in lines: inout [UInt8]) -> Bool {
        var blanks: [Range<Int>] = []
        var start = 0
        while let end = lines[start...].firstIndex(of: newline) {
            var follows = false
            forEach(in: lines.span.extracting(start..<end)) { piece, range, head in
                if piece == .record(isRepaired: false) {
                    follows = false
                } else if !head.id.isEmpty {
                    follows = ids.contains(head.id)
                }
                if follows { blanks.append(range.lowerBound + start..<range.upperBound + start) }
            }
            start = end + 1
        }
        for blank in blanks {
            for place in blank { lines[place] = UInt8(ascii: " ") }
        }
        return !blanks.isEmpty
    }

    private mutating func show(
        _ rest: Range<Int>,
        of text: Span<UInt8>,
        _ body: (Piece, Range<Int>, RecordHead) -> Void
    ) {
        guard !Self.isBlank(text, rest) else { return }
        head.read(text.extracting(rest))
        body(.rest, rest, head)
    }

    /// Whether it is a record for sure: tool calls and the like have ids too.
    private var isPlausible: Bool { !head.startedAt.isEmpty || !head.conversation.isEmpty }

    /// Where an object with a member may begin.
    private static func nextObject(in text: Span<UInt8>, from start: Int) -> Int? {
        var place = start
        while place < text.count {
            if text[place] == UInt8(ascii: "{") {
                var next = place + 1
                while next < text.count, isSpace(text[next]) { next += 1 }
                if next < text.count, text[next] == UInt8(ascii: "\"") { return place }
            }
            place += 1
        }
        return nil
    }

    /// A whole object that begins at `start`, after white space.
    private static func object(in bytes: Span<UInt8>, from start: Int) -> Range<Int>? {
        var first = start
        while first < bytes.count, isSpace(bytes[first]) { first += 1 }
        guard first < bytes.count, bytes[first] == UInt8(ascii: "{") else { return nil }
        var reader = JSONReader(position: first)
        do throws(JSONError) {
            try reader.skip(bytes)
            return first..<reader.position
        } catch {
            return nil
        }
    }

    /// Whether a line has spaces, and nothing else.
    static func isAllSpaces(_ line: Span<UInt8>) -> Bool {
        !line.isEmpty && line.indices.allSatisfy { line[$0] == UInt8(ascii: " ") }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }

    /// Whether nothing is there but white space and a byte order mark.
    private static func isBlank(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var place = range.lowerBound
        if range.count >= 3, bytes[place] == 0xEF, bytes[place + 1] == 0xBB,
            bytes[place + 2] == 0xBF
        {
            place += 3
        }
        while place < range.upperBound, isSpace(bytes[place]) { place += 1 }
        return place == range.upperBound
    }

    /// The same line with other bytes in the place of those that JSON does not allow in strings,
    /// each as long as it was: control bytes, what is no UTF-8, and halves of surrogate pairs.
    static func repaired(_ line: Span<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.append(span: line)
        var place = 0
        while place < line.count {
            let byte = line[place]
            if byte == UInt8(ascii: "\\") {
                place += repairEscape(line, at: place, in: &text)
            } else if byte < 0x20 {
                text[place] = UInt8(ascii: " ")
                place += 1
            } else if byte < 0x80 {
                place += 1
            } else {
                let length = lengthOfMultibyteCharacter(line, at: place)
                if length == 0 { text[place] = UInt8(ascii: "?") }
                place += max(1, length)
            }
        }
        return text
    }

    /// - Returns: how long the escape is.
    private static func repairEscape(
        _ line: Span<UInt8>,
        at place: Int,
        in text: inout [UInt8]
    ) -> Int {
        guard place + 1 < line.count, line[place + 1] == UInt8(ascii: "u"),
            let unit = codeUnit(line, at: place)
        else {
            // What follows a backslash at the end, or a control byte, is looked at by itself.
            return place + 1 < line.count && line[place + 1] >= 0x20 && line[place + 1] < 0x80
                ? 2 : 1
        }
        switch unit {
        case 0xD800..<0xDC00:
            let next = codeUnit(line, at: place + 6)
            if let next, (0xDC00..<0xE000).contains(next) { return 12 }
            fallthrough
        case 0xDC00..<0xE000:
            for (offset, letter) in "fffd".utf8.enumerated() { text[place + 2 + offset] = letter }
        default: break
        }
        return 6
    }

    /// The code unit of a `\u` escape; nil where there is none.
    private static func codeUnit(_ line: Span<UInt8>, at place: Int) -> UInt32? {
        guard place + 6 <= line.count, line[place] == UInt8(ascii: "\\"),
            line[place + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt32 = 0
        for offset in 2..<6 {
            guard let digit = Octet.hexadecimalValue(line[place + offset]) else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}
