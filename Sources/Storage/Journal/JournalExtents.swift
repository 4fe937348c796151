/// Where in its loop's journal the entries of one generation are, for who reads them back.
///
/// A value that any thread may read by: segments that somebody may still read stay open, whatever
/// becomes of their names.
package struct JournalExtents: Sendable {
    /// From this entry on, the generation's entries are in this segment behind this offset, up to the
    /// next extent.
    private struct Extent {
        let sequence: Int
        let place: FramePlace
    }

    /// So much of a generation's payload goes between two extents of a segment: what is read for
    /// nothing on the way to an entry.
    private static let spacingBytes = 64 << 10

    private var extents: [Extent] = []
    /// How much payload came since the last one, and in which segment that is.
    private var bytesSince = 0
    private var segment = 0

    /// Makes an empty one.
    package init() {}

    /// Whether nothing was written.
    package var isEmpty: Bool { extents.isEmpty }

    /// Notes that entries are in the frame that was written last.
    ///
    /// - Parameters:
    ///   - sequence: the first one's number; the next behind those of the call before.
    ///   - bytes: of all their payloads.
    ///   - journal: that wrote it.
    package mutating func note(_ sequence: Int, bytes: Int, in journal: Journal) {
        bytesSince += bytes
        let isNear = segment == journal.lastFrameSegment && bytesSince < Self.spacingBytes
        guard !isNear, let place = journal.lastFrame else { return }
        bytesSince = bytes
        segment = journal.lastFrameSegment
        extents.append(Extent(sequence: sequence, place: place))
    }

    /// Reads entries back.
    ///
    /// Waits for the disk.
    ///
    /// - Parameters:
    ///   - number: the generation's, in this journal.
    ///   - wanted: the entries; all of them were noted.
    ///   - maxBytes: of payload, after which no other entry is read; one is read at least.
    ///   - visit: takes each one, in their order, the generation's beginning before the first of all;
    ///     with the time at which it was written, in milliseconds since 1970, and the bytes that its
    ///     ranges are about.
    /// - Throws: where the disk does not give back what was written.
    package func read(
        _ number: UInt64,
        _ wanted: Range<Int>,
        maxBytes: Int = .max,
        visit: (JournalItem, Int, Span<UInt8>) -> Void
    ) throws(StorageError) {
        var next = wanted.lowerBound
        var bytes = 0
        while next < wanted.upperBound, bytes < maxBytes {
            guard let place = extents.last(where: { $0.sequence <= next })?.place else {
                throw .damaged(path: extents.first?.place.segment.file.path ?? "", offset: 0)
            }
            let before = next
            var frames = SegmentFrames(from: place.offset)
            frames: while next < wanted.upperBound, bytes < maxBytes {
                let step = try frames.next(in: place.segment.file)
                switch step {
                case .item(.entry(number, next, _, let payload)):
                    bytes += payload.count
                    next += 1
                case .item(.begin(number, _)) where next == 0: break
                case .item: continue
                case .end: break frames
                }
                guard case .item(let item) = step else { continue }
                visit(item, frames.milliseconds, frames.bytes.span)
            }
            // The rest is in the next segment, or the disk has lost it.
            guard next > before else {
                throw .damaged(path: place.segment.file.path, offset: place.offset)
            }
        }
    }
}

/// A frame's place in a segment.
struct FramePlace: Sendable {
    let segment: ReadableSegment
    let offset: Int
}

/// Stands for those who may read a segment back: while there are any, it is not emptied.
final class ReadableSegment: Sendable {
    let file: SegmentFile

    init(_ file: SegmentFile) { self.file = file }
}
