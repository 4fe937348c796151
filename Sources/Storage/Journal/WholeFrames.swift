/// Reads all whole frames of a segment that an earlier process left, whatever is between them.
struct WholeFrames: ~Copyable {
    /// The bytes of a segment that are no frame.
    struct Damage {
        /// Where the first of them is.
        let offset: Int
        /// How many there are in all.
        var bytes: Int
        /// What is wrong with the first bytes that are no frame.
        let fault: TornFrame
        /// Whether all of it is one frame that the segment's end cuts, as a kill or a loss of power
        /// leaves it.
        var isCutTail: Bool
    }

    private let file: SegmentFile
    /// Whether there was a frame.
    private(set) var hasSome = false
    private(set) var damage: Damage?

    init(in file: SegmentFile) { self.file = file }

    /// Shows the items of all whole frames.
    ///
    /// - Parameters:
    ///   - hasHeader: whether the segment begins as one does.
    ///   - visit: takes each item, when it was written, and the bytes that its ranges are about.
    /// - Throws: where the disk cannot be read.
    mutating func read(
        hasHeader: Bool,
        _ visit: (JournalItem, Int, Span<UInt8>) -> Void
    ) throws(StorageError) {
        guard hasHeader else { return try readRest(from: 0, .shortHeader, visit) }
        var frames = SegmentFrames(from: SegmentFile.headerBytes)
        let end = try frames.nextEnd(in: file, visit)
        guard case .torn(let offset, let fault) = end else { return }
        try readRest(from: offset, fault, visit)
    }

    /// Shows what is whole after damage.
    ///
    /// All that is left of the segment is read at once: a segment that has damage everywhere would
    /// be read again after each of it.
    private mutating func readRest(
        from start: Int,
        _ fault: TornFrame,
        _ visit: (JournalItem, Int, Span<UInt8>) -> Void
    ) throws(StorageError) {
        var bytes = [UInt8](repeating: 0, count: max(0, try file.size() - start))
        let count = try file.read(into: &bytes, from: 0, at: start)
        let rest = bytes.span.extracting(first: count)
        var end = JournalReader.End.torn(offset: 0, fault)
        // Where the segment has no header, its first byte may be a frame's.
        var from = start == 0 ? 0 : 1
        while case .torn(let offset, let fault) = end {
            let next = JournalReader.firstFrame(in: rest, from: from)
            note(start + offset, (next ?? count) - offset, fault, isLast: next == nil)
            guard let next else { return }
            hasSome = true
            var reader = JournalReader(position: next)
            end = reader.nextEnd(rest) { item, milliseconds in visit(item, milliseconds, rest) }
            if case .torn(let offset, _) = end { from = offset + 1 }
        }
    }

    private mutating func note(_ offset: Int, _ bytes: Int, _ fault: TornFrame, isLast: Bool) {
        guard damage == nil else {
            damage?.bytes += bytes
            damage?.isCutTail = false
            return
        }
        let isCut = fault == .shortHeader || fault == .shortPayload
        damage = Damage(
            offset: offset,
            bytes: bytes,
            fault: fault,
            isCutTail: isLast && isCut && offset >= SegmentFile.headerBytes
        )
    }
}
