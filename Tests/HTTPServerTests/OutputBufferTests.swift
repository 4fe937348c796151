import Testing

@testable import HTTPServer

/// One thing done to a buffer.
private enum Step {
    case raw(String)
    case content(String)
    case chunked
    /// The turn ends: all that is framed is offered, and the kernel takes so many bytes.
    case send(Int)
    case end
}

@Suite struct OutputBufferTests {
    private static let table: [(steps: [Step], wire: String)] = [
        ([.raw("head"), .send(100)], "head"),
        ([.raw("head"), .content("a"), .content("b"), .send(100)], "headab"),
        ([.chunked, .content("abc"), .send(100), .end, .send(100)], "3\r\nabc\r\n0\r\n\r\n"),
        ([.chunked, .content("a"), .content("b"), .end, .send(100)], "2\r\nab\r\n0\r\n\r\n"),
        ([.chunked, .content(""), .send(100), .content("a"), .send(100)], "1\r\na\r\n"),
        ([.chunked, .content(""), .end, .send(100)], "0\r\n\r\n"),
        ([.chunked, .end, .end, .send(100)], "0\r\n\r\n"),
        ([.chunked, .content("a"), .raw("X"), .content("b"), .send(100)], "1\r\na\r\nX1\r\nb\r\n"),
        // The client takes a byte now and then, while more is written.
        (
            [
                .raw("h"), .chunked, .content("a"), .send(2), .content("b"), .send(1), .end,
                .send(100),
            ], "h1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
        ),
        (
            [.chunked, .content("a"), .send(0), .content("b"), .send(9), .send(9)],
            "1\r\na\r\n1\r\nb\r\n"
        ),
        (
            [.chunked, .content(String(repeating: "x", count: 0x1234)), .send(9000)],
            "1234\r\n" + String(repeating: "x", count: 0x1234) + "\r\n"
        ),
        // A response of its own kind behind a chunked one.
        (
            [.chunked, .content("a"), .end, .raw("h"), .content("b"), .send(99)],
            "1\r\na\r\n0\r\n\r\nhb"
        ),
    ]

    private func run(_ steps: [Step], on buffer: inout OutputBuffer) -> String {
        var wire: [UInt8] = []
        for step in steps {
            switch step {
            case .raw(let text): buffer.appendRaw { $0.append(contentsOf: text.utf8) }
            case .content(let text): buffer.appendContent { $0.append(contentsOf: text.utf8) }
            case .chunked: buffer.isChunked = true
            case .end: buffer.endContent()
            case .send(let count):
                buffer.seal()
                let sent = buffer.withUnsent { Array($0.prefix(count)) }
                wire += sent
                if !sent.isEmpty { buffer.took(sent.count) }
            }
        }
        return String(decoding: wire, as: UTF8.self)
    }

    @Test func `the bytes on the wire are the expected ones, however they were taken`() {
        var spares: [[UInt8]] = []
        for (steps, expected) in Self.table {
            var buffer = OutputBuffer()
            buffer.takeStorage(from: &spares)
            #expect(run(steps, on: &buffer) == expected)
            #expect(buffer.isEmpty && buffer.isEmpty == (buffer.count == 0))
            buffer.giveStorage(to: &spares)
            buffer.isChunked = false
            #expect(run(steps, on: &buffer) == expected, "used again")
        }
    }

    @Test func `a buffer that has sent all gives its memory to the next, and only then`() {
        var spares: [[UInt8]] = []
        var first = OutputBuffer()
        first.appendRaw { $0.append(contentsOf: "0123456789".utf8) }
        first.took(9)
        first.giveStorage(to: &spares)
        #expect(spares.isEmpty && first.count == 1)
        first.took(1)
        first.giveStorage(to: &spares)
        #expect(spares.count == 1 && spares[0].isEmpty && spares[0].capacity >= 10)
        var second = OutputBuffer()
        second.takeStorage(from: &spares)
        #expect(spares.isEmpty)
        second.giveStorage(to: &spares)
        #expect(spares.count == 1)
    }

    @Test func `neither large buffers nor many are kept for others`() {
        var spares: [[UInt8]] = []
        var large = OutputBuffer()
        large.appendRaw { $0.append(contentsOf: repeatElement(7, count: 200_000)) }
        large.took(200_000)
        large.giveStorage(to: &spares)
        #expect(spares.isEmpty && large.isEmpty)
        for _ in 0..<100 {
            var small = OutputBuffer()
            small.appendRaw { $0.append(7) }
            small.took(1)
            small.giveStorage(to: &spares)
        }
        #expect(spares.count == 16)
    }

    @Test func `a reader that is always a little behind is sent from a small buffer`() {
        var buffer = OutputBuffer()
        buffer.isChunked = true
        var sent = 0
        var largest = 0
        for number in 0..<100_000 {
            buffer.appendContent { $0.append(contentsOf: repeatElement(7, count: 100)) }
            buffer.seal()
            // All but one byte.
            let count = buffer.count - 1
            let last = buffer.withUnsent { $0[count] }
            guard last == UInt8(ascii: "\n") else {
                Issue.record("frame \(number) ends with \(last)")
                return
            }
            buffer.took(count)
            sent += count
            largest = max(largest, buffer.capacity)
        }
        #expect(sent + buffer.count == 100_000 * 106)
        #expect(largest < 64 * 1024)
    }
}
