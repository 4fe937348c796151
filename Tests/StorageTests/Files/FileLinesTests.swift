import Testing

@testable import Storage

/// Lines of any length, read in pieces of a mebibyte.
struct FileLinesTests {
    private static let mebibyte = 1 << 20

    /// - Returns: a line that no other of its length is equal to, with a beginning and an end.
    private static func line(_ length: Int, _ number: Int) -> [UInt8] {
        var line = [UInt8](repeating: UInt8(ascii: "a") + UInt8(number % 26), count: length)
        if let last = line.indices.last { line[last] = UInt8(ascii: ">") }
        if length > 1 { line[0] = UInt8(ascii: "<") }
        return line
    }

    private static let lengths = [
        [], [0], [5], [0, 0, 3],
        [mebibyte - 1, 1], [mebibyte, 1], [mebibyte + 1, 1],
        [10, 3 * mebibyte + 5, 10, mebibyte - 20, 2 * mebibyte, 2 * mebibyte + 1, 0, 7],
        [mebibyte - 1, mebibyte - 1, mebibyte - 1], [4 * mebibyte, 4 * mebibyte - 1, 3],
    ]

    @Test(arguments: lengths, [false, true])
    func `every line is shown whole and at its place, however long it is`(
        lengths: [Int],
        hasTail: Bool
    ) throws {
        let scratch = Scratch()
        let lines = lengths.enumerated().map { Self.line($1, $0) }
        let tail = Self.line(hasTail ? Self.mebibyte + 9 : 0, 99)
        let content = lines.flatMap { $0 + [newline] } + tail
        scratch.write(content, to: "lines")
        let file = try OpenFile.reading(scratch.path("lines"), on: SystemDisk())
        for takesTail in [false, true] {
            var shown: [[UInt8]] = []
            var offset = 0
            let end = try FileLines.forEach(
                in: file,
                from: 0,
                to: content.count,
                takesTail: takesTail
            ) { place, bytes in
                #expect(place == offset)
                offset += bytes.count + 1
                shown.append(bytes.withUnsafeBytes { Array($0) })
            }
            let wanted = takesTail && hasTail ? lines + [tail] : lines
            #expect(shown == wanted)
            #expect(end == (takesTail ? content.count : content.count - tail.count))
        }
    }
}
