import Wire

/// How a line of the log is written: its time, its level, its fields and its words.
struct LogLine {
    /// The longest line with its end: a pipe takes this much in one piece (PIPE_BUF), so that lines
    /// of several loops never mix, and journald breaks none.
    static let maxBytes = 4096
    /// The longest words of a line.
    private static let maxWordBytes = 2048
    /// The longest value, quotes included: a piece of an answer fits.
    static let maxValueBytes = 1536
    /// What a value takes at least; a field without room for that is left out.
    private static let minValueBytes = 24
    /// What follows the last value at most.
    private static let closingBytes = 4

    let format: Log.Format
    /// Whether the line begins with its priority, as sd-daemon(3) has it.
    let hasPriority: Bool
    /// How many of the first fields people are shown without their names.
    var unnamed = 0

    /// Appends a line.
    ///
    /// - Parameters:
    ///   - level: how much it matters.
    ///   - milliseconds: when it is written, since 1970.
    ///   - fields: come first, since nothing in the words may look like one.
    ///   - words: go to the end of the line; none where the fields say all.
    ///   - line: is appended to.
    func append(
        _ level: Log.Level,
        milliseconds: Int,
        _ fields: LogFields,
        _ words: Span<UInt8>,
        to line: inout [UInt8]
    ) {
        let end = line.count + Self.maxBytes - Self.closingBytes
        if hasPriority { line.append(literal: level.priority) }
        switch format {
        case .text: appendText(level, milliseconds, fields, words, end, to: &line)
        case .json: appendJSON(level, milliseconds, fields, words, end, to: &line)
        }
        line.append(UInt8(ascii: "\n"))
    }

    private func appendText(
        _ level: Log.Level,
        _ milliseconds: Int,
        _ fields: LogFields,
        _ words: Span<UInt8>,
        _ end: Int,
        to line: inout [UInt8]
    ) {
        // journald has the time, too.
        if !hasPriority {
            Timestamp.append(milliseconds: milliseconds, into: &line)
            line.append(literal: " ")
        }
        line.append(text: level.rawValue)
        var count = 0
        fields.forEach { field, valueStart, kind in
            guard let room = Self.room(in: line, end, before: valueStart) else { return }
            count += 1
            let value = field.extracting(valueStart...)
            let isShownAsItIs = value.count <= room && (kind != .text || Self.isBare(value))
            if count > unnamed {
                line.append(span: isShownAsItIs ? field : field.extracting(first: valueStart))
            } else {
                line.append(UInt8(ascii: " "))
                if isShownAsItIs { line.append(span: value) }
            }
            if !isShownAsItIs { LoggedText.append(quoted: value, to: &line, maxBytes: room) }
        }
        guard !words.isEmpty else { return }
        line.append(literal: " ")
        let room = min(Self.maxWordBytes, end - line.count)
        LoggedText.append(words: words, to: &line, maxBytes: room)
    }

    private func appendJSON(
        _ level: Log.Level,
        _ milliseconds: Int,
        _ fields: LogFields,
        _ words: Span<UInt8>,
        _ end: Int,
        to line: inout [UInt8]
    ) {
        line.append(literal: "{\"time\":\"")
        Timestamp.append(milliseconds: milliseconds, into: &line)
        line.append(literal: "\",\"level\":\"")
        line.append(text: level.rawValue)
        line.append(literal: "\"")
        fields.forEach { field, valueStart, kind in
            guard let room = Self.room(in: line, end, before: valueStart) else { return }
            let value = field.extracting(valueStart...)
            line.append(literal: ",\"")
            line.append(span: field.extracting(1..<valueStart - 1))
            line.append(literal: "\":")
            if kind == .number {
                line.append(span: value)
            } else {
                LoggedText.append(quoted: value, to: &line, maxBytes: room)
            }
        }
        if !words.isEmpty {
            line.append(literal: ",\"message\":")
            let room = min(Self.maxWordBytes, end - line.count)
            LoggedText.append(quoted: words, to: &line, maxBytes: room)
        }
        line.append(literal: "}")
    }

    /// How long a value may be.
    private static func room(in line: [UInt8], _ end: Int, before valueStart: Int) -> Int? {
        // The words get a part of the line, however long the fields are.
        let room = min(maxValueBytes, end - maxWordBytes / 4 - line.count - valueStart - 2)
        return room >= minValueBytes ? room : nil
    }

    /// Whether a value needs no quotes to be told from what follows it.
    private static func isBare(_ value: Span<UInt8>) -> Bool {
        guard !value.isEmpty else { return false }
        for index in value.indices {
            let byte = value[index]
            guard byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"),
                byte != UInt8(ascii: "=") || index > 0
            else { return false }
        }
        return true
    }
}
