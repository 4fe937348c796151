import Wire

/// The calls of an answer while their pieces come: it says which piece belongs to which call, and
/// gives each call one number and one id.
///
/// The numbers are consecutive, in the order in which the calls begin in the log. The vendor's own
/// are no sign of that: Ollama and many gateways to Gemini give each call the number 0, and some
/// give none.
struct OpenCalls {
    /// The generation's id, of which the ids of its calls are made where the vendor gives none.
    private let answer: String
    private var calls: [OpenCall] = []
    /// How many calls are in the log.
    private var writtenCount = 0
    /// Whether `tool_calls` has come.
    private(set) var hasNewForm = false

    init(answer: String = "") { self.answer = answer }

    /// How many calls have come so far.
    var count: Int {
        var count = 0
        for index in calls.indices where calls[index].hasContent { count += 1 }
        return count
    }

    /// Takes a piece, and writes what of it is new.
    @inline(never)
    mutating func take(_ piece: ToolCallPiece, into log: inout EntryLog) {
        if !piece.isOldForm { hasNewForm = true }
        let index = index(of: piece) ?? begin(piece, into: &log)
        calls[index].take(piece)
        guard calls[index].number == nil else { return calls[index].writeNews(into: &log) }
        if calls[index].isReady { writeFirst(index, into: &log) }
    }

    /// How many calls an answer may have: each piece is compared with all of them.
    static let maxCount = 1024

    /// Whether there are more calls than an answer may have.
    var isTooMany: Bool { calls.count > Self.maxCount }

    /// Whether a call has this place.
    func hasCall(at place: Int) -> Bool { calls.contains { $0.place == place } }

    /// Notes that something else has this place: what comes for it then belongs to no call.
    mutating func leave(_ place: Int) {
        for index in calls.indices where calls[index].place == place { calls[index].place = nil }
    }

    /// Writes what is left once nothing more comes.
    ///
    /// - Parameters:
    ///   - isWhole: whether the calls are; where the answer was cut, empty arguments are cut ones.
    ///   - log: gets the pieces.
    mutating func close(isWhole: Bool, into log: inout EntryLog) {
        for index in calls.indices where calls[index].hasContent {
            if isWhole { calls[index].fillArguments() }
            if calls[index].number == nil { writeFirst(index, into: &log) }
            calls[index].writeNews(into: &log)
        }
    }

    private mutating func begin(_ piece: ToolCallPiece, into log: inout EntryLog) -> Int {
        // Clients take a call for whole once the next one begins.
        for index in calls.indices where calls[index].arguments.isHeld {
            guard calls[index].number != nil else { continue }
            calls[index].releaseEmptyObject()
            calls[index].writeNews(into: &log)
        }
        calls.append(OpenCall(place: piece.place, isOldForm: piece.isOldForm))
        return calls.count - 1
    }

    private mutating func writeFirst(_ index: Int, into log: inout EntryLog) {
        let given = calls[index].givenIDs.first ?? ""
        let isFree = !given.isEmpty && !calls.contains { equals($0.id, given) }
        calls[index].writeFirst(writtenCount, id: isFree ? given : id(writtenCount), into: &log)
        writtenCount += 1
    }

    /// An id for a call: no other call of any answer has it, and whoever knows it does not know the
    /// answer's.
    private func id(_ number: Int) -> String {
        var sum = Checksum()
        for byte in answer.utf8 { sum.add(byte) }
        for byte in "/\(number)".utf8 { sum.add(byte) }
        let digits = String(sum.value, radix: 16)
        return "call_" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    // MARK: Which call

    /// The call that a piece belongs to; nil where it begins one.
    private func index(of piece: ToolCallPiece) -> Int? {
        guard let last = calls.indices.last else { return nil }
        if piece.isOldForm { return calls.lastIndex { $0.isOldForm } }
        if !piece.id.isEmpty {
            // With a name and another number it is another call, though its id is no other.
            let known = calls.lastIndex { call in
                let isPlace = piece.place == nil || call.place == piece.place
                return call.isCalled(piece.id) && (isPlace || piece.name.isEmpty)
            }
            if let known { return calls[known].isContinued(byItsID: piece) ? known : nil }
        }
        guard let place = piece.place else {
            return calls[last].isContinued(byItsPlace: piece) ? last : nil
        }
        // Of several calls with one number the newest counts.
        if let index = calls.lastIndex(where: { $0.place == place }) {
            return calls[index].isContinued(byItsPlace: piece) ? index : nil
        }
        let isMore = piece.id.isEmpty && piece.name.isEmpty && calls[last].place == nil
        return isMore ? last : nil
    }
}

extension StreamState {
    /// Takes a piece of a call, and writes what of it is new.
    mutating func take(_ piece: ToolCallPiece, into log: inout EntryLog) {
        calls.take(piece, into: &log)
        // The event says more than one string, whatever of it is in the log.
        added.count += 2
        if calls.isTooMany {
            reject("the upstream sent more than \(OpenCalls.maxCount) tool calls")
        }
    }
}
