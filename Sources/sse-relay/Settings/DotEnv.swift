/// The format of `.env` files: `NAME=value` lines, `#` comments, `export`, single or double quotes.
enum DotEnv {
    /// Reads a file's text.
    ///
    /// - Parameters:
    ///   - text: the file's content.
    ///   - name: the file's name, for the error.
    /// - Returns: the values by their names.
    /// - Throws: the first line that is none of these. Its words are not shown: they may be a key.
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
                throw ConfigurationError("\(name) line \(number)", problem(of: rest))
            }
            let raw = trim(rest[rest.index(after: equals)...])
            guard let value = value(raw) else {
                throw ConfigurationError(
                    "\(name) line \(number)",
                    "the quote that begins the value of \(rest[..<equals]) is not closed"
                )
            }
            values[String(rest[..<equals])] = value
        }
        return values
    }

    /// What is wrong with a line that assigns nothing, without its words.
    private static func problem(of line: Substring) -> String {
        let expected = "expected NAME=value"
        // What is before the sign is a name, apart from blanks.
        if let equals = line.firstIndex(of: "=") {
            let name = trim(line[..<equals])
            guard isName(name) else { return "\(expected); what is before the = is no name" }
            return "\(expected); \(name) has a blank before its ="
        }
        let first = line.prefix { !$0.isWhitespace && $0 != ":" }
        guard let variable = VariableTable.all.first(where: { $0.name == first }) else {
            return "\(expected); there is no ="
        }
        return "\(expected); there is no = after \(variable.name)"
    }

    private static func value(_ raw: Substring) -> String? {
        guard let quote = raw.first, quote == "\"" || quote == "'" else {
            // A comment begins after a blank: a `#` may be part of a password.
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
