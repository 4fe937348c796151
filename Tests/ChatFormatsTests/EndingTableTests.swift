import ChatFormats
import Glibc
import Testing
import Wire

/// The table of endings in `docs/protocols.md` against the frames that dialects write.
@Suite struct `The table of endings` {
    /// The columns, each with what is written for it.
    private static let columns: [(title: String, dialect: Dialect, hasIDs: Bool)] = [
        ("`events`", .events, true), ("`text`", .text, true),
        ("`text` without ids", .text, false), ("`tokens`", .tokens, true),
        ("`content`", .content, true), ("`openai`", .openai, true),
        ("`ndjson`", .ndjson, true), ("`plain`", .plain, false),
    ]

    @Test func `has a column for every dialect and a row for every ending, and no other`() throws {
        let table = try Self.table()
        #expect(table.first == ["ending"] + Self.columns.map(\.title))
        #expect(table.dropFirst().compactMap(\.first) == Ending.allCases.map { "`\($0.rawValue)`" })
        #expect(Set(Self.columns.map(\.dialect)) == Set(Dialect.all))
    }

    @Test(arguments: Ending.allCases, columns.indices)
    func `is true in each cell`(ending: Ending, column: Int) throws {
        let (_, dialect, hasIDs) = Self.columns[column]
        let row = try #require(try Self.table().first { $0.first == "`\(ending.rawValue)`" })
        #expect(row[column + 1] == (try Self.cell(ending, dialect, hasIDs: hasIDs)))
    }

    @Test(arguments: Ending.allCases)
    func `is true with and without ids where it has one column`(ending: Ending) throws {
        for dialect in [Dialect.content, .openai] {
            let cell = try Self.cell(ending, dialect, hasIDs: false)
            #expect(cell == (try Self.cell(ending, dialect, hasIDs: true)))
        }
    }

    @Test(arguments: Dialect.all)
    func `writes no two endings alike where one is complete`(dialect: Dialect) throws {
        let complete = try Self.cell(.complete, dialect, hasIDs: true)
        for ending in Ending.allCases where ending != .complete {
            #expect(try Self.cell(ending, dialect, hasIDs: true) != complete, "\(ending)")
        }
    }

    // MARK: What is written

    /// The last frame of a stream in the table's short form.
    private static func cell(_ ending: Ending, _ dialect: Dialect, hasIDs: Bool) throws -> String {
        var log = log((.start, "{}"), (.text, "a"))
        if ending.isFinish {
            log.appendFinish(ending, finishReason: "w")
        } else {
            log.appendFailure(ending, type: "t", message: "cut")
        }
        guard dialect != .plain else {
            return dialect.media.endsInOrder(log) ? "the end of the stream" : "the stream is cut"
        }
        let context = FrameContext(generation: "0abc", model: "m", created: 7, hasIDs: hasIDs)
        let frame = written { dialect.appendFrame(2, of: log, context: context, into: &$0) }
        let blocks =
            dialect == .ndjson
            ? try frame.split(separator: "\n").map(block) : frame.split(separator: "\n\n")
        // The last block has the id, and no other.
        #expect(
            blocks.map { $0.contains("id: 0abc.2\n") }
                == blocks.indices.map {
                    hasIDs && $0 == blocks.count - 1
                }
        )
        return try blocks.map { "`\(try short($0))`" }.joined(separator: ", ")
    }

    /// A line of JSON as the block of events that says the same.
    private static func block(_ line: Substring) throws -> Substring {
        let event = try json(String(line))
        let name = event["event"]?.stringValue ?? ""
        let id = event["id"]?.stringValue.map { "id: \($0)\n" } ?? ""
        var data: [UInt8] = []
        event["data"]?.write(into: &data)
        let text = event["data"]?.stringValue ?? String(decoding: data, as: UTF8.self)
        return "event: \(name)\n\(id)data: \(text)"
    }

    /// A block as its event's name and its data, without what other tests look at.
    private static func short(_ block: Substring) throws -> String {
        var name = ""
        var data = ""
        for line in block.split(separator: "\n") {
            if line.hasPrefix("event: ") { name = line.dropFirst(7) + " " }
            if line.hasPrefix("data: ") { data = String(line.dropFirst(6)) }
        }
        guard data != "[DONE]" else { return name + data }
        return name + short(try json(data))
    }

    private static func short(_ message: JSON) -> String {
        let status = message["status"]?.stringValue.map { "\"status\":\"\($0)\"" } ?? ""
        if let error = message["error"] {
            let type = error["type"]?.stringValue
            let known = type == "t" ? "{…}" : "{\"type\":\"\(type ?? "")\",…}"
            let what = error.stringValue == nil ? known : "\"…\""
            return "{\"error\":\(what)\(status.isEmpty ? "" : ",")\(status)}"
        }
        if let content = message["content"]?.stringValue {
            return "{\"content\":\"\(content)\",\(status)}"
        }
        guard let choice = message["choices"]?.arrayValue?.first else { return "{\(status),…}" }
        return "{…\"finish_reason\":\"\(choice["finish_reason"]?.stringValue ?? "")\"…}"
    }

    // MARK: What the page says

    private struct NoTable: Error {}

    /// The cells of the table, row by row, without the line below the titles.
    private static func table() throws -> [[String]] {
        let lines = try page().split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.firstIndex(where: { $0.hasPrefix("| ending |") }) else {
            throw NoTable()
        }
        let rows = lines[first...].prefix { $0.hasPrefix("|") }
        return rows.enumerated().filter { $0.offset != 1 }.map { _, row in
            row.dropFirst(2).dropLast(2).split(separator: " | ").map(String.init)
        }
    }

    private static func page() throws -> String {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        guard let file = fopen(root + "/docs/protocols.md", "r") else { throw NoTable() }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
