/// Which segments of a journal are still wanted: those that hold something of a generation whose
/// record is not in the history yet.
struct SegmentBook {
    /// The oldest segment that is on the disk.
    private(set) var oldest: Int
    /// How many generations want each segment, from the oldest on; the last is being written.
    private var holders: [Int]

    /// A book with one segment, which is being written.
    init(first: Int) {
        oldest = first
        holders = [0]
    }

    /// The segment that is being written.
    var current: Int { oldest + holders.count - 1 }

    /// Notes that the segment being written has something of a generation.
    mutating func hold(_ place: inout JournalPlace) {
        let current = current
        switch place.segments {
        case nil: place.segments = current...current
        case .some(let held) where held.upperBound < current:
            // Segments between are not its own, but it is simpler to keep them than to list them.
            for segment in (held.upperBound + 1)..<current { holders[segment - oldest] += 1 }
            place.segments = held.lowerBound...current
        default: return
        }
        holders[holders.count - 1] += 1
    }

    /// Notes that nothing of a generation is needed any more.
    mutating func release(_ place: inout JournalPlace) {
        guard let held = place.segments else { return }
        place.segments = nil
        for segment in held { holders[segment - oldest] -= 1 }
    }

    /// Whether the segment that is being written is the only one, and nobody wants it.
    var isUnwanted: Bool { holders.count == 1 && holders[0] == 0 }

    /// Begins another segment.
    mutating func open() { holders.append(0) }

    /// Takes the oldest segment out if nobody wants it; never the one that is being written.
    mutating func takeUnwanted() -> Int? {
        guard holders.count > 1, holders[0] == 0 else { return nil }
        holders.removeFirst()
        defer { oldest += 1 }
        return oldest
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
