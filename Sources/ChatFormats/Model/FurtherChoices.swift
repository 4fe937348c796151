import Wire

/// The choices after the first, put together from their pieces: a request may ask for several.
struct FurtherChoices {
    private struct Choice {
        let index: Int
        var members = JSONPieces()
        var message = JSONPieces()
        var calls: [JSON] = []
    }

    private var choices: [Choice] = []

    /// Adds a piece of a choice, as a chunk has it.
    mutating func add(_ piece: JSON) {
        let number = piece["index"]?.intValue ?? 0
        var place = choices.firstIndex { $0.index == number }
        if place == nil {
            place = choices.count
            choices.append(Choice(index: number))
        }
        guard let place else { return }
        for member in piece.members ?? [] where member.value != .null {
            switch member.key {
            case "index": break
            case "delta", "message":
                for part in member.value.members ?? [] where part.value != .null {
                    if equals(part.key, "tool_calls") {
                        choices[place].calls += part.value.arrayValue ?? []
                    } else {
                        choices[place].message.add(part.key, part.value)
                    }
                }
            default: choices[place].members.add(member.key, member.value)
            }
        }
    }

    /// The choices as a whole answer has them, in the order of their numbers.
    var json: [JSON] { choices.sorted { $0.index < $1.index }.map(Self.json) }

    private static func json(_ choice: Choice) -> JSON {
        var message = [
            JSON.Member(key: "role", value: .string("assistant")),
            JSON.Member(key: "content", value: .joined(choice.message["content"], named: "")),
            JSON.Member(key: "refusal", value: .joined(choice.message["refusal"], named: "")),
        ]
        message += choice.message.joined.filter {
            !["role", "content", "refusal"].contains($0.key)
        }
        if !choice.calls.isEmpty {
            message.append(JSON.Member(key: "tool_calls", value: calls(choice.calls)))
        }
        var members = [
            JSON.Member(key: "index", value: .number("\(choice.index)")),
            JSON.Member(key: "message", value: .object(message)),
            JSON.Member(
                key: "logprobs",
                value: .joined(choice.members["logprobs"], named: "logprobs")
            ),
        ]
        for (name, values) in choice.members.list
        where !["logprobs", "finish_reason"].contains(name) {
            members.append(JSON.Member(key: name, value: values.last ?? .null))
        }
        let reason = choice.members["finish_reason"].last ?? .null
        members.append(JSON.Member(key: "finish_reason", value: reason))
        return .object(members)
    }

    private static func calls(_ pieces: [JSON]) -> JSON {
        var log = EntryLog()
        for piece in pieces where piece.members != nil {
            piece.write(into: &log.bytes)
            log.seal(.toolCall)
        }
        return ToolCalls(log).json
    }
}
