import Testing

@testable import Storage

/// A file is read from its end, line by line, wherever the pieces that are read begin.
@Suite struct BackwardLinesTests {
    @Test(arguments: 1...12)
    func `lines come back from the last to the first`(pieceBytes: Int) throws {
        let scratch = Scratch()
        scratch.write(bytes("one\n\nthree and more\nx\n"))
        #expect(try lines(of: scratch, pieceBytes) == ["x", "three and more", "", "one"])
    }

    @Test(arguments: [1, 3, 64])
    func `a line without an end comes first`(pieceBytes: Int) throws {
        let scratch = Scratch()
        scratch.write(bytes("one\ntwo"))
        #expect(try lines(of: scratch, pieceBytes) == ["two", "one"])
        scratch.write(bytes("\ntwo"))
        #expect(try lines(of: scratch, pieceBytes) == ["two", ""])
        scratch.write(bytes("no end at all"))
        #expect(try lines(of: scratch, pieceBytes) == ["no end at all"])
    }

    @Test func `an empty file and an absent one have no lines`() throws {
        let scratch = Scratch()
        #expect(try lines(of: scratch, 8) == [])
        scratch.write([])
        #expect(try lines(of: scratch, 8) == [])
    }

    @Test func `who has seen enough is not shown more`() throws {
        let scratch = Scratch()
        scratch.write(bytes("a\nb\nc\n"))
        var seen = 0
        try BackwardLines.visit(scratch.path()) { _ in
            seen += 1
            return seen < 2
        }
        #expect(seen == 2)
    }

    private func lines(of scratch: Scratch, _ pieceBytes: Int) throws -> [String] {
        var lines: [String] = []
        try BackwardLines.visit(scratch.path(), pieceBytes: pieceBytes) { line in
            lines.append(line.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
            return true
        }
        return lines
    }
}
