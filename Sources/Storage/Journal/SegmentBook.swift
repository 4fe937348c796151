/// Which segments of a journal are still wanted: those that hold something of a generation whose
/// record is not in the history yet.
///
/// A segment that nobody wants goes although an older one stays: an answer that cannot be read back
/// before the next start must not keep all that is written behind it. What the next process reads is
/// right with such gaps. A generation that is wanted holds all segments from its beginning to its last
/// entry. Of one that is not, a part may stay for the sake of others, and the segment that told of its
/// end may be gone: so each segment repeats the ends of those in the ones before it.
struct SegmentBook {
    private struct Segment {
        let number: Int
        /// How many generations want it.
        var holders = 0
        /// The generations that it has something of and that nobody wants any more.
        var retired: [UInt64] = []
    }

    /// Those that are on the disk, in their order; the last is being written.
    private var segments: [Segment]

    /// A book with one segment, which is being written.
    init(first: Int) { segments = [Segment(number: first)] }

    /// The segment that is being written.
    var current: Int { segments[segments.count - 1].number }

    /// The generations that nobody wants any more and that the segments have something of; one may be
    /// named more than once.
    var retired: [UInt64] { segments.flatMap(\.retired) }

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

    /// Notes that nothing of a generation is needed any more.
    mutating func release(_ place: inout JournalPlace) {
        guard let held = place.segments else { return }
        place.segments = nil
        // What is in its range and not here was gone before it came to hold the range.
        for index in segments.indices where held.contains(segments[index].number) {
            segments[index].holders -= 1
            segments[index].retired.append(place.number)
        }
    }

    /// Whether the segment that is being written is the only one, and nobody wants it.
    var isUnwanted: Bool { segments.count == 1 && segments[0].holders == 0 }

    /// Begins another segment.
    mutating func open() { segments.append(Segment(number: current + 1)) }

    /// Notes that the segment that is being written has nothing of any generation any more.
    mutating func emptied() { segments[segments.count - 1].retired = [] }

    /// Takes the oldest segment out that nobody wants; never the one that is being written.
    mutating func takeUnwanted() -> Int? {
        guard let index = segments.dropLast().firstIndex(where: { $0.holders == 0 }) else {
            return nil
        }
        return segments.remove(at: index).number
    }
}

/// Where in its loop's journal a generation stands; kept by the generation itself, so that no token
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
