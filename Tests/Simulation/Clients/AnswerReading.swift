import ChatFormats
import Wire

/// Reads one answer as its client does, from bytes in whatever pieces they come.
///
/// The same entry has the same text in every dialect, as long as upstreams send text and reasoning
/// alone: reasoning is no text, and only `events`, `ndjson` and `openai` show it. Of a CR, the
/// event streams with raw text make an LF. Pieces of one entry, of which only the last has an id,
/// are one event here, and nothing of it counts before its id is there.
final class AnswerReading {
    /// What was understood and not taken yet, in order.
    private var news: [AnswerEvent] = []
    /// The text that the client shows now.
    private(set) var shown: String
    /// The last event's place, with which the client comes back.
    private(set) var place: EntryPlace?
    /// The answer's id, once it is known.
    private(set) var generation: String?
    /// How the answer ended, once that was told.
    private(set) var ending: ToldEnding?
    /// Why there is no answer, once that was told.
    private(set) var refusal: Refusal?
    /// The status, once the answer has begun.
    private(set) var status: Int?
    /// The content of what is read in one piece.
    private(set) var body: [UInt8] = []
    /// Whether nothing follows.
    private(set) var isOver = false

    private let expected: ClientRequest.Expected
    private var stream: StreamReading?
    /// The last event's place before the client came back.
    private let before: EntryPlace?

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - request: what was asked, which says in what form the answer comes.
    ///   - earlier: what the client has of the answer, where it comes back for more.
    init(_ request: ClientRequest, after earlier: AnswerReading? = nil) {
        expected = request.expected
        shown = earlier?.shown ?? ""
        place = earlier?.place
        before = earlier?.place
        generation = earlier?.generation
        if case .stream(let dialect, let places) = expected {
            stream = StreamReading(dialect, places)
        }
    }

    /// Gives what was understood since the last time.
    func takeNews() -> [AnswerEvent] {
        defer { news.removeAll(keepingCapacity: true) }
        return news
    }

    // MARK: What comes

    /// The head is there.
    func began(_ status: Int, _ fields: HeaderFields) {
        if self.status != nil { note(.odd("a second head")) }
        self.status = status
        if let id = fields.first("X-Stream-Id") { name(id) }
    }

    /// Content is there.
    func wrote(_ bytes: [UInt8]) {
        if isOver { note(.odd("content after the end")) }
        guard status == 200, stream != nil else { return body += bytes }
        stream?.read(bytes) { take($0) }
    }

    /// Nothing follows; `isWhole` where the connection was not lost.
    func ended(isWhole: Bool) {
        if isOver { note(.odd("a second end")) }
        isOver = true
        guard status == 200, stream != nil else { return readBody(isWhole: isWhole) }
        stream?.end(isWhole: isWhole) { take($0) }
        if ending == nil, refusal == nil {
            if isWhole { note(.odd("a stream that ends in order without saying how")) }
            end(.cut)
        }
    }

    private func readBody(isWhole: Bool) {
        guard isWhole else {
            if expected != .other { end(.cut) }
            return
        }
        switch (status, expected) {
        case (204, _): if expected != .other { note(.nothingMore) }
        case (202, .announcement): announced()
        case (200, .completion): CompletionReading.read(body) { take($0) }
        case (200, .other): return
        case (let status?, _) where status >= 400:
            refuse(Refusal(status, Self.member("error", of: body)))
        default: note(.odd("the status \(status ?? 0)"))
        }
    }

    private func announced() {
        let id = Self.member("id", of: body)?.stringValue
        if let id { name(id) } else { note(.odd("an announcement without an id")) }
        note(.announced)
    }

    private static func member(_ name: String, of body: [UInt8]) -> JSON? {
        (try? JSON.parse(body.span))?[name]
    }

    // MARK: What it means

    private func take(_ word: AnswerWord) {
        switch word {
        case .named(let id): name(id)
        case .entry(let place, let text):
            if ending != nil { note(.odd("an entry after the end")) }
            move(to: place)
            if !text.isEmpty, before?.reaches(place) == true {
                note(.odd("\(place.id) again"))
            }
            shown += text
            note(.entry(place, text))
        case .text(let text):
            if ending != nil { note(.odd("text after the end")) }
            shown += text
            note(.text(text))
        case .restored(let place, let text):
            shown = text
            if let place { move(to: place) }
            note(.restored(text))
        case .end(let place, let ending):
            if let place { move(to: place) }
            end(ending)
        case .refused(let refusal): refuse(refusal)
        case .beside: note(.beside)
        case .odd(let what): note(.odd(what))
        }
    }

    private func note(_ event: AnswerEvent) { news.append(event) }

    private func refuse(_ refusal: Refusal) {
        self.refusal = refusal
        note(.refused(refusal))
    }

    private func end(_ told: ToldEnding) {
        guard ending == nil else { return note(.odd("a second ending")) }
        ending = told
        note(.end(told))
    }

    private func name(_ id: String) {
        guard let generation else {
            generation = id
            return note(.named(id))
        }
        if generation != id { note(.odd("\(id) in the answer \(generation)")) }
    }

    private func move(to next: EntryPlace) {
        name(next.generation)
        // After a loss of power the relay may have less than the client, which gets the end then.
        if let place, place != before, place.reaches(next) {
            note(.odd("\(next.id) after \(place.id)"))
        }
        place = next
    }
}

extension Refusal {
    /// Reads an error, in the server's form or OpenAI's.
    init(_ status: Int?, _ error: JSON?) {
        self.init(
            status: status,
            type: error?["type"]?.stringValue,
            code: error?["code"]?.stringValue
        )
    }
}
