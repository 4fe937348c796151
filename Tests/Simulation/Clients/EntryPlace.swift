import Wire

/// Where a client is in an answer: what an event's id says.
struct EntryPlace: Equatable {
    /// In what entries are counted.
    enum Count: Equatable {
        /// In the answer's log, in which each token is one.
        case log
        /// In its record, in which the whole text is one.
        case record
    }

    /// The answer's id.
    let generation: String
    /// The number of the entry.
    let number: Int
    /// In what it is counted.
    let count: Count

    init(generation: String, number: Int, in count: Count = .log) {
        self.generation = generation
        self.number = number
        self.count = count
    }

    /// Reads an event's id, `<answer>.<number>` or `<answer>.r<number>`; nil for anything else.
    init?(_ id: String) {
        guard let dot = id.utf8.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        var digits = id[id.index(after: dot)...]
        let isOfRecord = digits.utf8.first == UInt8(ascii: "r")
        if isOfRecord { digits = digits.dropFirst() }
        guard let number = parseDecimal(String(digits)), dot > id.startIndex else { return nil }
        generation = String(id[..<dot])
        self.number = number
        count = isOfRecord ? .record : .log
    }

    /// The id, to come back with.
    var id: String { "\(generation).\(count == .record ? "r" : "")\(number)" }

    /// Whether who is here has had what is there.
    func reaches(_ other: EntryPlace) -> Bool {
        count == other.count && number >= other.number
    }
}
