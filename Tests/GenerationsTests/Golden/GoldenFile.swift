import ChatFormats
import Glibc
import TestSupport
import Testing

/// A file of the golden table: what one kind of upstream sends for each way an answer ends, and the
/// exact bytes that each dialect makes of it.
///
/// The upstream's bytes are written by people, the cells by `WRITE_GENERATED=1`, and then read by
/// people. A line `‹name› = text` of the head shortens the file: the name stands for that text
/// wherever it is.
struct GoldenFile {
    /// One way that an answer ends.
    struct Ending {
        let name: String
        /// What the upstream sends.
        let upstream: String
        /// What each dialect makes of it.
        var cells: [(name: String, text: String)]
    }

    /// The file is not written as the others are.
    struct Malformed: Error {
        let line: String
    }

    /// What comes before the first ending.
    let head: String
    let provider: Provider
    /// The model that is asked.
    let model: String
    var endings: [Ending]
    private var short: [(name: String, text: String)] = []

    private static let endingMark = "=== "
    private static let cellMark = "--- "
    private static let upstream = "upstream"
    /// Stands where the bytes before have no line end of their own.
    private static let noLineEnd = "\\ no line end"

    /// Reads a file's text.
    init(_ text: String) throws(Malformed) {
        var head = ""
        var settings: [Substring: Substring] = [:]
        var sections: [(ending: String, cell: String, text: String)] = []
        var ending = ""
        let short = Self.short(in: text)
        var text = text
        if let start = text.firstRange(of: Self.endingMark)?.lowerBound {
            for (name, long) in short.reversed() {
                text.replaceSubrange(start..., with: text[start...].replacing(name, with: long))
            }
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        for line in lines {
            if line.hasPrefix(Self.endingMark) {
                ending = String(line.dropFirst(Self.endingMark.count))
            } else if line.hasPrefix(Self.cellMark) {
                sections.append((ending, String(line.dropFirst(Self.cellMark.count)), ""))
            } else if ending.isEmpty {
                head += line + "\n"
                let parts = line.split(separator: ": ", maxSplits: 1)
                if parts.count == 2 { settings[parts[0]] = parts[1] }
            } else if let last = sections.indices.last {
                if line == Self.noLineEnd {
                    sections[last].text.removeLast()
                } else {
                    sections[last].text += line + "\n"
                }
            } else {
                throw Malformed(line: String(line))
            }
        }
        let protocols = ["openai": Provider.openAI, "anthropic": .anthropic]
        guard let provider = settings["protocol"].flatMap({ protocols[String($0)] }),
            let model = settings["asked"]
        else { throw Malformed(line: "protocol, asked") }
        self.head = head
        self.short = short
        self.provider = provider
        self.model = String(model)
        endings = []
        for (ending, cell, text) in sections {
            if cell == Self.upstream {
                endings.append(Ending(name: ending, upstream: text, cells: []))
            } else if let last = endings.indices.last, endings[last].name == ending {
                endings[last].cells.append((cell, text))
            } else {
                throw Malformed(line: cell)
            }
        }
    }

    /// The names of the head, with what they stand for.
    private static func short(in text: String) -> [(name: String, text: String)] {
        text.split(separator: "\n").prefix { !$0.hasPrefix(endingMark) }.compactMap { line in
            guard line.hasPrefix("‹"), let sign = line.firstRange(of: " = ") else { return nil }
            return (String(line[..<sign.lowerBound]), String(line[sign.upperBound...]))
        }
    }

    /// The file's text.
    var text: String {
        var text = ""
        for ending in endings {
            text += Self.endingMark + ending.name + "\n"
            for (name, bytes) in [(Self.upstream, ending.upstream)] + ending.cells {
                text += Self.cellMark + name + "\n" + bytes
                if !bytes.isEmpty, bytes.last != "\n" { text += "\n\(Self.noLineEnd)\n" }
            }
        }
        for (name, long) in short { text = text.replacing(long, with: name) }
        return head + text
    }

    // MARK: Where it is

    private static let folder: String = {
        let steps = #filePath.split(separator: "/").dropLast()
        return "/" + steps.joined(separator: "/") + "/Shapes"
    }()

    /// The names of all files.
    static let names = namesIn(folder).filter { $0.hasSuffix(".txt") }

    /// Reads the file of this name.
    static func named(_ name: String) throws(Malformed) -> GoldenFile {
        try GoldenFile(String(decoding: readFile("\(folder)/\(name)"), as: UTF8.self))
    }

    /// How many bytes it has.
    static func size(of name: String) -> Int { fileSize("\(folder)/\(name)") }

    /// Writes it under this name.
    func write(_ name: String) { writeFile("\(Self.folder)/\(name)", Array(text.utf8)) }
}
