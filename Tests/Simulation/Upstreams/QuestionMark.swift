/// The mark by which a question is known wherever it goes: `#17#`.
enum QuestionMark {
    /// The last mark in what a model is sent; those before it are of the conversation's past.
    static func last(in bytes: [UInt8]) -> Int? {
        let hash = UInt8(ascii: "#")
        guard let end = bytes.lastIndex(of: hash),
            let start = bytes[..<end].lastIndex(of: hash)
        else { return nil }
        return Int(String(decoding: bytes[(start + 1)..<end], as: UTF8.self))
    }
}
