import Testing
import Wire

@testable import Relay

@Suite struct LogLineTests {
    private func line(
        _ words: String = "",
        _ fields: LogFields = LogFields(),
        _ level: Log.Level = .info,
        format: Log.Format = .text,
        hasPriority: Bool = false
    ) -> String {
        var bytes: [UInt8] = []
        LogLine(format: format, hasPriority: hasPriority).append(
            level,
            milliseconds: 0,
            fields,
            words.utf8.span,
            to: &bytes
        )
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func fields(_ pairs: [(StaticString, String)]) -> LogFields {
        var fields = LogFields()
        for (name, value) in pairs { fields.add(name, value) }
        return fields
    }

    @Test func `a line for people has its time, level, fields and words`() {
        var fields = Self.fields([("id", "A1"), ("path", "/a b"), ("empty", ""), ("q", "x=y")])
        fields.add("ms", 12)
        #expect(
            line("it has ended: so", fields, .warning)
                == "1970-01-01T00:00:00.000Z warning id=A1 path=\"/a b\" empty=\"\" q=x=y ms=12"
                + " it has ended: so\n"
        )
        #expect(line("stopped") == "1970-01-01T00:00:00.000Z info stopped\n")
    }

    @Test func `a line for machines is an object`() throws {
        var fields = Self.fields([("id", "A1"), ("path", "/a\"b\\")])
        fields.add("rate", tenths: 15)
        let text = line("so", fields, .error, format: .json)
        #expect(
            text == #"{"time":"1970-01-01T00:00:00.000Z","level":"error","id":"A1","#
                + #""path":"/a\"b\\","rate":1.5,"message":"so"}"# + "\n"
        )
        #expect(try JSON.parse(text.utf8.span)["path"]?.stringValue == "/a\"b\\")
    }

    @Test(arguments: [(Log.Level.info, "<6>"), (.warning, "<4>"), (.error, "<3>")])
    func `under journald a line begins with its priority`(level: Log.Level, mark: String) {
        #expect(line("a", level, hasPriority: true) == "\(mark)\(level.rawValue) a\n")
        #expect(
            line("a", level, format: .json, hasPriority: true).hasPrefix("\(mark){\"time\":")
        )
    }

    private func line(
        _ words: String,
        _ level: Log.Level,
        format: Log.Format = .text,
        hasPriority: Bool
    ) -> String {
        line(words, LogFields(), level, format: format, hasPriority: hasPriority)
    }

    private static let names: [StaticString] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]

    private static let evil = [
        "a\nb", "a\r\nb", "\u{1b}[2J", "\u{9b}2J", "\u{202e}txt", "\u{2066}x\u{2069}", "\u{2028}",
        "\u{0}", "\u{7f}", "\u{feff}", "\u{200b}", "\" id=forged", "a\\\" id=forged", "x id=forged",
    ]

    @Test(arguments: evil, Log.Format.allCases)
    func `nothing gets out of a value, nor moves what reads it`(
        value: String,
        format: Log.Format
    ) throws {
        let text = line(value, Self.fields([("v", value), ("id", "real")]), format: format)
        #expect(text.hasSuffix("\n") && text.count { $0.isNewline } == 1)
        for scalar in text.dropLast().unicodeScalars {
            let category = scalar.properties.generalCategory
            #expect(![.control, .format, .lineSeparator].contains(category))
        }
        if format == .json {
            let json = try JSON.parse(text.utf8.span)
            #expect(json["v"]?.stringValue == value)
            #expect(json["id"]?.stringValue == "real" && json["message"]?.stringValue == value)
        } else {
            // The value ends where its quote does.
            let start = try #require(text.firstRange(of: "v=")?.upperBound)
            let rest = try #require(text.firstRange(of: "id=real")?.lowerBound)
            let shown = text[start..<rest].dropLast()
            #expect(try JSON.parse(shown.utf8.span).stringValue == value)
        }
    }

    @Test(arguments: Log.Format.allCases, [1, 4, 10])
    func `no line is longer than a pipe takes in one piece`(format: Log.Format, count: Int) throws {
        for piece in ["a", "\u{0}", "漢", "\u{10ffff}", "\"", "\u{fffd}"] {
            let long = String(repeating: piece, count: 5000)
            var fields = LogFields()
            for name in Self.names.prefix(count) { fields.add(name, long) }
            let text = line(long, fields, format: format, hasPriority: true)
            #expect(text.utf8.count <= LogLine.maxBytes)
            #expect(text.utf8.count > LogLine.maxBytes / 4)
            #expect(text.hasSuffix(format == .json ? "}\n" : "…\n") || piece == "a")
            if format == .json {
                let json = try JSON.parse(text.dropFirst(3).utf8.span)
                #expect(json["message"]?.stringValue?.hasSuffix("…") == true)
            }
        }
    }

    @Test func `what is no UTF-8 is shown as such`() {
        let bytes: [UInt8] = [0x61, 0xFF, 0x62]
        var line: [UInt8] = []
        LoggedText.append(quoted: bytes.span, to: &line)
        #expect(String(decoding: line, as: UTF8.self) == "\"a\u{fffd}b\"")
    }
}
