/// Which segments of a journal are still wanted: those that hold something of a generation whose
/// record is not in the history yet.
///
/// A segment that nobody wants is removed although an older one stays: an answer that cannot be
/// read back before the next start must not keep all that is written after it. The next process
/// reads such gaps rightly, since a generation that is wanted holds all segments from its beginning
/// to its last entry.
///
/// Of a generation that is not wanted, a part may stay for the sake of others; then a segment that
/// is left has to note its end. When that segment goes, the next frame notes the end again. It is
/// not noted in every segment: while one long answer runs, that would be all that ever ended.
struct SegmentBook {
    /// A generation that nobody wants any more, and the segments that may have something of it.
    private struct Ended {
        let number: UInt64
        let segments: ClosedRange<Int>
    }

    private struct Segment {
        let number: Int
        /// How many generations want it.
        var holders = 0
        /// Those whose end it notes.
        var told: [Ended] = []
    }

    /// Those that are on the disk, in their order; the last is being written.
    private var segments: [Segment]
    /// Those whose end no segment notes.
    private var untold: [Ended] = []

    /// A book with one segment, which is being written.
    init(first: Int) { segments = [Segment(number: first)] }

    /// The segment that is being written.
    var current: Int { segments[segments.count - 1].number }

    /// The generations whose end the next frame has to note.
    var retiring: [UInt64] { untold.map(\.number) }

    /// Whether there are any.
    var isRetiring: Bool { !untold.isEmpty }

    /// Notes that the segment being written has something of a generation.
    mutating func hold(_ place: inout JournalPlace) {
        let current = current
        switch place.segments {
        case nil:
            place.segments = current...current
            segments[segments.count - 1].holders += 1
        case .some(let held) where held.upperBound < current:
            // Segments between are not its own, but it is simpler to keep them than to list them.
            for index in segments.indices.reversed() {
                guard segments[index].number > held.upperBound else { break }
                segments[index].holders += 1
            }
            place.segments = held.lowerBound...current
        default: return
        }
    }

    /// Nothing of a generation is needed any more.
    mutating func release(_ place: inout JournalPlace) {
        guard let held = place.segments else { return }
        place.segments = nil
        // A segment of its range that is not here was removed before the range came to include it.
        var index = firstIndex(from: held.lowerBound)
        while index < segments.endIndex, segments[index].number <= held.upperBound {
            segments[index].holders -= 1
            index += 1
        }
        untold.append(Ended(number: place.number, segments: held))
    }

    /// A frame notes the ends of all those that are retiring.
    mutating func retired() {
        segments[segments.count - 1].told += untold
        untold = []
    }

    /// What the segments note may be lost: the next frame notes all of it again.
    mutating func tellAgain() {
        for index in segments.indices {
            untold += segments[index].told
            segments[index].told = []
        }
    }

    /// Whether the segment that is being written is the only one, and nobody wants it.
    var isUnwanted: Bool { segments.count == 1 && segments[0].holders == 0 }

    /// Begins another segment.
    mutating func open() { segments.append(Segment(number: current + 1)) }

    /// The segment that is being written, the only one, was emptied.
    mutating func emptied() {
        segments[segments.count - 1].told = []
        untold = []
    }

    /// Takes out the segments that nobody wants; never the one that is being written.
    mutating func takeUnwanted() -> [Int] {
        let unwanted = segments.dropLast().filter { $0.holders == 0 }
        guard !unwanted.isEmpty else { return [] }
        let current = current
        segments.removeAll { $0.holders == 0 && $0.number != current }
        untold += unwanted.flatMap(\.told)
        untold = untold.filter { isLeft(of: $0) }
        return unwanted.map(\.number)
    }

    private func isLeft(of ended: Ended) -> Bool {
        let index = firstIndex(from: ended.segments.lowerBound)
        return index < segments.endIndex && segments[index].number <= ended.segments.upperBound
    }

    /// The place of the first segment whose number is not less.
    private func firstIndex(from number: Int) -> Int {
        var low = segments.startIndex
        var high = segments.endIndex
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Where in its loop's journal a generation is; kept by the generation itself, so that no token
/// costs a look-up.
package struct JournalPlace {
    /// The generation's number in this journal; 0 for none.
    package let number: UInt64
    /// The segments that hold something of it.
    var segments: ClosedRange<Int>?

    init(number: UInt64) { self.number = number }

    /// No place.
    package init() { number = 0 }
}
