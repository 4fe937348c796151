import Wire

/// A piece of a tool call as a vendor sends it, taken apart.
struct ToolCallPiece {
    /// What a call's own members are in.
    enum Form {
        case function
        /// Called with free text instead of JSON (OpenAI's custom tools).
        case custom
        /// A type that only one vendor knows, whose members are passed on as they are.
        case other
    }

    /// The vendor's number of the call; nil where there is none that can be read.
    var place: Int?
    /// Empty where there is none, as are type and name.
    var id = ""
    var type = ""
    var name = ""
    /// The text of the arguments, or of a custom tool's input.
    var text = ""
    /// Whether the arguments are a JSON value in place of a string.
    var isValue = false
    /// What the call's own members are in, as far as this piece shows it.
    var form: Form?
    /// The members that only one vendor knows: Gemini needs its thought signature back.
    var others: [JSON.Member] = []
    /// The same, within the function.
    var innerOthers: [JSON.Member] = []
    /// Whether it is `function_call`, the form before calls had ids: there is one call at most.
    var isOldForm = false

    /// Reads an element of `tool_calls`.
    init(_ members: [JSON.Member]) {
        for member in members { read(member) }
        if form == nil, !type.isEmpty {
            form = equals(type, "function") ? .function : equals(type, "custom") ? .custom : .other
        }
        if form == nil, !name.isEmpty || !text.isEmpty { form = .function }
    }

    /// Reads `function_call`.
    init(oldForm members: [JSON.Member]) {
        isOldForm = true
        form = .function
        for member in members { readInner(member) }
    }

    /// Makes the beginning of a call of a function, whose input may be there already.
    init(place: Int, id: String, name: String, input: JSON?) {
        self.place = place
        self.id = id
        self.name = name
        form = .function
        if let input { readText(input) }
    }

    /// Makes a further piece of a call's arguments.
    init(place: Int, arguments: String) {
        self.place = place
        text = arguments
    }

    private mutating func read(_ member: JSON.Member) {
        switch Name(member) {
        case .index: place = Self.place(member.value)
        case .id: id = Self.word(member.value) ?? id
        case .type: type = Self.word(member.value) ?? type
        case .function:
            guard let members = member.value.members else { return }
            form = .function
            for member in members { readInner(member) }
        case .custom:
            guard let members = member.value.members else { return }
            if form == nil { form = .custom }
            for member in members { readInner(member) }
        // Some servers leave out the object around name and arguments.
        case .name: name = Self.word(member.value) ?? name
        case .arguments: readText(member.value)
        case .input, nil: if !Self.isVoid(member.value) { others.append(member) }
        }
    }

    private mutating func readInner(_ member: JSON.Member) {
        switch Name(member) {
        case .name: name = Self.word(member.value) ?? name
        case .arguments, .input: readText(member.value)
        // llama.cpp's server had the id here once.
        case .id: if id.isEmpty { id = Self.word(member.value) ?? "" }
        case .index, .type, .function, .custom, nil:
            if !Self.isVoid(member.value) { innerOthers.append(member) }
        }
    }

    /// The names of the members that are read.
    private enum Name: String, CaseIterable {
        case index, id, type, function, custom, name, arguments, input

        /// Compares bytes: a `switch` over strings normalises a long run of combining marks, which
        /// takes the square of its length.
        init?(_ member: JSON.Member) {
            guard let name = Self.allCases.first(where: { equals($0.rawValue, member.key) }) else {
                return nil
            }
            self = name
        }
    }

    private mutating func readText(_ value: JSON) {
        switch value {
        case .null: break
        case .string(let string): text = string
        default:
            var bytes: [UInt8] = []
            value.write(into: &bytes)
            text = String(decoding: bytes, as: UTF8.self)
            isValue = true
        }
    }

    private static func place(_ value: JSON) -> Int? {
        let number: Int?
        switch value {
        case .number: number = value.intValue ?? value.doubleValue.flatMap { Int(exactly: $0) }
        case .string(let text): number = parseDecimal(text)
        default: number = nil
        }
        guard let number, number >= 0 else { return nil }
        return number
    }

    /// A text that is not empty; some servers number their calls where an id belongs.
    private static func word(_ value: JSON) -> String? {
        switch value {
        case .string(let text): text.isEmpty ? nil : text
        case .number(let text): text
        default: nil
        }
    }

    /// Clients join the pieces of each member, and some trip over a null among them.
    private static func isVoid(_ value: JSON) -> Bool {
        value == .null || value == .string("") || value == .object([]) || value == .array([])
    }
}

extension ToolCallPiece {
    /// Reads `delta.tool_calls`.
    static func read(
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        if reader.skipNull(data) { return }
        switch try reader.readTree(data) {
        case .array(let elements):
            for element in elements where element != .null {
                guard case .object(let members) = element else {
                    state.reject("the upstream sent a tool call that is not an object")
                    return
                }
                state.take(ToolCallPiece(members), into: &log)
            }
        // One call, without the array around it.
        case .object(let members):
            if !members.isEmpty { state.take(ToolCallPiece(members), into: &log) }
        case .null, .bool(false), .string(""): break
        default: state.reject("the upstream's tool calls are not an array")
        }
    }

    /// Reads `delta.function_call`, the form of tool calls before they got that name.
    ///
    /// Where both are there, as llama-cpp-python's server sends them, it repeats `tool_calls`.
    static func readFunctionCall(
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        if reader.skipNull(data) || state.calls.hasNewForm { return }
        guard case .object(let members) = try reader.readTree(data) else { return }
        if !members.isEmpty { state.take(ToolCallPiece(oldForm: members), into: &log) }
    }

    /// The number of the call that a piece in the log belongs to.
    static func index(of piece: Span<UInt8>) -> Int {
        guard let range = Payload.value(of: "index", in: piece) else { return 0 }
        return parseDecimal(piece.extracting(range)) ?? 0
    }
}
