import ChatFormats
import Testing
import Wire

@testable import Generations
@testable import Relay
@testable import Simulator

/// A client that was cut at any byte of a stream comes back and gets the whole answer.
@Suite struct EveryByteTests {
    /// Line breaks, characters of two to four bytes, and tokens that are nothing but these.
    private static let text = "Größe 👋\n\ntwo €"

    /// A client whose connection may break after any byte: it has only whole events, and the last
    /// id that it got (HTML §9.2.6: an unfinished block is dropped, with its id).
    private struct Listener {
        private enum Place { case head, size, chunk(left: Int), chunkEnd }

        private(set) var events: [Event] = []
        var id: String { String(decoding: decoder.lastEventID, as: UTF8.self) }
        private var decoder = EventDecoder()
        private var place = Place.head
        private var line: [UInt8] = []

        /// Takes one byte of a chunked answer.
        mutating func take(_ byte: UInt8) throws {
            if case .chunk(let left) = place {
                place = left > 1 ? .chunk(left: left - 1) : .chunkEnd
                return try decode(byte)
            }
            line.append(byte)
            guard line.suffix(2) == [13, 10] else { return }
            let text = String(decoding: line.dropLast(2), as: UTF8.self)
            line = []
            switch place {
            case .head: if text.isEmpty { place = .size }
            case .size: place = .chunk(left: try #require(Int(text, radix: 16)))
            case .chunkEnd: place = .size
            case .chunk: break
            }
        }

        private mutating func decode(_ byte: UInt8) throws {
            var offset = 0
            while try decoder.next([byte].span, from: &offset) {
                var event = Event()
                event.name = String(decoding: decoder.name, as: UTF8.self)
                event.data = String(decoding: decoder.data, as: UTF8.self)
                events.append(event)
            }
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: Dialect.eventStreams)
    func `a client cut at every single byte has the whole answer`(dialect: Dialect) async throws {
        try await withRelay { relay in
            let model = "simulator?interval_ms=1&say=\(encoded(Self.text))"
            let target =
                "/chat/stream?prompt=hi&stream=my-own&format=\(dialect.name)"
                + "&model=\(encoded(model))"
            let first = try relay.connect()
            first.request("GET", target, ["Connection": "close"])
            let bytes = try first.readToEnd()
            var whole = Listener()
            for byte in bytes { try whole.take(byte) }
            #expect(spoken(in: whole.events, as: dialect) == Self.text)
            let tokens = whole.events.count { !spoken(by: $0, as: dialect).isEmpty }
            #expect(tokens > 3)

            // A browser asks for the same URL again, with the id if it got one.
            let client = try relay.connect()
            var resumed = 0
            var had = Listener()
            for cut in 0...bytes.count {
                if cut > 0 { try had.take(bytes[cut - 1]) }
                let fields: HeaderFields = had.id.isEmpty ? [:] : ["Last-Event-ID": had.id]
                client.request("GET", target, fields)
                let status = try client.readHead().status
                let rest = try client.readEvents()
                let isOver = had.events.last == whole.events.last
                #expect(status == (isOver ? 204 : 200), "cut at \(cut)")
                if status == 200, !had.id.isEmpty { resumed += 1 }
                let joined = had.events + rest
                #expect(spoken(in: joined, as: dialect) == Self.text, "cut at \(cut)")
                #expect(joined.last?.data == whole.events.last?.data, "cut at \(cut)")
                let count = joined.count { !spoken(by: $0, as: dialect).isEmpty }
                #expect(count == tokens, "cut at \(cut)")
            }
            #expect(resumed > 200)
            #expect(relay.calls(model).calls == 1)
        }
    }
}
