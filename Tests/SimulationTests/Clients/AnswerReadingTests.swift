import ChatFormats
import Testing
import Wire

@testable import simulate

/// What clients understand of what the relay's own writers write.
@Suite struct AnswerReadingTests {
    private static func answers(_ ending: Ending) -> [PlayedAnswer] {
        PlayedAnswer.forms.map { PlayedAnswer(dialect: $0.0, places: $0.1, ending: ending) }
    }

    @Test(arguments: Ending.allCases)
    func everyDialectShowsTheSameText(ending: Ending) {
        for answer in Self.answers(ending) {
            let (reading, news) = answer.read(answer.bytes, cutAt: [])
            #expect(reading.shown == answer.texts.joined(), "\(answer.dialect)")
            #expect(reading.generation == "0abc")
            #expect(news.first == .named("0abc"))
            for event in news { if case .odd(let what) = event { Issue.record("\(what)") } }
        }
    }

    @Test(arguments: Ending.allCases)
    func theEndingThatIsToldFitsTheOneThatWas(ending: Ending) throws {
        for answer in Self.answers(ending) {
            let (reading, news) = answer.read(answer.bytes, cutAt: [])
            let told = try #require(reading.ending)
            #expect(told.fits(ending), "\(answer.dialect) \(told)")
            #expect(news.last == .end(told))
            #expect(
                (told == .finished(.complete)) == (ending == .complete && told != .finishedSomehow)
            )
            if case .failed(_, let code?) = told { #expect(code == "9") }
            // What says less than the others says nothing that is wrong.
            for other in Ending.allCases where other.isFinish != ending.isFinish {
                if told != .cut { #expect(!told.fits(other), "\(answer.dialect) \(told)") }
            }
        }
    }

    @Test func entriesHaveTheirPlaces() {
        for answer in Self.answers(.complete) where answer.places == .given {
            let (reading, news) = answer.read(answer.bytes, cutAt: [])
            var texts: [Int: String] = [:]
            for case .entry(let place, let text) in news { texts[place.number] = text }
            for (index, text) in answer.texts.enumerated() {
                #expect(texts[index + 2] == text, "\(answer.dialect)")
            }
            #expect(reading.place == EntryPlace(generation: "0abc", number: answer.last))
        }
    }

    @Test(arguments: [Ending.length, .truncated])
    func itDoesNotMatterHowTheBytesAreCut(ending: Ending) {
        for answer in Self.answers(ending) {
            let bytes = answer.bytes
            let (whole, _) = answer.read(bytes, cutAt: [])
            let expected = Self.said(answer.read(bytes, cutAt: []).1)
            let (reading, news) = answer.read(bytes, cutAt: bytes.indices)
            #expect(Self.said(news) == expected, "\(answer.dialect)")
            #expect(reading.shown == whole.shown)
            // Each byte by itself has shown every place; this shows that pieces may be long.
            for cut in stride(from: 1, to: bytes.count, by: 7) {
                #expect(Self.said(answer.read(bytes, cutAt: [cut]).1) == expected)
            }
        }
    }

    /// What was said, with neighbouring texts as one: `plain` has no seams between them.
    private static func said(_ news: [AnswerEvent]) -> [AnswerEvent] {
        var said: [AnswerEvent] = []
        for event in news where event != .beside {
            if case .text(let more) = event, case .text(let text)? = said.last {
                said[said.count - 1] = .text(text + more)
            } else {
                said.append(event)
            }
        }
        return said
    }

    @Test func whatIsCutAnywhereNeverLooksWhole() {
        for answer in Self.answers(.complete) {
            let bytes = answer.bytes
            for end in bytes.indices.dropLast(3) {
                let reading = AnswerReading(answer.request)
                reading.began(200, [:])
                reading.wrote(Array(bytes[..<end]))
                reading.ended(isWhole: false)
                #expect(reading.ending == .cut, "\(answer.dialect)")
                #expect(answer.texts.joined().utf8.starts(with: reading.shown.utf8))
            }
        }
    }

    @Test func theWholeTextReplacesWhatTheClientHas() {
        for dialect in [Dialect.events, .ndjson] {
            let answer = PlayedAnswer(dialect: dialect, places: .given, ending: .complete)
            let earlier = AnswerReading(answer.request)
            earlier.began(200, [:])
            earlier.wrote(Array(answer.bytes.prefix(answer.bytes.count / 2)))
            let reading = AnswerReading(answer.request, after: earlier)
            #expect(reading.shown == earlier.shown && !reading.shown.isEmpty)
            reading.began(200, ["X-Stream-Id": "0abc"])
            reading.wrote(answer.restored)
            reading.ended(isWhole: true)
            #expect(reading.shown == answer.texts.joined())
            #expect(
                Self.said(reading.takeNews()) == [
                    .restored(answer.texts.joined()), .end(.finished(.complete)),
                ]
            )
            #expect(reading.place == EntryPlace(generation: "0abc", number: 3, in: .record))
        }
    }

    @Test(arguments: [Ending.complete, .length, .filtered, .abandoned])
    func anAnswerInOnePieceSaysTheSame(ending: Ending) throws {
        let answer = PlayedAnswer(dialect: .openai, places: .none, ending: ending)
        let reading = AnswerReading(ClientRequest("GET", "/", expected: .completion))
        reading.began(200, [:])
        for byte in answer.completion { reading.wrote([byte]) }
        reading.ended(isWhole: true)
        #expect(reading.shown == answer.texts.joined())
        #expect(try #require(reading.ending).fits(ending))
        #expect(reading.takeNews().count == 3)
    }

    @Test func aRefusalIsReadWithItsCode() {
        for request in [
            ClientRequest("GET", "/", expected: .completion),
            ClientRequest("GET", "/", expected: .stream(.events, .given)),
        ] {
            let reading = AnswerReading(request)
            reading.began(429, [:])
            reading.wrote(Array(#"{"error":{"type":"a","message":"b","code":"c"}}"#.utf8))
            reading.ended(isWhole: true)
            #expect(
                reading.takeNews() == [.refused(Refusal(status: 429, type: "a", code: "c"))]
            )
        }
    }

    @Test func anEventSourceIsRefusedByAnEvent() {
        let reading = AnswerReading(ClientRequest("GET", "/", expected: .stream(.events, .given)))
        reading.began(200, [:])
        reading.wrote(Array("retry: 9000\nevent: error\ndata: ".utf8))
        reading.wrote(Array(#"{"error":{"type":"a","code":"c"},"status":"refused"}"#.utf8))
        reading.wrote(Array("\n\n".utf8))
        reading.ended(isWhole: true)
        #expect(reading.takeNews() == [.refused(Refusal(status: nil, type: "a", code: "c"))])
        #expect(reading.ending == nil && reading.refusal != nil)
    }

    @Test func whatIsOddIsSaid() {
        let texts = [
            "event: done\ndata: [DONE]\n\n", "event: other\ndata: 1\n\n",
            "id: 0abc.2\nevent: token\ndata: a\n\nid: 0abc.2\nevent: token\ndata: a\n\n",
            "id: 0abc.1\nevent: token\ndata: a\n\nid: 0abd.2\nevent: token\ndata: a\n\n",
            "event: error\ndata: {\"error\":{}}\n\nid: 0abc.2\nevent: token\ndata: a\n\n",
            "event: token\ndata: a\n",
        ]
        for text in texts {
            let reading = AnswerReading(
                ClientRequest("GET", "/", expected: .stream(.events, .given))
            )
            reading.began(200, [:])
            reading.wrote(Array(text.utf8))
            reading.ended(isWhole: true)
            let isOdd = reading.takeNews().contains {
                if case .odd = $0 { true } else { false }
            }
            #expect(isOdd, "\(text)")
        }
    }
}
