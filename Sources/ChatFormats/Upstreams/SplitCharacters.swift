import Wire

/// Joins characters that a server has cut into the strings of two events.
///
/// A token may be half a character. Some servers then write half a surrogate pair (RFC 8259 §8.2),
/// or some bytes of a character, at the end of one string and the rest at the beginning of the next
/// of the same name. A half without the other becomes U+FFFD.
struct SplitCharacters {
    /// The beginnings of characters that the next string of a member may continue, as they came.
    private var halves: [Half] = []

    private struct Half {
        let name: StaticString
        /// The kind of its entries; nil where they are no text of the answer.
        let kind: EntryKind?
        let place: SplitPlaces.Place
        let bytes: [UInt8]

        func isOf(_ name: StaticString, at place: SplitPlaces.Place) -> Bool {
            self.place == place && SplitCharacters.isSame(self.name, name)
        }
    }

    /// A member whose strings are joined to one text.
    private struct Member {
        let name: StaticString
        /// The kind of its entries; nil where they are no text.
        let kind: EntryKind?

        static let all = [
            Member(name: "content", kind: .text), Member(name: "text", kind: .text),
            Member(name: "reasoning_content", kind: .reasoning),
            Member(name: "reasoning", kind: .reasoning),
            Member(name: "thinking", kind: .reasoning), Member(name: "summary", kind: .reasoning),
            Member(name: "refusal", kind: .refusal), Member(name: "arguments", kind: nil),
            Member(name: "partial_json", kind: nil),
        ]
    }

    /// Whether no character is waiting for its other half.
    var isEmpty: Bool { halves.isEmpty }

    /// Adds U+FFFD for what has waited in vain, because the answer is over.
    mutating func end(into log: inout EntryLog) {
        Self.append(halves, to: &log)
        halves = []
    }

    /// Whether a string of an event begins or ends in the middle of a character.
    static func areIn(_ data: Span<UInt8>) -> Bool {
        guard hasPartOfCharacter(data) else { return false }
        var reader = JSONReader()
        do throws(JSONError) {
            try reader.skip(data)
        } catch .loneSurrogate {
            return true
        } catch .invalidUTF8 {
            return true
        } catch {
            return false
        }
        return false
    }

    /// Whether there is a byte above ASCII, or the escape of a half of a character in UTF-16.
    private static func hasPartOfCharacter(_ data: Span<UInt8>) -> Bool {
        var index = 0
        while true {
            index = endOfUnescapedASCII(data, from: index)
            guard index < data.count else { return false }
            if data[index] >= 0x80 { return true }
            // An escape: what follows the backslash belongs to it.
            guard index + 2 < data.count else { return false }
            if data[index + 1] == UInt8(ascii: "u"), data[index + 2] | 0x20 == UInt8(ascii: "d") {
                return true
            }
            index += 2
        }
    }

    /// Takes an event's JSON: joins what belongs together, keeps what may be continued, and puts
    /// U+FFFD in the place of what cannot be.
    ///
    /// - Parameters:
    ///   - json: the event; what is no JSON stays as it is.
    ///   - log: gets U+FFFD for a half that this event leaves behind by saying something else.
    /// - Returns: the event, whose strings are valid.
    mutating func mend(_ json: Span<UInt8>, into log: inout EntryLog) -> [UInt8] {
        let before = halves
        halves = []
        var places = SplitPlaces(json)
        var continued: [(name: StaticString, place: SplitPlaces.Place)] = []
        var out: [UInt8] = []
        out.reserveCapacity(json.count + 16)
        var name = 0..<0
        var index = 0
        while index < json.count {
            let byte = json[index]
            out.append(byte)
            index += 1
            guard byte == UInt8(ascii: "\"") else {
                places.pass(byte)
                continue
            }
            let start = index
            index = Self.endOfString(json, from: index)
            let text = json.extracting(start..<index)
            if Self.isName(json, endingAt: index) {
                name = start..<index
                out.append(span: text)
            } else {
                let member = Member.all.first { equals(json.extracting(name), $0.name) }
                var joined: [UInt8] = []
                if let member, !text.isEmpty {
                    let half = before.first { $0.isOf(member.name, at: places.current) }
                    joined = half?.bytes ?? []
                    continued.append((member.name, places.current))
                }
                joined.append(span: text)
                let rest = Self.appendValid(joined.span, to: &out)
                keep(rest, of: joined, member, at: places.current, &out)
            }
            guard index < json.count else { break }
            out.append(UInt8(ascii: "\""))
            index += 1
        }
        let waiting = before.filter { half in
            !continued.contains { half.isOf($0.name, at: $0.place) }
        }
        // What another call or another choice says leaves nothing behind.
        let isText = continued.contains { !$0.place.isOfFurtherChoice }
        for half in waiting {
            if half.kind == nil || !isText {
                halves.append(half)
            } else {
                Self.append([half], to: &log)
            }
        }
        return out
    }

    /// Keeps the beginning of a character with which a string ends, or puts U+FFFD in its place.
    private mutating func keep(
        _ rest: Range<Int>,
        of text: [UInt8],
        _ member: Member?,
        at place: SplitPlaces.Place,
        _ out: inout [UInt8]
    ) {
        guard !rest.isEmpty else { return }
        if let member {
            let kind = place.isOfFurtherChoice ? nil : member.kind
            let bytes = Array(text[rest])
            halves.append(Half(name: member.name, kind: kind, place: place, bytes: bytes))
        } else {
            out.append(literal: "\u{FFFD}")
        }
    }

    private static func append(
        _ halves: [Half],
        to log: inout EntryLog
    ) {
        // Many servers send reasoning under two names.
        var kinds: [EntryKind] = []
        for half in halves {
            guard let kind = half.kind, !kinds.contains(kind) else { continue }
            kinds.append(kind)
            log.bytes.append(literal: "\u{FFFD}")
            log.seal(kind)
        }
    }

    private static func isSame(_ left: StaticString, _ right: StaticString) -> Bool {
        equals(left.description, right.description)
    }

    /// The place of the quote that ends a string, or the end of the text.
    private static func endOfString(_ json: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < json.count, json[index] != UInt8(ascii: "\"") {
            index += json[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index, json.count)
    }

    /// Whether the string that ends with the quote at `end` is the name of a member.
    private static func isName(_ json: Span<UInt8>, endingAt end: Int) -> Bool {
        var index = end + 1
        while index < json.count, UpstreamBody.isBlank(json[index]) {
            guard json[index] != UInt8(ascii: ",") else { return false }
            index += 1
        }
        return index < json.count && json[index] == UInt8(ascii: ":")
    }

    /// Appends a string's text with U+FFFD in the place of what is no character.
    ///
    /// - Returns: where the beginning of a character is with which the text ends; it is not
    ///   appended.
    private static func appendValid(_ text: Span<UInt8>, to out: inout [UInt8]) -> Range<Int> {
        var index = 0
        while index < text.count {
            let length: Int
            switch text[index] {
            case UInt8(ascii: "\\"): length = lengthOfEscape(text, at: index)
            case ..<0x80: length = 1
            default: length = lengthOfMultibyteCharacter(text, at: index)
            }
            if length > 0 {
                out.append(span: text.extracting(index..<(index + length)))
                index += length
            } else if mayContinue(text, at: index) {
                return index..<text.count
            } else {
                out.append(literal: "\u{FFFD}")
                index += text[index] == UInt8(ascii: "\\") ? escapeLength : 1
            }
        }
        return index..<index
    }

    /// The length of `\uXXXX`.
    private static let escapeLength = 6

    /// The length of an escape, of both for a surrogate pair; 0 for half a pair.
    private static func lengthOfEscape(_ text: Span<UInt8>, at index: Int) -> Int {
        guard let unit = codeUnit(text, at: index) else { return min(2, text.count - index) }
        guard UTF16.isLeadSurrogate(unit) else { return UTF16.isTrailSurrogate(unit) ? 0 : 6 }
        guard let next = codeUnit(text, at: index + escapeLength), UTF16.isTrailSurrogate(next)
        else { return 0 }
        return 2 * escapeLength
    }

    /// The code unit of a `\uXXXX` at a place; nil where there is none.
    private static func codeUnit(_ text: Span<UInt8>, at index: Int) -> UInt16? {
        guard
            index + escapeLength <= text.count, text[index] == UInt8(ascii: "\\"),
            text[index + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt16 = 0
        for place in (index + 2)..<(index + escapeLength) {
            guard let digit = Octet.hexadecimalValue(text[place]) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// Whether the text ends with the beginning of a character, which is no character yet.
    private static func mayContinue(_ text: Span<UInt8>, at index: Int) -> Bool {
        if let unit = codeUnit(text, at: index) {
            return UTF16.isLeadSurrogate(unit) && index + escapeLength == text.count
        }
        let length =
            switch text[index] {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 0
            }
        guard text.count - index < length else { return false }
        return (index + 1..<text.count).allSatisfy { text[$0] & 0xC0 == 0x80 }
    }
}
