import ChatFormats
import Wire

/// Takes the bytes of a stream apart, and says what each frame means.
struct StreamReading {
    /// How frames are told apart.
    private enum Framing {
        case blocks
        case lines
        case none
    }

    private let framing: Framing
    private let frames: FrameReading
    private let places: ClientRequest.Places
    private var blocks = BlockReading()
    /// A line that is not whole, or the beginning of a character.
    private var rest: [UInt8] = []
    /// The pieces of an entry whose last piece, which has the id, has not come.
    private var held = ""
    /// What was said of the end before its mark.
    private var outcome: ToldEnding?

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - dialect: what it is written in.
    ///   - places: whether events have ids.
    init(_ dialect: Dialect, _ places: ClientRequest.Places) {
        self.places = places
        switch dialect {
        case .ndjson: framing = .lines
        case .plain: framing = .none
        default: framing = .blocks
        }
        frames = FrameReading(dialect)
    }

    /// Reads on.
    mutating func read(_ bytes: [UInt8], _ take: (AnswerWord) -> Void) {
        switch framing {
        case .blocks: readBlocks(bytes, take)
        case .lines: readLines(bytes, take)
        case .none: readText(bytes, take)
        }
    }

    /// Takes the end; `isWhole` where the connection was not lost.
    mutating func end(isWhole: Bool, _ take: (AnswerWord) -> Void) {
        switch framing {
        case .blocks:
            if isWhole, !blocks.isBetweenBlocks { take(.odd("a stream that ends in a block")) }
        case .lines:
            if isWhole, !rest.isEmpty { take(.odd("a stream that ends in a line")) }
        case .none:
            if isWhole { take(.end(nil, .finished(.complete))) }
        }
    }

    private mutating func readBlocks(_ bytes: [UInt8], _ take: (AnswerWord) -> Void) {
        let comments = blocks.commentCount
        let whole = blocks.read(bytes)
        if blocks.commentCount > comments { take(.beside) }
        for block in whole {
            let id = block.id.map { String(decoding: $0, as: UTF8.self) }
            guard let data = block.data else {
                take(id == nil ? .beside : .odd("an id without an event"))
                continue
            }
            let name = String(decoding: block.name, as: UTF8.self)
            takeFrame(id, frames.read(name, data), take)
        }
    }

    private mutating func readLines(_ bytes: [UInt8], _ take: (AnswerWord) -> Void) {
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            rest += bytes[start..<end]
            start = end + 1
            defer { rest.removeAll(keepingCapacity: true) }
            guard !rest.isEmpty else {
                take(.beside)
                continue
            }
            guard let event = try? JSON.parse(rest.span), let data = event["data"] else {
                take(.odd("a line that is no event"))
                continue
            }
            let name = event["event"]?.stringValue ?? ""
            takeFrame(event["id"]?.stringValue, frames.read(name, data), take)
        }
        rest += bytes[start...]
    }

    private mutating func readText(_ bytes: [UInt8], _ take: (AnswerWord) -> Void) {
        rest += bytes
        let whole = rest.count - Self.begunBytes(rest)
        guard whole > 0 else { return }
        take(.text(String(decoding: rest[..<whole], as: UTF8.self)))
        rest.removeFirst(whole)
    }

    /// How many bytes at the end begin a character whose rest has not come.
    private static func begunBytes(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte < 0x80 { return 0 }
            guard byte >= 0xC0 else { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
            return length > back ? back : 0
        }
        return 0
    }

    // MARK: Frames

    private mutating func takeFrame(
        _ id: String?,
        _ meanings: [FrameMeaning],
        _ take: (AnswerWord) -> Void
    ) {
        var (text, whole, told): (String?, String?, ToldEnding?)
        for meaning in meanings {
            switch meaning {
            case .named(let id): take(.named(id))
            case .text(let more): text = (text ?? "") + more
            case .restored(let all): whole = all
            case .outcome(let ending): outcome = ending
            case .mark:
                told = outcome ?? frames.unspoken(places)
                if told == nil { take(.odd("an end mark without a word before")) }
            case .failure(let ending): told = ending
            case .refused(let refusal): return take(.refused(refusal))
            case .odd(let what): take(.odd(what))
            }
        }
        let place = id.flatMap { EntryPlace($0) }
        if let id, place == nil || places == .none { take(.odd("the id \(id)")) }
        if let told {
            take(.end(place, told))
        } else if let whole {
            take(.restored(place, whole))
        } else if places == .none {
            take(text.map { $0.isEmpty ? .beside : .text($0) } ?? .beside)
        } else {
            held += text ?? ""
            guard let place else { return take(.beside) }
            take(.entry(place, held))
            held = ""
        }
    }
}
