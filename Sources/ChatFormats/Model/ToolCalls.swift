import Wire

/// The tool calls of a log, put together from their pieces.
struct ToolCalls {
    /// Members in the order in which they came, each name once.
    private struct Members {
        private(set) var list: [JSON.Member] = []
        /// The names as bytes; pieces may bring any number of them.
        private var names: Set<[UInt8]> = []

        /// Keeps the first value of each member: later pieces repeat an id, or send it empty.
        mutating func add(_ member: JSON.Member) {
            if names.insert(Array(member.key.utf8)).inserted { list.append(member) }
        }
    }

    /// One call while its pieces come.
    private struct Call {
        let index: Int
        /// Everything but the function.
        var members = Members()
        var function = Members()
        /// The arguments of all pieces, joined once at the end: a join per piece is quadratic.
        var arguments: [String] = []
    }

    private var calls: [Call] = []
    /// Where in `calls` the call with each number is.
    private var indices: [Int: Int] = [:]

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

    /// The calls as OpenAI writes them in a whole message, in the order of their numbers.
    var json: JSON {
        .array(
            calls.sorted { $0.index < $1.index }.map { call in
                let arguments = JSON.string(call.arguments.joined())
                let function =
                    call.function.list + [JSON.Member(key: "arguments", value: arguments)]
                let member = JSON.Member(key: "function", value: .object(function))
                return .object(call.members.list + [member])
            }
        )
    }

    private mutating func add(_ piece: JSON) {
        let number = piece["index"]?.intValue ?? 0
        let index = callIndex(of: number)
        for member in piece.members ?? [] {
            if equals(member.key, "function") {
                for part in member.value.members ?? [] {
                    if equals(part.key, "arguments") {
                        calls[index].arguments.append(part.value.stringValue ?? "")
                    } else {
                        calls[index].function.add(part)
                    }
                }
            } else if !equals(member.key, "index") {
                calls[index].members.add(member)
            }
        }
    }

    private mutating func callIndex(of number: Int) -> Int {
        if let index = indices[number] { return index }
        indices[number] = calls.count
        calls.append(Call(index: number))
        return calls.count - 1
    }
}
