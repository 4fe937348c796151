import Testing
import Wire

@testable import relay_bench

/// What a client that comes back gets first.
@Suite struct MissingTokenTests {
    /// An answer that goes on with three tokens.
    private static func answer(from first: Int) -> [UInt8] {
        let tokens = (first..<first + 3).map { number in
            "id: Abc.\(number)\nevent: token\ndata: 12345678\(number % 10) \n\n"
        }
        let body = ": a comment\n" + tokens.joined()
        let head = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        return Array((head + body).utf8)
    }

    @Test func `the first token counts, and the newest event is remembered`() throws {
        var token = MissingToken(after: "Abc.6")
        let isThere = try token.receive(Self.answer(from: 7).span)
        #expect(isThere)
        #expect(token.stamp == 123_456_787)
        #expect(token.newestEventID == "Abc.9")
    }

    @Test func `half an event is no token`() throws {
        let bytes = Self.answer(from: 7)
        let text = String(decoding: bytes, as: UTF8.self)
        let end = try #require(text.split(separator: "1234").first).utf8.count
        var token = MissingToken(after: "Abc.6")
        let isThere = try token.receive(bytes.span.extracting(..<end))
        #expect(!isThere)
        let isThereThen = try token.receive(bytes.span.extracting(end...))
        #expect(isThereThen)
    }

    @Test func `on the first visit any token will do`() throws {
        var token = MissingToken(after: nil)
        let isThere = try token.receive(Self.answer(from: 3).span)
        #expect(isThere)
        #expect(token.newestEventID == "Abc.5")
    }

    @Test(arguments: [5, 6, 8])
    func `a token that is left out or comes twice is an error`(first: Int) {
        #expect(throws: MissingToken.Failure.notNext(lastEventID: "Abc.6", found: "Abc.\(first)")) {
            var token = MissingToken(after: "Abc.6")
            _ = try token.receive(Self.answer(from: first).span)
        }
    }

    @Test func `an end without a token is an error`() {
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
        #expect(throws: MissingToken.Failure.ended) {
            var token = MissingToken(after: "Abc.6")
            _ = try token.receive(head.span)
        }
    }

    @Test func `a status that says there is nothing more is an error`() {
        let head = Array("HTTP/1.1 204 No Content\r\n\r\n".utf8)
        #expect(throws: ResponseReader.Failure.refused(status: 204)) {
            var token = MissingToken(after: "Abc.6")
            _ = try token.receive(head.span)
        }
    }
}
