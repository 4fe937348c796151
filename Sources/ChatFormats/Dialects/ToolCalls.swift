import Wire

/// The tool calls of a log, put together from their pieces.
struct ToolCalls {
    /// One call while its pieces come.
    private struct Call {
        let index: Int
        /// Everything but the function, in the order in which it came.
        var members: [JSON.Member] = []
        var function: [JSON.Member] = []
        /// The arguments of all pieces, joined once at the end: a join per piece is quadratic.
        var arguments: [String] = []
    }

    private var calls: [Call] = []

    init(_ log: borrowing EntryLog) {
        let bytes = log.bytes
        for n in log.answerNumbers where log.kind(n) == .toolCall {
            do throws(JSONError) {
                add(try JSON.parse(bytes.span.extracting(log.range(n))))
            } catch {
                // The pieces were written by this module, so there is none that can't be read.
                assertionFailure("a broken piece of a tool call")
            }
        }
    }

    var isEmpty: Bool { calls.isEmpty }

    /// The calls as OpenAI has them in a whole message, in the order of their numbers.
    var json: JSON {
        .array(
            calls.sorted { $0.index < $1.index }.map { call in
                let arguments = JSON.string(call.arguments.joined())
                let function = call.function + [JSON.Member(key: "arguments", value: arguments)]
                let member = JSON.Member(key: "function", value: .object(function))
                return .object(call.members + [member])
            }
        )
    }

    private mutating func add(_ piece: JSON) {
        let index = piece["index"]?.intValue ?? 0
        let place = place(of: index)
        for member in piece.members ?? [] {
            switch member.key {
            case "index": continue
            case "function":
                for part in member.value.members ?? [] {
                    if part.key == "arguments" {
                        calls[place].arguments.append(part.value.stringValue ?? "")
                    } else {
                        Self.set(part, in: &calls[place].function)
                    }
                }
            default: Self.set(member, in: &calls[place].members)
            }
        }
    }

    /// Pieces of one call follow each other, so the last call is looked at first.
    private mutating func place(of index: Int) -> Int {
        if let place = calls.lastIndex(where: { $0.index == index }) { return place }
        calls.append(Call(index: index))
        return calls.count - 1
    }

    /// Keeps the first value of each member: later pieces repeat an id, or send it empty.
    private static func set(_ member: JSON.Member, in members: inout [JSON.Member]) {
        if !members.contains(where: { $0.key == member.key }) { members.append(member) }
    }
}
