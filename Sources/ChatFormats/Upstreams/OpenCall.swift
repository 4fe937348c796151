import Wire

/// One call while its pieces come: what is known of it, and what of that is in the log.
struct OpenCall {
    /// The vendor's number of it.
    private(set) var place: Int?
    /// The ids by which the vendor calls it: some servers make up another one for each piece.
    private(set) var givenIDs: [String] = []
    /// The id that clients see; empty until the first piece is written.
    private(set) var id = ""
    private(set) var name = ""
    private(set) var arguments = CallArguments()
    /// Its number in the log; nil until its first piece is written.
    private(set) var number: Int?
    private var isNameWritten = false
    /// How much of what is in the log is neither its name nor its arguments.
    private(set) var framingBytes = 0
    private var type = ""
    private var form: ToolCallPiece.Form?
    /// The names of the vendor's own members that have come, as bytes.
    private var seen: Set<[UInt8]> = []
    private var innerSeen: Set<[UInt8]> = []

    // What has come and is not yet in the log.
    private var text = ""
    private var others: [JSON.Member] = []
    private var innerOthers: [JSON.Member] = []

    /// How many bytes of arguments wait for a name.
    private static let maxWaitingBytes = 64 * 1024

    init(place: Int?) { self.place = place }

    /// Notes that something else has its place.
    mutating func leave() { place = nil }

    /// Whether it says something: a name, arguments, or what only its vendor knows.
    var hasContent: Bool { number != nil || !name.isEmpty || !arguments.isEmpty || isOther }

    private var isOther: Bool { form == .other }

    /// Whether its arguments are JSON, and none have come that can be read.
    private var lacksArguments: Bool {
        !isOther && form != .custom && (arguments.isEmpty || arguments.isHeld)
    }

    /// Takes a piece; what it repeats is left out.
    mutating func take(_ piece: ToolCallPiece) {
        if place == nil { place = piece.place }
        if !piece.id.isEmpty, !givenIDs.contains(where: { equals($0, piece.id) }) {
            // Enough to know a call by; a server that makes up an id for each piece has no end.
            if givenIDs.count < 8 { givenIDs.append(piece.id) }
        }
        if name.isEmpty { name = piece.name }
        if type.isEmpty { type = piece.type }
        if form == nil || form == .other { form = piece.form ?? form }
        if form == .custom {
            text += piece.text
        } else {
            text += arguments.take(piece.text, isValue: piece.isValue)
        }
        for member in piece.others where seen.insert(Array(member.key.utf8)).inserted {
            others.append(member)
        }
        for member in piece.innerOthers where innerSeen.insert(Array(member.key.utf8)).inserted {
            innerOthers.append(member)
        }
    }

    /// Whether its first piece can be written: clients need the name in it.
    var isReady: Bool { !name.isEmpty || isOther || text.utf8.count > Self.maxWaitingBytes }

    /// Writes what is not yet in the log, after its first piece.
    mutating func writeNews(into log: inout EntryLog) {
        guard let number else { return }
        let hasName = !isNameWritten && !name.isEmpty
        guard hasName || !text.isEmpty || !others.isEmpty || !innerOthers.isEmpty else { return }
        write([JSON.Member(key: "index", value: .number("\(number)"))], hasName, into: &log)
    }

    /// Writes its first piece, which has id, type and name.
    mutating func writeFirst(_ number: Int, id: String, into log: inout EntryLog) {
        self.number = number
        self.id = id
        if type.isEmpty { type = form == .custom ? "custom" : "function" }
        write(
            [
                JSON.Member(key: "index", value: .number("\(number)")),
                JSON.Member(key: "id", value: .string(id)),
                JSON.Member(key: "type", value: .string(type)),
            ],
            true,
            into: &log
        )
    }

    private mutating func write(
        _ head: [JSON.Member],
        _ hasName: Bool,
        into log: inout EntryLog
    ) {
        var members = head
        var own: [JSON.Member] = []
        if hasName {
            own.append(JSON.Member(key: "name", value: .string(name)))
            isNameWritten = !name.isEmpty
        }
        if hasName || !text.isEmpty {
            let key = form == .custom ? "input" : "arguments"
            own.append(JSON.Member(key: key, value: .string(text)))
        }
        own += innerOthers
        if !own.isEmpty, !isOther {
            let key = form == .custom ? "custom" : "function"
            members.append(JSON.Member(key: key, value: .object(own)))
        }
        let start = log.bytes.count
        JSON.object(members + others).write(into: &log.bytes)
        let said = text.utf8.count + (hasName ? name.utf8.count : 0)
        framingBytes += max(0, log.bytes.count - start - said)
        log.seal(.toolCall)
        text = ""
        others = []
        innerOthers = []
    }

    /// Passes on the empty object that was held back.
    mutating func releaseEmptyObject() {
        guard arguments.isHeld else { return }
        arguments.takeEmptyObject()
        text += "{}"
    }

    /// Completes a call that is over: arguments that are empty text can't be read as JSON.
    mutating func fillArguments() {
        guard lacksArguments else { return }
        arguments.takeEmptyObject()
        text = "{}"
    }
}

// MARK: Which pieces are its own

extension OpenCall {
    /// Whether the vendor has called it by this id.
    func isCalled(_ id: String) -> Bool { givenIDs.contains { equals($0, id) } }

    /// Whether a piece with one of its ids is more of it, or says it once more.
    ///
    /// Some gateways make ids from names, so another call of the same function has the same id.
    func isContinued(byItsID piece: ToolCallPiece) -> Bool {
        piece.name.isEmpty || !arguments.isWhole || arguments.isHeld
            || CallArguments.isBlank(piece.text)
            || arguments.isRepeated(by: piece.text)
    }

    /// Whether a piece with its place, but with none of its ids, is more of it.
    func isContinued(byItsPlace piece: ToolCallPiece) -> Bool {
        let isSameName = piece.name.isEmpty || name.isEmpty || equals(piece.name, name)
        if piece.id.isEmpty {
            if piece.name.isEmpty || name.isEmpty { return true }
            return isSameName && (!arguments.isWhole || CallArguments.isBlank(piece.text))
        }
        // The id may come late.
        if givenIDs.isEmpty { return isSameName && !arguments.isWhole }
        // Poolside's second piece has another id than the first one.
        if piece.name.isEmpty { return !arguments.isWhole || arguments.isHeld }
        if name.isEmpty { return arguments.isEmpty }
        // A server that repeats the name and makes up an id for each piece: its arguments go on.
        return isSameName && arguments.isOpen && !piece.text.isEmpty
            && !CallArguments.beginsObject(piece.text)
    }
}
