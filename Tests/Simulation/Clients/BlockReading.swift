/// Reads an event stream as a browser does (HTML §9.2.6), in whatever pieces it comes.
///
/// It is not the relay's own decoder: a mistake that both made would not be seen.
struct BlockReading {
    /// A block of lines up to an empty one.
    struct Block {
        /// The event's name; empty where it has none.
        var name: [UInt8] = []
        /// Its data lines, joined by LF; nil where it has none, so that there is no event.
        var data: [UInt8]?
        /// Its own id; nil where it has none.
        var id: [UInt8]?

        /// Whether there is nothing in it.
        var isEmpty: Bool { name.isEmpty && data == nil && id == nil }
    }

    private var block = Block()
    /// The line that is being read.
    private var line: [UInt8] = []
    /// Whether the last line ended with CR, to whose end an LF belongs.
    private var isAfterCR = false
    /// How many comments there have been.
    private(set) var commentCount = 0

    /// Whether all that came was whole blocks, and comments.
    var isBetweenBlocks: Bool { line.isEmpty && block.isEmpty }

    /// Reads on.
    ///
    /// - Parameter bytes: what came.
    /// - Returns: the blocks that are whole now.
    mutating func read(_ bytes: [UInt8]) -> [Block] {
        var whole: [Block] = []
        var start = 0
        for index in bytes.indices {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else {
                isAfterCR = false
                continue
            }
            line += bytes[start..<index]
            start = index + 1
            if byte == UInt8(ascii: "\n"), isAfterCR {
                isAfterCR = false
                continue
            }
            isAfterCR = byte == UInt8(ascii: "\r")
            endLine(&whole)
        }
        line += bytes[start...]
        return whole
    }

    private mutating func endLine(_ whole: inout [Block]) {
        guard !line.isEmpty else {
            if !block.isEmpty { whole.append(block) }
            block = Block()
            return
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.count
        var start = min(colon + 1, line.count)
        if start < line.count, line[start] == UInt8(ascii: " ") { start += 1 }
        setField(line[..<colon], line[start...])
        line.removeAll(keepingCapacity: true)
    }

    private mutating func setField(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
        if name.elementsEqual("data".utf8) {
            guard block.data != nil else { return block.data = Array(value) }
            block.data?.append(UInt8(ascii: "\n"))
            block.data?.append(contentsOf: value)
        } else if name.elementsEqual("event".utf8) {
            block.name = Array(value)
        } else if name.elementsEqual("id".utf8) {
            if !value.contains(0) { block.id = Array(value) }
        } else if name.isEmpty {
            commentCount += 1
        }
    }
}
