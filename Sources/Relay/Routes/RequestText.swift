import HTTPServer
import Wire

/// The body of a request as JSON has it, in UTF-8 without a byte order mark (RFC 8259 §8.1),
/// whatever the client's platform made of it.
struct RequestText {
    let bytes: [UInt8]

    /// Reads a body by what `Content-Type` and its first bytes say.
    ///
    /// The type itself does not count (`curl -d` says that it sends a form), unless the bytes
    /// really are a form's.
    ///
    /// - Throws: 415 for a form or a charset that is not read here, 400 for text that is not in its
    ///   charset.
    init(_ request: Request) throws(Problem) {
        let type = request.head.fields.first("Content-Type")
        let isPlain = type == nil || type == "application/json"
        // As nearly every client sends it.
        if isPlain, request.body.first == UInt8(ascii: "{") {
            bytes = request.body
            return
        }
        bytes = try Self.read(request.body, type ?? "")
    }

    @inline(never)
    private static func read(_ body: [UInt8], _ type: String) throws(Problem) -> [UInt8] {
        let type = type.lowercased()
        let text = try decode(body, charset(in: type))
        guard isForm(text, type) else { return text }
        throw .invalid(
            .unsupportedMediaType,
            "the body is a form; send JSON, such as {\"message\":\"…\"},"
                + " with Content-Type: application/json",
            code: "content_type"
        )
    }

    /// Whether it is what the type says: JSON begins with a brace, which no form does.
    private static func isForm(_ text: [UInt8], _ type: String) -> Bool {
        if type.hasPrefix("multipart/") { return text.starts(with: "--".utf8) }
        guard type.hasPrefix("application/x-www-form-urlencoded"),
            let first = text.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) })
        else { return false }
        return first != UInt8(ascii: "{") && first != UInt8(ascii: "[")
    }

    /// The parameter of a media type in small letters (RFC 9110 §8.3.2); nil where there is none.
    private static func charset(in type: String) -> String? {
        for parameter in type.split(separator: ";").dropFirst() {
            let parts = parameter.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].filter({ !$0.isWhitespace }) == "charset" else {
                continue
            }
            let name = parts[1].filter { !$0.isWhitespace && !"\"'".contains($0) }
            return name.isEmpty ? nil : name
        }
        return nil
    }

    /// A byte order mark wins over what is declared, as in browsers (Encoding Standard, §6.1).
    private static func decode(_ body: [UInt8], _ charset: String?) throws(Problem) -> [UInt8] {
        if body.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(body.dropFirst(3)) }
        if body.starts(with: [0xFF, 0xFE, 0, 0]) { throw unread("utf-32") }
        if body.starts(with: [0xFF, 0xFE]) { return try sixteen(body, from: 2, isBig: false) }
        if body.starts(with: [0xFE, 0xFF]) { return try sixteen(body, from: 2, isBig: true) }
        switch charset {
        case nil, "utf-8", "utf8", "us-ascii", "ascii", "utf-8-sig": return body
        // Without a mark the first character, which is ASCII, tells (RFC 4627 §3).
        case "utf-16", "utf16", "unicode", "ucs-2", "iso-10646-ucs-2":
            return try sixteen(body, from: 0, isBig: body.first == 0)
        case "utf-16le": return try sixteen(body, from: 0, isBig: false)
        case "utf-16be": return try sixteen(body, from: 0, isBig: true)
        case "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "l1":
            return windows(body)
        case "windows-1252", "cp1252", "x-cp1252": return windows(body)
        case let name?: throw unread(name)
        }
    }

    private static func unread(_ charset: String) -> Problem {
        let isName =
            charset.utf8.count <= 32
            && charset.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 }
        return .invalid(
            .unsupportedMediaType,
            "the charset \(isName ? charset : "of the body") is not read here; send UTF-8",
            code: "charset"
        )
    }

    /// UTF-16 as UTF-8.
    private static func sixteen(
        _ body: [UInt8],
        from start: Int,
        isBig: Bool
    ) throws(Problem) -> [UInt8] {
        guard (body.count - start).isMultiple(of: 2) else {
            throw invalid16("the last character is cut", body.count - 1)
        }
        let units = stride(from: start, to: body.count, by: 2).lazy.map { index in
            let (first, second) = (UInt16(body[index]), UInt16(body[index + 1]))
            return isBig ? first << 8 | second : second << 8 | first
        }
        var text: [UInt8] = []
        text.reserveCapacity(body.count)
        var decoder = UTF16()
        var iterator = units.makeIterator()
        var unitsRead = 0
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar):
                text.append(contentsOf: Unicode.UTF8.encode(scalar) ?? .init())
                unitsRead += UTF16.width(scalar)
            case .emptyInput: return text
            case .error: throw invalid16("half a surrogate pair", start + 2 * unitsRead)
            }
        }
    }

    private static func invalid16(_ what: String, _ offset: Int) -> Problem {
        .invalid("the request body is not valid UTF-16: \(what), at byte \(offset)")
    }

    /// Windows-1252 as UTF-8, which is what ISO 8859-1 means on the web (Encoding Standard, §4.2).
    private static func windows(_ body: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(body.count + body.count / 8)
        for byte in body {
            guard byte >= 0x80 else {
                text.append(byte)
                continue
            }
            let scalar =
                byte < 0xA0 ? Self.windowsSigns[Int(byte) - 0x80] : Unicode.Scalar(byte)
            text.append(contentsOf: Unicode.UTF8.encode(scalar) ?? .init())
        }
        return text
    }

    /// What Windows-1252 has where ISO 8859-1 has control characters.
    private static let windowsSigns: [Unicode.Scalar] = [
        "€", "\u{81}", "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", "\u{8D}", "Ž",
        "\u{8F}", "\u{90}", "‘", "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›", "œ", "\u{9D}",
        "ž", "Ÿ",
    ]
}
