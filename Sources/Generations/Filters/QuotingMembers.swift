import Wire

/// Takes out of what an upstream sent beside an answer whatever quotes its text: the filters have
/// changed that text, or ended it.
enum QuotingMembers {
    /// Members that hold text of the answer, by the object that they are in.
    private static let quoting: [(object: String, names: [String])] = [
        ("choice", ["logprobs", "message", "text", "token_ids"]),
        ("delta", ["reasoning_details", "audio", "annotations", "token_ids"]),
    ]

    /// Returns the payload of a `members` entry without them, and whether anything was left out.
    ///
    /// - Returns: nil for the payload where nothing is left.
    static func removed(from payload: JSON) -> (kept: JSON?, isChanged: Bool) {
        guard case .object(let members) = payload else { return (nil, true) }
        var kept: [JSON.Member] = []
        var isChanged = false
        for member in members {
            // Other choices are other answers, which no filter has seen.
            if equals(member.key, "choices") {
                isChanged = true
                continue
            }
            guard case .object(let parts) = member.value,
                let names = quoting.first(where: { equals($0.object, member.key) })?.names
            else {
                kept.append(member)
                continue
            }
            let rest = parts.filter { part in !names.contains { equals($0, part.key) } }
            if rest.count < parts.count { isChanged = true }
            if !rest.isEmpty { kept.append(JSON.Member(key: member.key, value: .object(rest))) }
        }
        return (kept.isEmpty ? nil : .object(kept), isChanged)
    }
}
