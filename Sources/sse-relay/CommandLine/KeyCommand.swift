import Access

/// `sse-relay key …`: what is done to the file of API keys.
struct KeyCommand: Equatable {
    enum Action: Equatable {
        case add(name: String, Scopes)
        case list
        case remove(name: String)
    }

    let action: Action
    /// The file named by `--file`; nil for the one that the configuration names.
    let file: String?

    init(_ words: ArraySlice<String>) throws(ArgumentError) {
        var rest = words
        guard let verb = rest.popFirst() else { throw .missingWord("key", "add, list or remove") }
        var name: String?
        var scopes: Scopes?
        var file: String?
        while let word = rest.popFirst() {
            if let value = try rest.value(of: "--file", word) {
                file = value
            } else if verb == "add", let value = try rest.value(of: "--scopes", word) {
                scopes = try Self.scopes(value)
            } else if name == nil, verb != "list", !word.hasPrefix("-") {
                name = try Self.name(word)
            } else {
                throw .unknown(word)
            }
        }
        self.file = file
        switch (verb, name) {
        case ("list", _): action = .list
        case ("add", let name?): action = .add(name: name, scopes ?? .common)
        case ("remove", let name?): action = .remove(name: name)
        case ("add", nil), ("remove", nil): throw .missingWord("key \(verb)", "a name")
        default: throw .unknown(verb)
        }
    }

    private static func name(_ word: String) throws(ArgumentError) -> String {
        // A wrong one is not shown: it may be a key.
        guard APIKey.isName(word) else { throw .wrongValue("NAME", APIKey.nameRule) }
        return word
    }

    private static func scopes(_ list: String) throws(ArgumentError) -> Scopes {
        do throws(ScopeError) {
            return try Scopes(list: list)
        } catch {
            throw .wrongValue("--scopes", "\(error)")
        }
    }
}
