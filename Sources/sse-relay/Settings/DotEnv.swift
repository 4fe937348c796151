/// The format of `.env` files, as far as systemd's `EnvironmentFile=` and docker's `--env-file`
/// read it alike: `NAME=value` lines, with the value as it is written, and lines of `#` comments.
///
/// A file that works here must not mean something else once it is a service's. What they read
/// differently is refused, since either reading would be wrong for one of them.
/// (systemd.exec(5), `parse_env_file`; docker's `kvfile`.)
enum DotEnv {
    /// Reads a file's text.
    ///
    /// - Parameters:
    ///   - text: the file's content.
    ///   - name: the file's name, for the error.
    /// - Returns: the values by their names.
    /// - Throws: the first line that is not read alike. Its words are not shown: they may be a key.
    static func parse(
        _ text: String,
        name: String
    ) throws(ConfigurationError) -> [String: String] {
        var values: [String: String] = [:]
        for (index, line) in lines(of: text).enumerated() {
            do throws(DotEnvProblem) {
                guard let (name, value) = try assignment(in: line) else { continue }
                values[Self.text(name)] = Self.text(value)
            } catch {
                throw ConfigurationError("\(name) line \(index + 1)", error.description)
            }
        }
        return values
    }

    private typealias Line = ArraySlice<UInt8>

    /// Lines end with LF, or CR LF; a CR alone ends one for systemd, and none for docker.
    private static func lines(of text: String) -> [Line] {
        Array(text.utf8)
            .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
    }

    /// - Returns: a name and a value; nil for a line that says nothing.
    private static func assignment(
        in line: Line
    ) throws(DotEnvProblem) -> (name: Line, value: Line)? {
        guard !line.starts(with: byteOrderMark) else { throw .byteOrderMark }
        let rest = line.drop(while: isBlank)
        guard let first = rest.first else { return nil }
        guard rest.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || isBlank($0) }) else {
            throw .controlCharacter
        }
        switch first {
        case UInt8(ascii: "#"):
            // systemd goes on with the comment on the next line.
            guard rest.last != backslash else { throw .commentGoesOn }
            return nil
        case UInt8(ascii: ";"): throw .semicolon
        default: break
        }
        guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else {
            throw .noAssignment(to: knownName(atStartOf: rest))
        }
        let name = try name(rest[..<equals])
        return (name, try value(rest[(equals + 1)...], of: shown(name)))
    }

    private static func name(_ before: Line) throws(DotEnvProblem) -> Line {
        let words = before.split(whereSeparator: isBlank)
        if words.count == 2, words[0].elementsEqual("export".utf8), isName(words[1]) {
            throw .export(shown(words[1]))
        }
        guard words.count == 1, isName(words[0]) else { throw .noName }
        let name = words[0]
        guard name.endIndex == before.endIndex else {
            throw .blankBeforeEquals(shown(name))
        }
        return name
    }

    private static func value(_ value: Line, of name: String) throws(DotEnvProblem) -> Line {
        guard let first = value.first, let last = value.last else { return value }
        guard !isBlank(first) else { throw .blankBeforeValue(name) }
        guard first != UInt8(ascii: "\""), first != UInt8(ascii: "'") else { throw .quotes(name) }
        guard !value.contains(backslash) else { throw .backslash(name) }
        guard !hasComment(value) else { throw .comment(name) }
        guard !isBlank(last) else { throw .blankAfterValue(name) }
        return value
    }

    /// Whether a `#` is there that most likely begins a comment: other readers take it for one.
    private static func hasComment(_ value: Line) -> Bool {
        value.indices.contains { place in
            guard value[place] == UInt8(ascii: "#") else { return false }
            let isAtStart = place == value.startIndex
            let isLast = place + 1 == value.endIndex
            return isAtStart ? isLast || isBlank(value[place + 1]) : isBlank(value[place - 1])
        }
    }

    private static func knownName(atStartOf line: Line) -> String? {
        var words = line.split { isBlank($0) || $0 == UInt8(ascii: ":") }
        if words.first?.elementsEqual("export".utf8) == true { words.removeFirst() }
        guard let first = words.first else { return nil }
        return VariableTable.all.first { first.elementsEqual($0.name.utf8) }?.name
    }

    /// A name as a message may show it: what has small letters may be a key that ends in `=`.
    private static func shown(_ name: Line) -> String {
        let isUsual = name.allSatisfy { !(0x61...0x7A).contains($0) }
        return isUsual ? text(name) : "NAME"
    }

    private static func isName(_ text: Line) -> Bool {
        guard let first = text.first, !(0x30...0x39).contains(first) else { return false }
        return text.allSatisfy { byte in
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || (0x30...0x39).contains(byte) || byte == 0x5F
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func text(_ bytes: Line) -> String { String(decoding: bytes, as: UTF8.self) }

    private static let backslash = UInt8(ascii: "\\")
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
}
