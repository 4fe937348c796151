import Wire

/// Members that come in pieces, in the order of their first pieces.
struct JSONPieces {
    private(set) var list: [(name: String, values: [JSON])] = []
    /// The names as bytes: `String` would call composed and decomposed characters the same name.
    private var indices: [[UInt8]: Int] = [:]

    /// Adds a piece of each member.
    mutating func add(_ members: [JSON.Member]) {
        for member in members { add(member.key, member.value) }
    }

    mutating func add(_ name: String, _ value: JSON) {
        let key = Array(name.utf8)
        if let index = indices[key] {
            list[index].values.append(value)
        } else {
            indices[key] = list.count
            list.append((name, [value]))
        }
    }

    /// The pieces of one member.
    subscript(name: String) -> [JSON] {
        indices[Array(name.utf8)].map { list[$0].values } ?? []
    }

    /// The members with their pieces joined.
    var joined: [JSON.Member] {
        list.map { JSON.Member(key: $0.name, value: .joined($0.values, named: $0.name)) }
    }
}

extension JSON {
    /// What pieces of a member add up to: texts and lists are joined, objects member by member, and
    /// of all else the last counts.
    static func joined(_ pieces: [JSON], named name: String) -> JSON {
        let pieces = pieces.filter { $0 != .null }
        guard pieces.count > 1, let last = pieces.last else { return pieces.last ?? .null }
        // These say what something is, however often they come.
        if ["id", "type", "format", "name", "model", "role", "index"].contains(name) {
            return last
        }
        let texts = pieces.compactMap(\.stringValue)
        if texts.count == pieces.count { return .string(texts.joined()) }
        let lists = pieces.compactMap(\.arrayValue)
        if lists.count == pieces.count { return .array(Array(lists.joined())) }
        let objects = pieces.compactMap(\.members)
        guard objects.count == pieces.count else { return last }
        var members = JSONPieces()
        for object in objects { members.add(object) }
        return .object(members.joined)
    }
}
