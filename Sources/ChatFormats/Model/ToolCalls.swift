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
        /// What a custom tool has in place of the function.
        var custom = Members()
        /// The arguments of all pieces, joined once at the end: a join per piece is quadratic.
        var arguments: [String] = []
        /// The same for a custom tool's input.
        var input: [String] = []

        /// The call as OpenAI writes it in a whole message.
        var json: JSON {
            var members = members.list
            var type = members.first { equals($0.key, "type") }?.value.stringValue
            if type == nil {
                // Older journals have calls without one; clients pass such calls over.
                let name = function.list.isEmpty && !custom.list.isEmpty ? "custom" : "function"
                let place = members.first.map { equals($0.key, "id") } == true ? 1 : 0
                members.insert(JSON.Member(key: "type", value: .string(name)), at: place)
                type = name
            }
            if !custom.list.isEmpty || !input.isEmpty {
                members.append(Self.member("custom", custom, "input", input))
            }
            let isFunction = type.map { equals($0, "function") } ?? false
            if isFunction || !function.list.isEmpty || !arguments.isEmpty {
                members.append(Self.member("function", function, "arguments", arguments))
            }
            return .object(members)
        }

        private static func member(
            _ key: String,
            _ members: Members,
            _ textKey: String,
            _ pieces: [String]
        ) -> JSON.Member {
            let text = JSON.Member(key: textKey, value: .string(pieces.joined()))
            return JSON.Member(key: key, value: .object(members.list + [text]))
        }
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
    var json: JSON { .array(list) }

    /// The same calls, one by one.
    var list: [JSON] { calls.sorted { $0.index < $1.index }.map(\.json) }

    private mutating func add(_ piece: JSON) {
        let number = piece["index"]?.intValue ?? 0
        let index = callIndex(of: number)
        for member in piece.members ?? [] {
            if equals(member.key, "function") {
                for part in member.value.members ?? [] {
                    if equals(part.key, "arguments") {
                        calls[index].arguments.append(Self.text(part.value))
                    } else {
                        calls[index].function.add(part)
                    }
                }
            } else if equals(member.key, "custom"), let parts = member.value.members {
                for part in parts {
                    if equals(part.key, "input") {
                        calls[index].input.append(Self.text(part.value))
                    } else {
                        calls[index].custom.add(part)
                    }
                }
            } else if !equals(member.key, "index") {
                calls[index].members.add(member)
            }
        }
    }

    /// Older journals have arguments that are no strings, as their upstream sent them.
    private static func text(_ value: JSON) -> String {
        switch value {
        case .null: return ""
        case .string(let text): return text
        default:
            var bytes: [UInt8] = []
            value.write(into: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private mutating func callIndex(of number: Int) -> Int {
        if let index = indices[number] { return index }
        indices[number] = calls.count
        calls.append(Call(index: number))
        return calls.count - 1
    }
}
