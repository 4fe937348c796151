import Wire

/// Whose answers are meant.
package enum HistoryOwner: Sendable, Hashable {
    /// Everybody's.
    case any
    /// Those of one caller; of nil those for which callers were not told apart.
    case only(String?)

    /// Whether a record of this owner is meant; empty for none.
    func includes(_ owner: [UInt8]) -> Bool {
        switch self {
        case .any: true
        case .only(let name): owner.elementsEqual((name ?? "").utf8)
        }
    }

    /// Whose conversation one without further words is: with `any`, that of nobody.
    package var name: String? {
        switch self {
        case .any: nil
        case .only(let name): name
        }
    }
}

/// A conversation: its client's word for it, and whose it is.
///
/// Two callers may use the same word.
package struct ConversationName: Sendable, Hashable {
    package let id: String
    package let owner: String?

    /// Names one.
    package init(id: String, owner: String?) {
        self.id = id
        self.owner = owner
    }

    /// By bytes: texts of different callers may be canonically equal.
    package static func == (left: ConversationName, right: ConversationName) -> Bool {
        left.key == right.key
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(key) }

    /// What it is found by.
    var key: [UInt8] { Self.key(Array(id.utf8), owner: Array((owner ?? "").utf8)) }

    /// No text has this byte, so no word for a conversation can name another caller's.
    private static let mark: UInt8 = 0xFF

    static func key(_ id: [UInt8], owner: [UInt8]) -> [UInt8] {
        owner.isEmpty || id.isEmpty ? id : owner + [mark] + id
    }

    /// The parts of a key; the owner is empty for none.
    static func parts(of key: [UInt8]) -> (id: [UInt8], owner: [UInt8]) {
        guard let place = key.firstIndex(of: mark) else { return (key, []) }
        return (Array(key[(place + 1)...]), Array(key[..<place]))
    }

    init(key: [UInt8]) {
        let (id, owner) = Self.parts(of: key)
        let name = owner.isEmpty ? nil : String(decoding: owner, as: UTF8.self)
        self.init(id: String(decoding: id, as: UTF8.self), owner: name)
    }
}
