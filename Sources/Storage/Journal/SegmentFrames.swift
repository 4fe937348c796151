/// Goes through the items of a segment on the disk, a piece of it in memory at a time.
struct SegmentFrames: ~Copyable {
    /// What comes next in the segment; offsets are within the file, ranges within `bytes`.
    typealias Step = JournalReader.Step

    static let pieceBytes = 256 << 10

    /// The piece in memory: whole frames, and perhaps the beginning of one.
    private(set) var bytes: [UInt8] = []
    /// Where the piece is in the file.
    private var offset: Int
    private let pieceBytes: Int
    private var reader = JournalReader(position: 0)

    /// A reader of the frames from `offset` on.
    init(from offset: Int, pieceBytes: Int = SegmentFrames.pieceBytes) {
        self.offset = offset
        self.pieceBytes = pieceBytes
    }

    /// When the frame under way was written, in milliseconds since 1970.
    var milliseconds: Int { reader.milliseconds }

    /// Reads on.
    ///
    /// - Parameter file: the same at each call.
    /// - Returns: an item, or how the segment ends.
    /// - Throws: where the disk cannot be read.
    mutating func next(in file: SegmentFile) throws(StorageError) -> Step {
        while true {
            let bytes = bytes
            let step = reader.next(bytes.span)
            guard case .end(let end) = step else { return step }
            guard end.isCut, try readOn(file, keepingFrom: end.offset ?? bytes.count) else {
                return .end(end.moved(by: offset))
            }
        }
    }

    /// Shows all items up to where the frames end.
    mutating func nextEnd(
        in file: SegmentFile,
        _ visit: (JournalItem, Int, Span<UInt8>) -> Void
    ) throws(StorageError) -> JournalReader.End {
        while true {
            switch try next(in: file) {
            case .item(let item): visit(item, milliseconds, bytes.span)
            case .end(let end): return end
            }
        }
    }

    /// Reads the bytes after the piece.
    ///
    /// - Returns: whether there were any.
    private mutating func readOn(
        _ file: SegmentFile,
        keepingFrom place: Int
    ) throws(StorageError) -> Bool {
        let kept = bytes.count - place
        // A frame may be larger than a piece.
        let wanted = max(pieceBytes, kept)
        var next = [UInt8](repeating: 0, count: kept + wanted)
        next.replaceSubrange(..<kept, with: bytes[place...])
        let count = try file.read(into: &next, from: kept, at: offset + bytes.count)
        next.removeSubrange((kept + count)...)
        guard count > 0 else { return false }
        bytes = next
        offset += place
        reader = JournalReader(position: 0)
        return true
    }
}

extension JournalReader.End {
    /// Whether more bytes might make a frame of it.
    fileprivate var isCut: Bool {
        switch self {
        case .whole, .torn(_, .shortHeader), .torn(_, .shortPayload): true
        case .torn: false
        }
    }

    /// Where the bytes begin that make no frame.
    fileprivate var offset: Int? {
        if case .torn(let offset, _) = self { return offset }
        return nil
    }

    fileprivate func moved(by distance: Int) -> Self {
        guard case .torn(let offset, let fault) = self else { return self }
        return .torn(offset: offset + distance, fault)
    }
}
