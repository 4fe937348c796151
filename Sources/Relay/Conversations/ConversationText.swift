import ChatFormats
package import Storage
import Wire

/// A conversation as people read it.
package enum ConversationText {
    /// Records as lines, without the keys under which their answers were asked for.
    package static func lines(_ lines: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        PublicRecord.append(lines: lines, into: &out)
        return out
    }

    /// The text for a terminal: who said what, and how each answer ended.
    ///
    /// What would move the cursor, or turn the direction of writing, is escaped.
    ///
    /// - Parameters:
    ///   - name: the conversation.
    ///   - records: its lines, the oldest first.
    /// - Returns: lines, with their ends.
    package static func terminal(_ name: ConversationName, _ records: [[UInt8]]) -> String {
        var text = "conversation \(visible(name.id))"
        text += "\(name.owner.map { " of \(visible($0))" } ?? "")\n"
        for part in parts(records) {
            let note = part.note.isEmpty ? "" : "  (\(visible(part.note)))"
            let time = part.time.isEmpty ? "" : "  \(visible(part.time))"
            text += "\n\(visible(part.role))\(time)\(note)\n"
            for line in lines(of: part.text) {
                text += "  \(visible(String(line)))\n"
            }
        }
        return text
    }

    /// The same as Markdown, in which what was said stays as it is.
    ///
    /// Each message is quoted: no heading, fence or list of one reaches into the next.
    package static func markdown(_ name: ConversationName, _ records: [[UInt8]]) -> String {
        var text = "# \(code(name.id))\n"
        if let owner = name.owner { text += "\nOwner: \(code(owner))\n" }
        for part in parts(records) {
            let note = part.note.isEmpty ? "" : " (\(code(part.note)))"
            let time = part.time.isEmpty ? "" : ", \(plain(part.time))"
            text += "\n## \(plain(part.role))\(time)\(note)\n\n"
            for line in lines(of: part.text) {
                text += line.isEmpty ? ">\n" : "> \(Self.readable(line))\n"
            }
        }
        return text
    }

    /// A text in which nothing moves a terminal's cursor or turns the direction of writing.
    package static func visible(_ text: String) -> String {
        escaped(text) { scalar in
            switch scalar.properties.generalCategory {
            case .control: scalar == "\t"
            // Emoji and some scripts are joined by these.
            case .format: scalar == "\u{200C}" || scalar == "\u{200D}"
            case .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
            default: true
            }
        }
    }

    /// A line of a file: control characters have no place in Markdown.
    private static func readable(_ text: Substring) -> String {
        escaped(String(text)) { $0.properties.generalCategory != .control || $0 == "\t" }
    }

    private static func escaped(_ text: String, _ stays: (Unicode.Scalar) -> Bool) -> String {
        guard !text.unicodeScalars.allSatisfy(stays) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if stays(scalar) {
                shown.append(scalar)
            } else {
                let digits = String(scalar.value, radix: 16)
                let zeros = String(repeating: "0", count: max(0, 4 - digits.utf8.count))
                shown.append(contentsOf: "\\u{\(zeros)\(digits)}".unicodeScalars)
            }
        }
        return String(shown)
    }

    /// The lines of a text, whatever ends them: what a reader takes for an end is one.
    private static func lines(of text: String) -> [Substring] {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }

    // MARK: Parts

    /// One message.
    private struct Part {
        let role: String
        var time = ""
        /// How an answer ended, where it is not whole.
        var note = ""
        let text: String
    }

    private static func parts(_ records: [[UInt8]]) -> [Part] {
        var turns = records.compactMap { ConversationTurn($0) }
        turns.sort { $0.startedAt < $1.startedAt }
        return turns.enumerated().flatMap { index, turn in
            let messages = turn.instructions + (index == 0 ? turn.beginning : turn.asked)
            var parts = messages.map { message in
                Part(
                    role: message["role"]?.stringValue ?? "?",
                    time: turn.startedAt,
                    text: content(message)
                )
            }
            let status = turn.record["status"]?.stringValue ?? ""
            parts.append(
                Part(
                    role: "assistant",
                    time: turn.updatedAt,
                    note: status == "complete" ? "" : status,
                    text: answer(turn)
                )
            )
            return parts
        }
    }

    private static func content(_ message: JSON) -> String {
        if let text = message["content"]?.stringValue { return text }
        let parts = message["content"]?.arrayValue ?? []
        return parts.map { part in
            part["text"]?.stringValue ?? "[\(part["type"]?.stringValue ?? "?")]"
        }.joined(separator: "\n")
    }

    private static func answer(_ turn: ConversationTurn) -> String {
        let calls = turn.toolCalls.map { call in
            let function = call["function"]
            let name = function?["name"]?.stringValue ?? "?"
            return "[calls \(name) \(function?["arguments"]?.stringValue ?? "")]"
        }
        return ([turn.answer] + calls).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// A word as code, which has more backticks around it than in it.
    private static func code(_ text: String) -> String {
        let text = visible(text)
        let longest = text.split { $0 != "`" }.map(\.count).max() ?? 0
        let fence = String(repeating: "`", count: longest + 1)
        let pad = text.hasPrefix("`") || text.hasSuffix("`") ? " " : ""
        return fence + pad + text + pad + fence
    }

    /// A role or a time, which a damaged record may have made anything.
    private static func plain(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy {
            $0 >= 0x30 && $0 <= 0x3A || $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x41 && $0 <= 0x5A
                || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
        }
        return isPlain ? text : code(text)
    }
}
