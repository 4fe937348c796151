import Wire

/// Makes rounds of tool calls whole: Anthropic wants the results of all calls of a turn right after
/// it, in one turn, and no others.
enum AnthropicRounds {
    static func whole(_ turns: [AnthropicTurn]) -> [AnthropicTurn] {
        var whole: [AnthropicTurn] = []
        var rest = turns[...]
        while var turn = rest.popFirst() {
            guard turn.role == .assistant else {
                var none: Set<String> = []
                whole += split(turn, &none).said.map { [$0] } ?? []
                continue
            }
            // Calls that were made at once, but are told one by one.
            let isRound = !turn.calls.isEmpty
            while isRound, let next = rest.first, next.role == .assistant {
                turn.blocks += next.blocks
                rest = rest.dropFirst()
            }
            whole.append(turn)
            let calls = turn.calls
            guard !calls.isEmpty else { continue }
            var open = Set(calls)
            var results: [JSON] = []
            var said: [AnthropicTurn] = []
            while let next = rest.first, next.role == .user {
                let parts = split(next, &open)
                results += parts.results
                if let turn = parts.said { said.append(turn) }
                rest = rest.dropFirst()
            }
            results += calls.filter { open.contains($0) }.map(unanswered)
            whole.append(AnthropicTurn(role: .user, blocks: results))
            whole += said
        }
        return whole
    }

    /// Whether the model may be told to think: the turns of a round that is under way must begin
    /// with thinking then, and what the model is to continue must not.
    static func mayThink(_ turns: [AnthropicTurn]) -> Bool {
        guard turns.last?.role == .user else { return false }
        // All turns of the user in a row are one turn to Anthropic.
        var hasResult = false
        for turn in turns.reversed() {
            switch turn.role {
            case .user:
                if turn.blocks.contains(where: { AnthropicTurn.isOf("tool_result", $0) }) {
                    hasResult = true
                }
            case .assistant:
                guard hasResult else { return true }
                guard turn.beginsWithThinking else { return false }
                hasResult = false
            }
        }
        return true
    }

    /// The names of the tools that were called, each once.
    static func toolNames(_ turns: [AnthropicTurn]) -> [String] {
        var names: [String] = []
        var known: Set<String> = []
        for block in turns.flatMap(\.blocks) where AnthropicTurn.isOf("tool_use", block) {
            guard let name = block["name"]?.stringValue, known.insert(name).inserted else {
                continue
            }
            names.append(name)
        }
        return names
    }

    /// Takes the results of open calls out of a turn; other results are what was said.
    private static func split(
        _ turn: AnthropicTurn,
        _ open: inout Set<String>
    ) -> (results: [JSON], said: AnthropicTurn?) {
        var results: [JSON] = []
        var said: [JSON] = []
        for block in turn.blocks {
            if !AnthropicTurn.isOf("tool_result", block) {
                said.append(block)
            } else if let id = block["tool_use_id"]?.stringValue, open.remove(id) != nil {
                results.append(block)
            } else {
                said += content(ofStray: block)
            }
        }
        return (results, said.isEmpty ? nil : AnthropicTurn(role: turn.role, blocks: said))
    }

    /// What a result says whose call is not there.
    private static func content(ofStray result: JSON) -> [JSON] {
        if let text = result["content"]?.stringValue {
            return AnthropicTurn.isBlank(text) ? [] : [AnthropicTurn.text(text)]
        }
        return result["content"]?.arrayValue ?? []
    }

    /// The result of a call that has none, such as one that was stopped.
    private static func unanswered(_ id: String) -> JSON {
        .having([
            "type": .string("tool_result"), "tool_use_id": .string(id),
            "content": .string("(no result)"), "is_error": .bool(true),
        ])
    }
}
