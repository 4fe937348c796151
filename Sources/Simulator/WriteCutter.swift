/// Where a write is cut into pieces.
struct WriteCutter {
    private let pieceBytes: Int
    private let splitsUTF8: Bool

    /// - Returns: `nil` if writes stay whole.
    init?(_ behaviour: Behaviour) {
        guard behaviour.chunkBytes != nil || behaviour.splitsUTF8 else { return nil }
        pieceBytes = behaviour.chunkBytes ?? .max
        splitsUTF8 = behaviour.splitsUTF8
    }

    /// Where the piece ends that begins at `start`.
    func endOfPiece(_ bytes: Span<UInt8>, from start: Int) -> Int {
        let end = start + min(pieceBytes, bytes.count - start)
        guard splitsUTF8 else { return end }
        var index = start + 1
        // After the first byte of a character that has more.
        while index < end, bytes[index - 1] < 0xC0 || bytes[index] & 0xC0 != 0x80 { index += 1 }
        return index
    }
}
