import ChatFormats
import Glibc
import Testing
import Wire

/// Provider x ending x dialect: what upstreams send, and the exact bytes that clients get.
@Suite struct GoldenTableTests {
    /// The endings that every file has, each with what it is called by the relay.
    private static let endings: [(name: String, ending: Ending)] = [
        ("complete", .complete), ("length", .length), ("filtered", .filtered),
        ("tool_calls", .toolCalls), ("error", .upstreamError), ("cut", .truncated),
        ("unknown", .complete),
    ]

    /// The cells of what only some providers do: where the others have text, they have nothing new.
    private static let tellingCells = ["events", "openai", "openai in one piece", "history"]

    private static func answer(_ file: GoldenFile, _ upstream: String) -> GoldenAnswer {
        GoldenAnswer(file.provider, asking: file.model, [Array(upstream.utf8)[...]])
    }

    @Test(arguments: GoldenFile.names)
    func `every cell of the table has the exact frames`(name: String) throws {
        let file = try GoldenFile.named(name)
        var now = file
        for (index, ending) in file.endings.enumerated() {
            let isUsual = index < Self.endings.count
            now.endings[index].cells = Self.answer(file, ending.upstream).cells.filter {
                isUsual || Self.tellingCells.contains($0.name)
            }
        }
        guard getenv("WRITE_GENERATED") == nil else { return now.write(name) }
        for (old, new) in zip(file.endings, now.endings) {
            #expect(old.cells.map(\.name) == new.cells.map(\.name), "\(name), \(old.name)")
            for (cell, found) in zip(old.cells, new.cells) {
                #expect(
                    found.text == cell.text,
                    """
                    \(name), \(old.name), \(cell.name): WRITE_GENERATED=1 swift test --filter \
                    GoldenTableTests writes it anew
                    """
                )
            }
        }
    }

    @Test(arguments: GoldenFile.names)
    func `an answer ends as its row says, with every provider`(name: String) throws {
        let file = try GoldenFile.named(name)
        #expect(file.endings.prefix(Self.endings.count).map(\.name) == Self.endings.map(\.name))
        for (row, (_, ending)) in zip(file.endings, Self.endings) {
            let answer = Self.answer(file, row.upstream)
            #expect(answer.ending == ending, "\(row.name)")
            let native = answer.entries.last?.contains("native_finish_reason")
            if row.name == "unknown" { #expect(native == true) }
        }
    }

    @Test func `the table has the usual providers and stays small enough to be read`() {
        #expect(GoldenFile.names.count >= 20)
        #expect(GoldenFile.names.reduce(0) { $0 + GoldenFile.size(of: $1) } < 440_000)
    }

    @Test(arguments: GoldenFile.names)
    func `ndjson has each event of events as a line`(name: String) throws {
        let file = try GoldenFile.named(name)
        for row in file.endings {
            let answer = Self.answer(file, row.upstream)
            let lines = answer.events.split(separator: "\n\n").map(Self.line)
            #expect(answer.ndjson == lines.map { $0 + "\n" }.joined(), "\(row.name)")
        }
    }

    /// An event as a line of JSON.
    private static func line(_ event: Substring) -> String {
        var (name, id, data) = ("", "", [Substring]())
        for line in event.split(separator: "\n") {
            if line.hasPrefix("event: ") { name = String(line.dropFirst(7)) }
            if line.hasPrefix("id: ") { id = ",\"id\":\"\(line.dropFirst(4))\"" }
            if line.hasPrefix("data: ") { data.append(line.dropFirst(6)) }
        }
        let text = data.joined(separator: "\n")
        let isText = ["token", "reasoning", "refusal", "done"].contains(name)
        var value: [UInt8] = []
        if isText { JSONText.appendString(text, into: &value) } else { value = Array(text.utf8) }
        return "{\"event\":\"\(name)\"\(id),\"data\":\(String(decoding: value, as: UTF8.self))}"
    }

    // MARK: Keep-alive

    /// What servers send to keep a connection alive: a line anywhere.
    private static let comments = [": keep-alive\n", ":\n", ": OPENROUTER PROCESSING\r\n"]
    /// The same as an event of its own.
    private static let beats = [
        ": ping\n\n", "\n", "event: ping\n\n", "event: ping\ndata: {\"type\": \"ping\"}\n\n",
        "data:\n\n", "data: {}\n\n", "data: ping\n\n", "data: null\n\n", "retry: 3000\n\n",
        "id: 7\n\n", "data: {\"choices\":[]}\n\n",
    ]

    @Test(arguments: GoldenFile.names)
    func `a sign of life at any place changes nothing of the answer`(name: String) throws {
        let file = try GoldenFile.named(name)
        for row in file.endings {
            let expected = Self.answer(file, row.upstream).entries
            let bytes = Array(row.upstream.utf8)
            // What is no event stream has no comments.
            guard bytes.first != UInt8(ascii: "{"), bytes.first != UInt8(ascii: "[") else {
                continue
            }
            let places = bytes.indices.filter { $0 == 0 || bytes[$0 - 1] == UInt8(ascii: "\n") }
            for place in places {
                let isBetween = place == 0 || (place > 1 && bytes[place - 2] == UInt8(ascii: "\n"))
                for beat in Self.comments + (isBetween ? Self.beats : []) {
                    let body = bytes[..<place] + Array(beat.utf8) + bytes[place...]
                    let found = GoldenAnswer(file.provider, asking: file.model, [body[...]])
                    #expect(found.entries == expected, "\(row.name): \(beat) at \(place)")
                }
            }
        }
    }

    @Test(arguments: GoldenFile.names)
    func `the answer is the same however its bytes arrive`(name: String) throws {
        let file = try GoldenFile.named(name)
        for row in file.endings {
            let bytes = Array(row.upstream.utf8)
            let expected = Self.answer(file, row.upstream).entries
            for length in [1, 7, 64] {
                let pieces = stride(from: 0, to: bytes.count, by: length).map {
                    bytes[$0..<min($0 + length, bytes.count)]
                }
                let found = GoldenAnswer(file.provider, asking: file.model, pieces)
                #expect(found.entries == expected, "\(row.name) in pieces of \(length)")
            }
        }
    }
}
