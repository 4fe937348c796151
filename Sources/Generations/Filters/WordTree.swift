/// The words of a list as a tree of bytes: says of nearly every place of a text that no word begins
/// there, without a call of PCRE2.
///
/// What it leaves open is PCRE2's to decide: letters of other alphabets, and what follows a word.
struct WordTree: Sendable {
    private struct Node {
        /// In small letters where case does not matter.
        let byte: UInt8
        /// Whether it suffices that a text comes to here.
        var isEnough = false
        /// The first of the nodes for the next byte; 0 where there is none.
        var firstChild: Int32 = 0
        /// The next node for the same byte; 0 where there is none.
        var sibling: Int32 = 0
    }

    /// The root comes first.
    private var nodes = [Node(byte: 0)]
    /// For each first byte its node; 0 where there is none.
    private var begins = [Int32](repeating: 0, count: 256)
    private let ignoresCase: Bool
    /// Whether a word counts only where no letter, digit or `_` is before it.
    private let areWhole: Bool

    init(_ words: [String], ignoresCase: Bool, areWhole: Bool) {
        self.ignoresCase = ignoresCase
        self.areWhole = areWhole
        for word in words { insert(word) }
        var node = Int(nodes[0].firstChild)
        while node != 0 {
            begins[Int(nodes[node].byte)] = Int32(node)
            node = Int(nodes[node].sibling)
        }
    }

    private mutating func insert(_ word: String) {
        var node = 0
        for byte in word.utf8 {
            // There the case may change every byte, and the length.
            if ignoresCase, byte >= 0x80 { break }
            node = child(of: node, for: folded(byte))
        }
        nodes[node].isEnough = true
    }

    private mutating func child(of parent: Int, for byte: UInt8) -> Int {
        var node = Int(nodes[parent].firstChild)
        while node != 0 {
            if nodes[node].byte == byte { return node }
            node = Int(nodes[node].sibling)
        }
        nodes.append(Node(byte: byte, sibling: nodes[parent].firstChild))
        nodes[parent].firstChild = Int32(nodes.count - 1)
        return nodes.count - 1
    }

    /// Judges a place of a text.
    ///
    /// - Parameters:
    ///   - place: before the end of the text.
    ///   - text: UTF-8; it may go on after its end.
    ///   - previous: the byte before the place; nil where nothing is before it.
    /// - Returns: whether a word may begin there.
    func mayBegin(at place: Int, of text: Span<UInt8>, after previous: UInt8?) -> Bool {
        if areWhole, let previous, Self.isOfWord(previous) { return false }
        // A letter may have another form in another alphabet: `k` is also the kelvin sign.
        if nodes[0].isEnough || ignoresCase && text[place] >= 0x80 { return true }
        var node = Int(begins[Int(folded(text[place]))])
        var index = place + 1
        while node != 0, !nodes[node].isEnough, index < text.count {
            if ignoresCase, text[index] >= 0x80 { return true }
            let byte = folded(text[index])
            node = Int(nodes[node].firstChild)
            while node != 0, nodes[node].byte != byte { node = Int(nodes[node].sibling) }
            index += 1
        }
        return node != 0
    }

    @inline(__always)
    private func folded(_ byte: UInt8) -> UInt8 {
        ignoresCase && UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }

    /// Whether a byte is a letter, a digit or `_` by itself.
    @inline(__always)
    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
