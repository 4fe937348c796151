import Wire

/// Brings pieces of tool calls into one shape: OpenAI's, always with an index, on one line.
///
/// Members that only one vendor knows stay: Gemini needs its thought signature back.
enum ToolCallPiece {
    /// Reads `delta.tool_calls`.
    static func read(
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        if reader.skipNull(data) { return }
        guard try reader.peek(data) == .array else {
            state.reject("the upstream's tool calls are not an array")
            return
        }
        try reader.enterArray(data)
        while try reader.nextElement(data) {
            guard case .object(let members) = try reader.readTree(data) else {
                state.reject("the upstream sent a tool call that is not an object")
                return
            }
            append(members, &state, &log)
        }
    }

    /// Reads `delta.function_call`, the form of tool calls before they got that name.
    static func readFunctionCall(
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        if reader.skipNull(data) { return }
        let function = try reader.readTree(data)
        append(
            [
                JSON.Member(key: "index", value: .number("0")),
                JSON.Member(key: "type", value: .string("function")),
                JSON.Member(key: "function", value: function),
            ],
            &state,
            &log
        )
    }

    private static func append(
        _ members: [JSON.Member],
        _ state: inout StreamState,
        _ log: inout EntryLog
    ) {
        let call = JSON.object(members)
        var kept = [JSON.Member(key: "index", value: .number("\(index(of: call, &state))"))]
        for member in members where !equals(member.key, "index") && member.value != .null {
            kept.append(withoutNulls(member))
        }
        JSON.object(kept).write(into: &log.bytes)
        log.seal(.toolCall)
    }

    /// The number of the call that a piece in the log belongs to.
    static func index(of piece: Span<UInt8>) -> Int {
        guard let range = Payload.value(of: "index", in: piece) else { return 0 }
        return parseDecimal(piece.extracting(range)) ?? 0
    }

    /// The call's number; where the vendor gives none, an id or a name begins a new call.
    private static func index(of call: JSON, _ state: inout StreamState) -> Int {
        let given = Usage.count(call["index"]?.intValue)
        let id = call["id"]?.stringValue ?? call["function"]?["name"]?.stringValue ?? ""
        let begins = !id.isEmpty || state.nextToolIndex == 0
        let index = given ?? (begins ? state.nextToolIndex : state.nextToolIndex - 1)
        state.nextToolIndex = max(state.nextToolIndex, index + 1)
        return index
    }

    /// Clients join the pieces of each member, and some trip over a null among them.
    private static func withoutNulls(_ member: JSON.Member) -> JSON.Member {
        guard equals(member.key, "function"), case .object(let members) = member.value else {
            return member
        }
        let kept = members.filter { $0.value != .null }
        return JSON.Member(key: member.key, value: .object(kept))
    }
}
