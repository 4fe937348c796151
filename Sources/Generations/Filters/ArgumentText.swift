import Wire

/// The arguments of one tool call on their way through the filters.
///
/// They are JSON in pieces. Filters see each string as it is meant, without its escapes, and what
/// comes out is escaped again, so that no replacement breaks the JSON. A number, or any other word
/// outside of strings, is seen as well, and becomes a string where a filter changes it.
struct ArgumentText {
    private enum Place {
        case outside
        /// In a word without quotes.
        case word
        case string
    }

    /// Longer words without quotes are seen in parts of this length.
    private static let maxWordBytes = 1024

    private var place = Place.outside
    private var texts: [FilteredText]
    /// An escape whose end has not come, or a word whose end has not come.
    private var pending: [UInt8] = []
    /// The string's text since the last call of the filters.
    private var plain: [UInt8] = []

    init(_ chain: FilterChain) { texts = chain.makeTexts() }

    /// Takes the next piece.
    ///
    /// - Parameters:
    ///   - piece: cut anywhere between two characters.
    ///   - chain: its state tells whether the answer ends before what did not pass.
    ///   - out: gets what passes, as JSON.
    mutating func take(_ piece: Span<UInt8>, _ chain: inout FilterChain, into out: inout [UInt8]) {
        for index in piece.indices {
            guard chain.state == .open else { return }
            take(piece[index], &chain, &out)
        }
        if place == .string, !plain.isEmpty { pass(isLast: false, &chain, &out) }
    }

    /// Appends what waits; pieces may follow unless this is the end of the answer.
    mutating func letGo(isEnd: Bool, _ chain: inout FilterChain, into out: inout [UInt8]) {
        switch place {
        case .outside: break
        case .word: endWord(&chain, &out)
        case .string:
            pass(isLast: true, &chain, &out)
            guard isEnd else { return }
            out += pending
            pending = []
        }
    }

    private mutating func take(_ byte: UInt8, _ chain: inout FilterChain, _ out: inout [UInt8]) {
        switch place {
        case .string: takeInString(byte, &chain, &out)
        case .outside, .word:
            switch byte {
            case UInt8(ascii: "\""):
                endWord(&chain, &out)
                guard chain.state == .open else { return }
                out.append(byte)
                place = .string
            case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"),
                UInt8(ascii: ":"), UInt8(ascii: ","), 0x09, 0x0A, 0x0D, 0x20:
                endWord(&chain, &out)
                guard chain.state == .open else { return }
                out.append(byte)
            default:
                place = .word
                // Only between two characters.
                if pending.count >= Self.maxWordBytes, byte & 0xC0 != 0x80 { endWord(&chain, &out) }
                place = .word
                pending.append(byte)
            }
        }
    }

    private mutating func endWord(_ chain: inout FilterChain, _ out: inout [UInt8]) {
        place = .outside
        guard !pending.isEmpty else { return }
        chain.take(pending, of: &texts, isLast: true)
        if chain.output == pending {
            out += pending
        } else {
            JSONText.appendString(chain.output.span, into: &out)
        }
        pending.removeAll(keepingCapacity: true)
        beginText()
    }

    private mutating func takeInString(
        _ byte: UInt8,
        _ chain: inout FilterChain,
        _ out: inout [UInt8]
    ) {
        // The first half of a surrogate pair, whose second half does not come.
        if pending.count == Self.escapeBytes, byte != UInt8(ascii: "\\") { readEscape() }
        if !pending.isEmpty || byte == UInt8(ascii: "\\") {
            pending.append(byte)
            if Self.isWhole(pending) { readEscape() }
        } else if byte == UInt8(ascii: "\"") {
            pass(isLast: true, &chain, &out)
            guard chain.state == .open else { return }
            out.append(byte)
            place = .outside
            beginText()
        } else {
            plain.append(byte)
        }
    }

    /// The bytes of `\u` with its four digits.
    private static let escapeBytes = 6

    /// Whether an escape is there to its end; a surrogate pair is one.
    private static func isWhole(_ escape: [UInt8]) -> Bool {
        guard escape.count >= 2 else { return false }
        guard escape[1] == UInt8(ascii: "u") else { return true }
        guard escape.count >= escapeBytes else { return false }
        let isFirstHalf =
            escape[2] | 0x20 == UInt8(ascii: "d") && "89abAB".utf8.contains(escape[3])
        guard isFirstHalf else { return true }
        // Its second half is another escape of the same form.
        if escape.count == 8 { return escape[7] != UInt8(ascii: "u") }
        return escape.count == 2 * escapeBytes
    }

    private mutating func readEscape() {
        var quoted = [UInt8(ascii: "\"")]
        quoted += pending
        quoted.append(UInt8(ascii: "\""))
        let before = plain.count
        var reader = JSONReader()
        do throws(JSONError) {
            try reader.readString(quoted.span, into: &plain)
        } catch {
            plain.removeSubrange(before...)
            guard Self.isHalf(pending) else {
                // It is no JSON, and its characters are the text.
                plain += pending
                return pending.removeAll(keepingCapacity: true)
            }
            plain += "\u{FFFD}".utf8
            // What follows it is an escape of its own.
            pending.removeFirst(Self.escapeBytes)
            if Self.isWhole(pending) { readEscape() }
            return
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// Whether an escape begins with a half of a surrogate pair.
    private static func isHalf(_ escape: [UInt8]) -> Bool {
        guard escape.count >= escapeBytes, escape[1] == UInt8(ascii: "u") else { return false }
        let digits = escape[2..<escapeBytes]
        guard digits.allSatisfy({ "0123456789abcdefABCDEF".utf8.contains($0) }) else {
            return false
        }
        return escape[2] | 0x20 == UInt8(ascii: "d") && "89abcdefABCDEF".utf8.contains(escape[3])
    }

    private mutating func pass(
        isLast: Bool,
        _ chain: inout FilterChain,
        _ out: inout [UInt8]
    ) {
        chain.take(plain, of: &texts, isLast: isLast)
        plain.removeAll(keepingCapacity: true)
        // The rest of an escape would follow the match.
        if chain.state != .open { pending = [] }
        JSONText.appendEscaped(chain.output.span, into: &out)
    }

    private mutating func beginText() {
        for index in texts.indices { texts[index].reset() }
    }
}
