/// The format of `.env` files: `NAME=value` lines, `#` comments, `export`, single or double quotes.
enum DotEnv {
    /// Reads a file's text.
    ///
    /// - Parameters:
    ///   - text: the file's content.
    ///   - name: the file's name, for the error.
    /// - Returns: the values by their names.
    /// - Throws: the first line that is none of these.
    static func parse(
        _ text: String,
        name: String
    ) throws(ConfigurationError) -> [String: String] {
        var values: [String: String] = [:]
        var number = 0
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            var rest = trim(line)
            guard !rest.isEmpty, !rest.hasPrefix("#") else { continue }
            if rest.hasPrefix("export ") { rest = trim(rest.dropFirst("export ".count)) }
            guard let equals = rest.firstIndex(of: "="), isName(rest[..<equals]) else {
                throw ConfigurationError(
                    "\(name) line \(number)",
                    "expected NAME=value, found \(rest.prefix(40))"
                )
            }
            let raw = trim(rest[rest.index(after: equals)...])
            guard let value = value(raw) else {
                throw ConfigurationError("\(name) line \(number)", "a quote is not closed")
            }
            values[String(rest[..<equals])] = value
        }
        return values
    }

    private static func value(_ raw: Substring) -> String? {
        guard let quote = raw.first, quote == "\"" || quote == "'" else {
            // A comment begins behind a blank: `#` may be part of a password.
            var end = raw.startIndex
            while end < raw.endIndex {
                if raw[end] == "#", end > raw.startIndex, raw[raw.index(before: end)].isWhitespace {
                    break
                }
                end = raw.index(after: end)
            }
            return String(trim(raw[..<end]))
        }
        let inner = raw.dropFirst()
        guard let end = inner.firstIndex(of: quote) else { return nil }
        return String(inner[..<end])
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || (0x30...0x39).contains(byte) || byte == 0x5F
        }
    }

    private static func trim(_ text: Substring) -> Substring {
        var text = text.drop { $0.isWhitespace }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
