/// A kind of thing that a caller may do.
package enum Scope: String, CaseIterable, Sendable {
    /// Ask models, which costs money.
    case chat
    /// Read what the caller's own answers and conversations hold.
    case read
    /// Delete the caller's own answers and conversations.
    case delete
    /// Read the daemon's own numbers.
    case metrics
    /// Everything, for all callers.
    case admin

    /// The words of all scopes, as messages list them.
    package static let words = allCases.map(\.rawValue).joined(separator: ", ")

    fileprivate var bit: UInt8 {
        switch self {
        case .chat: 1
        case .read: 2
        case .delete: 4
        case .metrics: 8
        case .admin: 16
        }
    }
}

/// What a caller may do.
///
/// `admin` is all of them: whoever may change every caller's answers gains nothing by a scope more.
/// So a set with `admin` always has the others, too, and no comparison of sets overlooks that.
package struct Scopes: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        let all = Scope.allCases.reduce(into: UInt8(0)) { $0 |= $1.bit }
        self.rawValue = rawValue & Scope.admin.bit == 0 ? rawValue & all : all
    }

    /// Makes the set of one scope; with `admin`, of all.
    package init(_ scope: Scope) { self.init(rawValue: scope.bit) }

    /// See `Scope.chat`.
    package static let chat = Scopes(.chat)
    /// See `Scope.read`.
    package static let read = Scopes(.read)
    /// See `Scope.delete`.
    package static let delete = Scopes(.delete)
    /// See `Scope.metrics`.
    package static let metrics = Scopes(.metrics)
    /// All scopes.
    package static let admin = Scopes(.admin)
    /// What somebody needs who chats and looks after their own conversations.
    package static let common: Scopes = [.chat, .read, .delete]

    /// Whether this may be done.
    package func allows(_ scope: Scope) -> Bool { rawValue & scope.bit != 0 }

    /// The words that make this set, in a fixed order; `admin` alone stands for all.
    package var words: [String] {
        guard !allows(.admin) else { return [Scope.admin.rawValue] }
        return Scope.allCases.filter { allows($0) }.map(\.rawValue)
    }

    /// Reads words; there may be none.
    package init(words: some Sequence<String>) throws(ScopeError) {
        self = []
        for word in words {
            guard let scope = Scope(rawValue: word) else { throw ScopeError(word) }
            insert(Scopes(scope))
        }
    }

    /// Reads words between commas, `chat,read`.
    package init(list: String) throws(ScopeError) {
        let words = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        try self.init(words: words)
    }
}

/// A word that is no scope.
package struct ScopeError: Error, Equatable, CustomStringConvertible {
    /// The word; nil where it may not be shown, since it may be anything.
    package let word: String?

    init(_ word: String) { self.word = shownWord(word) }

    package var description: String {
        "\(word ?? "a word") is no scope; expected some of \(Scope.words)"
    }
}

/// A word of a stranger's text as a message may show it; nil for what looks like no name, which may
/// be a secret in the wrong place or write lines of a log.
func shownWord(_ word: String) -> String? {
    let isName = word.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F
            || byte == 0x2D
    }
    return isName && (1...24).contains(word.utf8.count) ? word : nil
}
