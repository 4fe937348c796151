import Wire

/// What an answer has beside its texts and calls, put together for an answer in one piece.
struct AnswerMembers {
    private var chunk = JSONPieces()
    private var choice = JSONPieces()
    private var delta = JSONPieces()
    private var others = FurtherChoices()
    /// Where in the reasoning the texts of signed parts are, in order.
    private var signed: [Range<Int>] = []

    init(_ outline: borrowing AnswerOutline) {
        var entry = 0
        var signedEnd = 0
        for n in outline.log.numbers where outline.log.kind(n) == .members {
            let bytes = outline.log.bytes
            let reasoningEnd = outline.reasoningEnds[entry]
            entry += 1
            let payload = bytes.span.extracting(outline.log.range(n))
            // Another version may have written something else.
            guard let tree = try? JSON.parse(payload) else { continue }
            chunk.add(tree["chunk"]?.members ?? [])
            choice.add(tree["choice"]?.members ?? [])
            let members = tree["delta"]?.members ?? []
            delta.add(members)
            for choice in tree["choices"]?.arrayValue ?? [] { others.add(choice) }
            for part in members.flatMap({ $0.value.arrayValue ?? [] }) where part.isSigned {
                signed.append(signedEnd..<max(signedEnd, reasoningEnd))
                signedEnd = max(signedEnd, reasoningEnd)
            }
        }
    }

    /// Whether parts of the reasoning are said a second time, with their signatures.
    var repeatsReasoning: Bool { !signed.isEmpty }

    /// The model that answers, if it is another one than was asked.
    var model: JSON? { chunk["model"].last }

    /// What goes beside `choices`: of each member the last value.
    var top: [JSON.Member] {
        let own = ["id", "object", "created", "model", "choices", "usage", "content"]
        return last(of: chunk, but: own)
    }

    /// What goes beside the message, apart from `logprobs`: of each member the last value, or a
    /// list of all.
    var ofChoice: [JSON.Member] {
        let own = ["index", "message", "delta", "logprobs", "finish_reason"]
        return choice.list.filter { !own.contains($0.name) }.map { name, values in
            let isList = values.allSatisfy { $0.arrayValue != nil }
            let value = isList ? JSON.joined(values, named: name) : values.last
            return JSON.Member(key: name, value: value ?? .null)
        }
    }

    /// All logprobs, joined; null where there are none.
    var logprobs: JSON { .joined(choice["logprobs"], named: "logprobs") }

    /// The choices after the first.
    var choices: [JSON] { others.json }

    /// What goes into the message.
    ///
    /// - Parameter reasoning: all of it, where `repeatsReasoning`.
    /// - Returns: the members, with their pieces joined.
    func message(_ reasoning: [UInt8]) -> [JSON.Member] {
        let own = [
            "role", "content", "refusal", "reasoning_content", "tool_calls", "function_call",
        ]
        var ranges = signed[...]
        var members = delta.joined.filter { !own.contains($0.key) }
        for index in members.indices {
            guard let parts = members[index].value.arrayValue, !signed.isEmpty else { continue }
            members[index].value = .array(
                parts.map { part in
                    guard part.isSigned, let range = ranges.popFirst() else { return part }
                    let text = reasoning[range.clamped(to: 0..<reasoning.count)]
                    return part.filled(with: String(decoding: text, as: UTF8.self))
                }
            )
        }
        return members
    }

    private func last(of pieces: JSONPieces, but names: [String]) -> [JSON.Member] {
        pieces.list.filter { !names.contains($0.name) }.map {
            JSON.Member(key: $0.name, value: $0.values.last ?? .null)
        }
    }
}

extension JSON {
    /// Whether it is an entry with parts whose text was said as reasoning before it.
    var isOfReasoning: Bool {
        self["delta"]?.members?.contains { ($0.value.arrayValue ?? []).contains(where: \.isSigned) }
            ?? false
    }

    /// The member that has the text of a part whose text was said as reasoning.
    private var textName: String? {
        switch self["type"] {
        case .string("thinking")?: "thinking"
        case .string("reasoning.text")?: "text"
        case .string("reasoning.summary")?: "summary"
        default: nil
        }
    }

    /// Whether it is a part with a signature whose text was said as reasoning.
    fileprivate var isSigned: Bool {
        textName.map { self[$0] == .string("") } ?? false
    }

    fileprivate func filled(with text: String) -> JSON {
        .object(
            (members ?? []).map { member in
                guard let textName, equals(member.key, textName) else { return member }
                return JSON.Member(key: member.key, value: .string(text))
            }
        )
    }
}
