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
    /// How many of them say something.
    private(set) var count = 0
    /// How many calls are in the log.
    private var writtenCount = 0
    /// The newest call with each of the vendor's numbers, and with each of its ids as bytes: an
    /// answer may have a thousand calls, and each piece looks for its own.
    private var newestAtPlace: [Int: Int] = [:]
    private var newestWithID: [[UInt8]: Int] = [:]
    /// The ids that clients see.
    private var writtenIDs: Set<[UInt8]> = []
    /// The calls in the log whose empty object is held back.
    private var holding: [Int] = []
    private var oldForm: Int?
    /// Whether `tool_calls` has come.
    private(set) var hasNewForm = false

    init(answer: String = "") { self.answer = answer }

    /// Takes a piece, and writes what of it is new.
    @inline(never)
    mutating func take(_ piece: ToolCallPiece, into log: inout EntryLog) {
        if !piece.isOldForm { hasNewForm = true }
        let index = index(of: piece) ?? begin(piece, into: &log)
        let hadContent = calls[index].hasContent
        let place = calls[index].place
        calls[index].take(piece)
        if !hadContent, calls[index].hasContent { count += 1 }
        if !piece.id.isEmpty { newestWithID[Array(piece.id.utf8)] = index }
        if place == nil, let place = calls[index].place { newestAtPlace[place] = index }
        if calls[index].number != nil {
            calls[index].writeNews(into: &log)
        } else if calls[index].isReady {
            writeFirst(index, into: &log)
        }
        let isHolding = calls[index].number != nil && calls[index].arguments.isHeld
        if isHolding, holding.last != index { holding.append(index) }
    }

    /// How many calls an answer may have.
    static let maxCount = 1024

    /// Whether there are more calls than an answer may have.
    var isTooMany: Bool { calls.count > Self.maxCount }

    /// How much of the calls in the log is neither a name nor arguments.
    var framingBytes: Int { calls.reduce(0) { $0 + $1.framingBytes } }

    /// Whether a call has this place.
    func hasCall(at place: Int) -> Bool { newestAtPlace[place] != nil }

    /// Notes that something else has this place: what comes for it then belongs to no call.
    mutating func leave(_ place: Int) {
        if let index = newestAtPlace.removeValue(forKey: place) { calls[index].leave() }
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
        for index in holding {
            calls[index].releaseEmptyObject()
            calls[index].writeNews(into: &log)
        }
        holding = []
        let index = calls.count
        calls.append(OpenCall(place: piece.place))
        if let place = piece.place { newestAtPlace[place] = index }
        if piece.isOldForm { oldForm = index }
        return index
    }

    private mutating func writeFirst(_ index: Int, into log: inout EntryLog) {
        let given = calls[index].givenIDs.first ?? ""
        let isFree = !given.isEmpty && !writtenIDs.contains(Array(given.utf8))
        let id = isFree ? given : id(writtenCount)
        writtenIDs.insert(Array(id.utf8))
        calls[index].writeFirst(writtenCount, id: id, into: &log)
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
        if piece.isOldForm { return oldForm }
        if let known = callWithID(of: piece) {
            return calls[known].isContinued(byItsID: piece) ? known : nil
        }
        guard let place = piece.place else {
            return calls[last].isContinued(byItsPlace: piece) ? last : nil
        }
        // Of several calls with one number the newest counts.
        if let index = newestAtPlace[place] {
            return calls[index].isContinued(byItsPlace: piece) ? index : nil
        }
        let isMore = piece.id.isEmpty && piece.name.isEmpty && calls[last].place == nil
        return isMore ? last : nil
    }

    /// The call that a piece names by its id, at its place first; nil where there is none.
    private func callWithID(of piece: ToolCallPiece) -> Int? {
        guard !piece.id.isEmpty else { return nil }
        if let place = piece.place, let index = newestAtPlace[place],
            calls[index].isCalled(piece.id)
        {
            return index
        }
        // With a name and another number it is another call, though its id is no other.
        guard piece.place == nil || piece.name.isEmpty else { return nil }
        return newestWithID[Array(piece.id.utf8)]
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
