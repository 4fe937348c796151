import TestSupport
import Testing
import Wire

@Suite struct EventWriterTests {
    @Test(arguments: [
        ("a", "data: a\n"), ("", "data: \n"), (" a", "data:  a\n"), ("a\nb", "data: a\ndata: b\n"),
        ("a\r\nb\rc\n", "data: a\ndata: b\ndata: c\ndata: \n"), ("\n", "data: \ndata: \n"),
        ("\r\n", "data: \ndata: \n"), ("\n\r", "data: \ndata: \ndata: \n"),
        ("data: x\n\nevent: y", "data: data: x\ndata: \ndata: event: y\n"),
        ("é\u{2028}\u{85}\u{B}", "data: é\u{2028}\u{85}\u{B}\n"),
    ])
    func `each line of a text gets a data line`(_ text: String, _ expected: String) {
        #expect(written { EventWriter.appendData(text.utf8.span, into: &$0) } == expected)
    }

    @Test func `whatever text is written is read back with its line ends as line feeds`() {
        var random = SeededGenerator(seed: 925)
        for _ in 0..<500 {
            let pieces = [
                "\n", "\r", "\r\n", "data: ", ":", " ", "", "token", "\u{FEFF}", "é", "\u{0}",
            ]
            let text = (0..<6).compactMap { _ in pieces.randomElement(using: &random) }.joined()
            var stream: [UInt8] = []
            EventWriter.appendID("g.1".utf8.span, into: &stream)
            EventWriter.appendData(text.utf8.span, into: &stream)
            EventWriter.endEvent(into: &stream)
            EventWriter.appendComment("keep-alive", into: &stream)
            // In Swift CRLF is one character, which this relies on.
            let normal = String(text.map { $0 == "\r\n" || $0 == "\r" ? "\n" : $0 })
            let expected = ReadEvent(data: Array(normal.utf8), id: Array("g.1".utf8))
            #expect(EventReading(pieces: random.cut(stream)).events == [expected])
        }
    }

    @Test func `fields are lines and a comment ends with one line feed`() {
        #expect(written { EventWriter.appendName("token", into: &$0) } == "event: token\n")
        #expect(written { EventWriter.appendRetry(2000, into: &$0) } == "retry: 2000\n")
        #expect(written { EventWriter.appendRetry(-1, into: &$0) } == "retry: 0\n")
        #expect(written { EventWriter.appendComment("ping", into: &$0) } == ": ping\n")
        #expect(written { EventWriter.appendID("a.7".utf8.span, into: &$0) } == "id: a.7\n")
        #expect(written { EventWriter.endEvent(into: &$0) } == "\n")
    }

    @Test func `an id cannot begin another field`() {
        let id = "1\n\r\u{0}data: x"
        #expect(written { EventWriter.appendID(id.utf8.span, into: &$0) } == "id: 1data: x\n")
    }

    private func written(_ write: (inout [UInt8]) -> Void) -> String {
        var output: [UInt8] = []
        write(&output)
        return String(decoding: output, as: UTF8.self)
    }
}
