import TestSupport
import Testing

@testable import HTTPServer

@Suite struct InputBufferTests {
    @Test func `what was appended comes off the front, however it is cut`() {
        var random = SeededGenerator(seed: 3)
        var buffer = InputBuffer()
        var expected: [UInt8] = []
        var next: UInt8 = 0
        for _ in 0..<2000 {
            let more = (0..<Int.random(in: 0...20, using: &random)).map { _ in
                next &+= 1
                return next
            }
            buffer.append(more.span)
            expected += more
            let used = Int.random(in: 0...expected.count, using: &random)
            buffer.drop(min(used, 15))
            expected.removeFirst(min(used, 15))
            #expect(Array(buffer.bytes[buffer.start...]) == expected)
            #expect(buffer.count == expected.count && buffer.isEmpty == expected.isEmpty)
        }
    }

    @Test func `it holds no more than twice what waits`() {
        var buffer = InputBuffer()
        let piece = [UInt8](repeating: 1, count: 100)
        for _ in 0..<1000 {
            buffer.append(piece.span)
            buffer.drop(buffer.count - 1)
            #expect(buffer.bytes.count <= 2 * 101)
        }
    }

    @Test func `taking off more than waits leaves nothing`() {
        var buffer = InputBuffer([1, 2, 3])
        buffer.drop(5)
        #expect(buffer.isEmpty && buffer.start == 0)
    }
}
