import Testing
import Wire

@testable import relay_bench

/// What the clients of the benchmark understand.
@Suite struct ResponseReaderTests {
    private static let chunked = """
        HTTP/1.1 200 OK\r\nServer: a\r\nTransfer-Encoding: Chunked\r\n\r\n\
        9\r\ndata: a\n\n\r\nf;x=y\r\ndata: 12345678\n\r\n1\r\n\n\r\n0\r\n\r\n
        """
    private static let fixed = "HTTP/1.0 200 Fine\r\ncontent-length: 9\r\n\r\ndata: a\n\n"

    private static func read(
        _ pieces: [ArraySlice<UInt8>]
    ) throws -> (text: String, isDone: Bool) {
        var reader = ResponseReader()
        var content: [UInt8] = []
        var isDone = false
        for piece in pieces {
            #expect(!isDone, "complete before its end")
            isDone = try reader.receive(Array(piece).span, into: &content)
        }
        return (String(decoding: content, as: UTF8.self), isDone)
    }

    @Test(arguments: [
        (chunked, "data: a\n\ndata: 12345678\n\n"), (fixed, "data: a\n\n"),
    ])
    func `a response reads the same however it was cut`(response: String, body: String) throws {
        let bytes = Array(response.utf8)
        for cut in 1..<bytes.count {
            let (text, isDone) = try Self.read([bytes[..<cut], bytes[cut...]])
            #expect(text == body)
            #expect(isDone)
        }
        let single = try Self.read(bytes.indices.map { bytes[$0...$0] })
        #expect(single.text == body)
        #expect(single.isDone)
    }

    @Test func `a response that was cut short is not complete`() throws {
        let bytes = Array(Self.chunked.utf8)
        #expect(try !Self.read([bytes.dropLast(2)]).isDone)
    }

    @Test(arguments: [
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", ResponseReader.Failure.refused(status: 502)),
        ("HTTP/1.1 200 OK\r\n\r\n", .badHead),
        ("SPDY 200\r\n\r\n", .badHead),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", .badBody),
    ])
    func `any other response is refused`(response: String, failure: ResponseReader.Failure) {
        #expect(throws: failure) { try Self.read([Array(response.utf8)[...]]) }
    }

    @Test(arguments: [
        ("{\"choices\":[{\"delta\":{\"content\":\"123456789012 \"}}]}", 123_456_789_012),
        ("{\"created\":1790000000,\"content\":\"987654321 \"}", 987_654_321),
        ("987654321 ", 987_654_321),
    ])
    func `a stamp is the long number before a blank`(data: String, stamp: UInt64) {
        #expect(Stamp.find(Array(data.utf8).span) == stamp)
    }

    @Test(arguments: ["", "[DONE]", "{\"created\":1790000000,\"n\":\"12345678 \"}", "123456789"])
    func `an event without a stamp is no token`(data: String) {
        #expect(Stamp.find(Array(data.utf8).span) == nil)
    }
}
