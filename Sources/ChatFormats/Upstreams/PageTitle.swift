import Wire

/// The words by which a page says what it is: a proxy's error page, or the login page of a server
/// that is no model's.
enum PageTitle {
    /// Whether a body is a page, or another text of elements.
    static func isPage(_ body: Span<UInt8>) -> Bool {
        var start = 0
        if body.count >= 3, body[0] == 0xEF, body[1] == 0xBB, body[2] == 0xBF { start = 3 }
        while start < body.count, body[start] <= 0x20 { start += 1 }
        return start < body.count && body[start] == UInt8(ascii: "<")
    }

    /// The text of the title, or else of the first heading; `Message` is what the storage services'
    /// errors have.
    static func words(of body: Span<UInt8>) -> String? {
        var bytes: [UInt8] = []
        bytes.append(span: body)
        for name in ["title", "h1", "h2", "h3", "message"] {
            if let words = text(of: Array(name.utf8), in: bytes) { return words }
        }
        return nil
    }

    /// How long the words are at most.
    private static let maxBytes = 200

    private static func text(of name: [UInt8], in page: [UInt8]) -> String? {
        guard let start = end(ofTag: name, in: page) else { return nil }
        var words: [UInt8] = []
        var isInTag = false
        var index = start
        while index < page.count, words.count < maxBytes {
            let byte = page[index]
            index += 1
            if byte == UInt8(ascii: "<") {
                if isTag([UInt8(ascii: "/")] + name, at: index, in: page) { break }
                isInTag = true
            } else if isInTag {
                isInTag = byte != UInt8(ascii: ">")
            } else if byte == UInt8(ascii: "&") {
                index = appendReference(page, from: index, to: &words)
            } else if byte > 0x20, byte != 0x7F {
                words.append(byte)
            } else if let last = words.last, last != 0x20 {
                words.append(0x20)
            }
        }
        while words.last == 0x20 { words.removeLast() }
        return words.isEmpty ? nil : String(decoding: words, as: UTF8.self)
    }

    /// Where the content of the first element of this name begins.
    private static func end(ofTag name: [UInt8], in page: [UInt8]) -> Int? {
        var index = 0
        while index < page.count {
            defer { index += 1 }
            guard page[index] == UInt8(ascii: "<"), isTag(name, at: index + 1, in: page) else {
                continue
            }
            return page[index...].firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 }
        }
        return nil
    }

    /// Whether a tag's name is here, in letters of any case.
    private static func isTag(_ name: [UInt8], at start: Int, in page: [UInt8]) -> Bool {
        guard start + name.count < page.count else { return false }
        for (offset, byte) in name.enumerated() where page[start + offset] | 0x20 != byte | 0x20 {
            return false
        }
        let next = page[start + name.count]
        return next == UInt8(ascii: ">") || next <= 0x20
    }

    /// Appends the character that `&…;` stands for (HTML, 13.5), and returns where it ends; an
    /// unknown one stays as it is.
    private static func appendReference(
        _ page: [UInt8],
        from start: Int,
        to words: inout [UInt8]
    ) -> Int {
        let rest = page[start..<min(page.count, start + 10)]
        guard let end = rest.firstIndex(of: UInt8(ascii: ";")),
            let character = character(String(decoding: page[start..<end], as: UTF8.self))
        else {
            words.append(UInt8(ascii: "&"))
            return start
        }
        words += Array(String(character).utf8)
        return end + 1
    }

    private static func character(_ name: String) -> Unicode.Scalar? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        case "nbsp": return " "
        case "ndash": return "–"
        case "mdash": return "—"
        case "hellip": return "…"
        case "middot": return "·"
        case "raquo": return "»"
        case "rsquo": return "’"
        default: break
        }
        guard name.hasPrefix("#") else { return nil }
        let digits = name.dropFirst()
        let number =
            digits.first == "x" || digits.first == "X"
            ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        guard let number, number >= 0x20, !(0x7F..<0xA0).contains(number) else { return nil }
        return Unicode.Scalar(number)
    }
}
