import TestSupport
import Testing
import Wire

@Suite struct EventDecoderTests {
    @Test(arguments: samples)
    func `a stream reads the same however it is cut`(_ sample: Sample) {
        let reading = SplitFeed(sample.stream).expectSameOutcome { EventReading(pieces: $0) }
        #expect(reading.events == sample.events)
        #expect(reading == EventReading(asTheStandardSays: Array(sample.stream.utf8)))
    }

    @Test func `bytes that are not text come out as they came in`() {
        let bytes: [UInt8] = Array("data: ".utf8) + [0xFF, 0x00, 0xC0, 0xE2, 0x82] + [0x0A, 0x0A]
        let reading = SplitFeed(bytes).expectSameOutcome { EventReading(pieces: $0) }
        #expect(reading.events == [.init(data: [0xFF, 0x00, 0xC0, 0xE2, 0x82])])
    }

    @Test(
        arguments: [
            [0xEF, 0xBB], [0xEF], [0xEF, 0xBB, 0x41], [0xEF, 0xEF, 0xBB, 0xBF],
            [0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF],
        ] as [[UInt8]]
    )
    func `a broken byte order mark belongs to the line`(_ start: [UInt8]) {
        let bytes = start + Array("data: lost\ndata: kept\n\n".utf8)
        let reading = SplitFeed(bytes).expectSameOutcome { EventReading(pieces: $0) }
        #expect(reading.events == [.init(data: Array("kept".utf8))])
    }

    @Test(arguments: ["\n", "\r", "\r\n", ""])
    func `an orderly end may give the event that it leaves unfinished`(end: String) {
        for (stream, data) in [("data: a\ndata: b", "a\nb"), (": hi\ndata: a", "a")] {
            let outcome = SplitFeed(stream + end).expectSameOutcome { pieces in
                var decoder = EventDecoder()
                for piece in pieces {
                    var offset = 0
                    #expect(read(&decoder, piece, &offset) == nil)
                }
                let isEvent = (try? decoder.finish()) ?? false
                return isEvent ? String(decoding: decoder.data, as: UTF8.self) : nil
            }
            #expect(outcome == data)
        }
    }

    @Test(arguments: ["", "\n", "data: a\n\n", ": hi", "event: x", "nothing"])
    func `an end without data gives no event`(stream: String) throws {
        var decoder = EventDecoder()
        var offset = 0
        while read(&decoder, Array(stream.utf8), &offset) != nil {}
        #expect(try decoder.finish() == false)
    }

    @Test(arguments: ["error: it broke\n\n", "data: x\nerror:it broke\n\n"])
    func `an error in a field of its own is an event of that name`(stream: String) {
        let reading = SplitFeed(stream).expectSameOutcome { EventReading(pieces: $0) }
        let event = ReadEvent(data: Array("it broke".utf8), name: Array("error".utf8))
        #expect(reading.events == [event])
    }

    @Test func `a carriage return ends an event without waiting for a line feed`() {
        var decoder = EventDecoder()
        let first = Array("data: a\r\r".utf8)
        let second = Array("\ndata: b\r\n\r".utf8)
        let third = Array("\n".utf8)
        var offset = 0
        #expect(read(&decoder, first, &offset) == "a")
        #expect(read(&decoder, first, &offset) == nil)
        offset = 0
        #expect(read(&decoder, second, &offset) == "b")
        offset = 0
        #expect(read(&decoder, third, &offset) == nil)
        #expect(offset == 1)
    }

    @Test func `an event is reported with the offset after it`() {
        var decoder = EventDecoder()
        let bytes = Array("data: a\n\ndata: b\n\n".utf8)
        var offset = 0
        #expect(read(&decoder, bytes, &offset) == "a")
        #expect(offset == 9)
        #expect(read(&decoder, bytes, &offset) == "b")
        #expect(offset == 18)
        #expect(read(&decoder, bytes, &offset) == nil)
    }

    @Test func `the id of a block without data counts and that of an unfinished block does not`() {
        let reading = SplitFeed("id: 1\ndata: a\n\nid: 2\n\nid: 3\ndata: b\n").expectSameOutcome {
            EventReading(pieces: $0)
        }
        #expect(reading.events == [.init(data: Array("a".utf8), id: Array("1".utf8))])
        #expect(reading.lastEventID == Array("2".utf8))
    }

    @Test(arguments: [
        ("retry: 3000\n", 3000), ("retry:0\n", 0), ("retry: 1\nretry: 2x\n", 1),
        ("retry: -1\n", nil),
        ("retry: +1\n", nil), ("retry: 1.5\n", nil), ("retry:\n", nil), ("retry\n", nil),
        ("retry:  1\n", nil), ("retry: 1 \n", nil), ("retry: 007\n", 7), ("retry: 1e3\n", nil),
        ("retry: 5\nretry: 99999999999999999999\n", 5), ("Retry: 1\n", nil), ("retry: 5", nil),
    ])
    func `a reconnection time consists of digits`(_ stream: String, _ expected: Int?) {
        let reading = SplitFeed(stream).expectSameOutcome { EventReading(pieces: $0) }
        #expect(reading.retryMilliseconds == expected)
        #expect(reading.events.isEmpty)
    }

    @Test(
        arguments: [
            ("data:1234\n\n", nil), ("data:12345\n\n", .lineTooLong(limit: 9)), ("data: 123", nil),
            ("data: 1234", .lineTooLong(limit: 9)), (":12345678\r\n", nil),
            ("\u{FEFF}:12345678\n", nil),
            (":123456789", .lineTooLong(limit: 9)), ("unknown:12", .lineTooLong(limit: 9)),
            ("data:123\ndata:12\n\n", nil), ("data:123\ndata:123\n\n", .eventTooLong(limit: 6)),
            ("data:1\ndata\ndata:2\ndata:33\n", .eventTooLong(limit: 6)),
            ("data:1\ndata\ndata:23\n", nil),
            ("data:1234\n\ndata:1234\n\ndata:1234\n\n", nil),
            ("data\ndata\ndata\ndata\ndata\n\n", nil),
            ("data\ndata\ndata\ndata\ndata\ndata\ndata\n\n", nil),
            ("data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n\n", .eventTooLong(limit: 6)),
        ] as [(String, EventError?)]
    )
    func `a line or event over a limit ends the stream with its own error`(
        _ stream: String,
        _ error: EventError?
    ) {
        let limits = EventDecoder.Limits(maxLineBytes: 9, maxEventBytes: 6)
        let reading = SplitFeed(stream).expectSameOutcome {
            EventReading(pieces: $0, limits: limits)
        }
        #expect(reading.error == error)
        if let error { #expect(error.description.contains("over")) }
    }

    @Test func `a long line is read at once and leaves no long buffer`() {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        var stream: [UInt8] = []
        EventWriter.appendData(long.span, into: &stream)
        EventWriter.endEvent(into: &stream)
        stream += Array("data: y\n\n".utf8)
        var decoder = EventDecoder()
        var sizes: [Int] = []
        for start in stride(from: 0, to: stream.count, by: 16 << 10) {
            let piece = Array(stream[start..<min(stream.count, start + 16 << 10)])
            var offset = 0
            while let text = read(&decoder, piece, &offset) { sizes.append(text.utf8.count) }
        }
        #expect(sizes == [1 << 20, 1])
        #expect(decoder.data.capacity < 64 << 10)
    }

    @Test func `the end of a line is found at each alignment and never after the input`() {
        let guarded = GuardedBuffer()
        for length in 0..<40 {
            for end in ["\n", "\r", "\r\n"] {
                let text = String(repeating: "\u{8A}\u{B}", count: length / 3)
                let stream = "data:\(text)\(String(repeating: "x", count: length))\(end)\(end)"
                let reading = EventReading(pieces: [Array(stream.utf8)], guarded: guarded)
                let data = Array(stream.utf8.dropFirst(5).dropLast(2 * end.utf8.count))
                #expect(reading.events == [.init(data: data)])
            }
        }
    }

    @Test func `a damaged stream in random pieces reads as the standard says`() {
        var random = SeededGenerator(seed: 926)
        let guarded = GuardedBuffer()
        let pieces = [
            "\n", "\r", "\r\n", "\n\n", ":", "data", "data: ", "id:", "event: ", "\u{FEFF}",
        ]
        for _ in 0..<4000 {
            let sample = Array((Self.samples.randomElement(using: &random)?.stream ?? "").utf8)
            let stream = random.mutate(sample, inserting: pieces.map { Array($0.utf8) })
            let cut = random.cut(stream)
            let reading = EventReading(pieces: cut, guarded: guarded)
            #expect(reading == EventReading(asTheStandardSays: stream), "cut as \(cut)")
        }
    }

    private func read(
        _ decoder: inout EventDecoder,
        _ bytes: [UInt8],
        _ offset: inout Int
    ) -> String? {
        guard let isEvent = try? decoder.next(bytes.span, from: &offset), isEvent else {
            return nil
        }
        return String(decoding: decoder.data, as: UTF8.self)
    }
}
