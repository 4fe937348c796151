/// Where in its loop's journal the items of one generation are, for those that read them back.
///
/// Places are exact to the byte. A frame has what a whole turn brought: with a thousand generations
/// it is a thousand times as long as the part of one. A reader that went through whole frames would
/// read what all the others wrote, too.
///
/// Any thread may read by this value: segments that somebody may still read stay open, whatever
/// becomes of their names.
package struct JournalExtents: Sendable {
    /// How much of a generation is checked as one, and so is read for nothing on the way to an
    /// entry.
    @inlinable package static var runBytes: Int { 16 << 10 }

    private var runs: [ExtentRun] = []
    /// The number after that of the last entry that was noted.
    package private(set) var end = 0

    /// Makes an empty one.
    package init() {}

    /// Whether nothing was written.
    package var isEmpty: Bool { runs.isEmpty }

    /// Notes that items are in the frame that was written last.
    ///
    /// - Parameters:
    ///   - part: which; what it begins with follows the entries of the call before.
    ///   - journal: that wrote it.
    package mutating func note(_ part: FramePart, in journal: Journal) {
        guard let frame = journal.lastFrame else { return }
        let start = frame.offset + part.range.lowerBound
        let isFurther =
            runs.last.map { $0.segment !== frame.segment || $0.bytes >= Self.runBytes } ?? true
        if isFurther {
            runs.append(ExtentRun(first: part.entries.lowerBound, start: start, in: frame))
        }
        runs[runs.count - 1].add(part, at: start, frame.milliseconds)
        end = part.entries.upperBound
    }

    /// The extents that have entries from `start` on, up to about so many bytes: a reader that
    /// takes them along leaves the others to be added to without being copied.
    package func part(from start: Int, maxBytes: Int) -> JournalExtents {
        var part = JournalExtents()
        var place = index(of: start)
        var bytes = 0
        while place < runs.endIndex, bytes < maxBytes {
            let run = runs[place]
            place += 1
            // The first one may have little after `start`.
            if !part.runs.isEmpty { bytes += run.bytes }
            part.runs.append(run)
        }
        part.end = place < runs.endIndex ? runs[place].first : end
        return part
    }

    /// The place of the run that has an entry; after the last one where none has it.
    private func index(of entry: Int) -> Int {
        var low = runs.startIndex
        var high = runs.endIndex
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].first <= entry { low = middle + 1 } else { high = middle }
        }
        return low == runs.startIndex ? runs.endIndex : low - 1
    }

    /// Reads entries back.
    ///
    /// Waits for the disk.
    ///
    /// - Parameters:
    ///   - number: the generation's, in this journal.
    ///   - wanted: the entries; all of them were noted.
    ///   - maxBytes: of payload, after which no other entry is read; one is read at least.
    ///   - visit: takes each one, in their order, the generation's beginning before the first of
    ///     all; with the time at which it was written, in milliseconds since 1970, and the bytes
    ///     that its ranges are about.
    /// - Returns: how many bytes were read from the disk for it.
    /// - Throws: where the disk does not give back what was written.
    @discardableResult
    package func read(
        _ number: UInt64,
        _ wanted: Range<Int>,
        maxBytes: Int = .max,
        visit: (JournalItem, Int, Span<UInt8>) -> Void
    ) throws(StorageError) -> Int {
        var next = wanted.lowerBound
        var payload = 0
        var bytesRead = 0
        var place = index(of: next)
        while next < wanted.upperBound, payload < maxBytes {
            guard place < runs.endIndex else {
                throw .damaged(path: runs.last?.segment.file.path ?? "", offset: 0)
            }
            let run = runs[place]
            place += 1
            let extents = run.extents
            let bytes = try run.read(extents, &bytesRead)
            let before = next
            var start = 0
            for extent in extents {
                var reader = JournalReader(items: start..<start + extent.count)
                start += extent.count
                let isWhole = reader.forEachItem(bytes.span) { item in
                    switch item {
                    case .entry(number, next, _, let range):
                        guard next < wanted.upperBound, payload < maxBytes else { return }
                        payload += range.count
                        next += 1
                    case .begin(number, _) where next == 0: break
                    default: return
                    }
                    visit(item, extent.milliseconds, bytes.span)
                }
                guard isWhole else {
                    throw .damaged(path: run.segment.file.path, offset: extent.offset)
                }
            }
            guard next > before else {
                throw .damaged(path: run.segment.file.path, offset: run.start)
            }
        }
        return bytesRead
    }
}

/// The part of a frame that is of one generation: some of its items.
package struct FramePart {
    /// The numbers of its entries.
    let entries: Range<Int>
    /// Where it is in the frame.
    let range: Range<Int>
    let checksum: UInt32
}

/// A frame's place in a segment, and when it was written.
struct FramePlace: Sendable {
    let segment: ReadableSegment
    let offset: Int
    /// Since 1970.
    let milliseconds: Int
}

/// Held by all that may read a segment back: while there are any, it is not emptied.
final class ReadableSegment: Sendable {
    let file: SegmentFile

    init(_ file: SegmentFile) { self.file = file }
}
