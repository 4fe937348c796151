import Wire

/// Reads one key of the file.
struct APIKeyReader {
    /// What is wrong, and where below the key.
    struct Fault: Error {
        /// The way to the member, with its dots; empty for the key itself.
        let path: String
        let problem: APIKeyFileError.Problem

        init(_ path: String, _ problem: APIKeyFileError.Problem) {
            self.path = path
            self.problem = problem
        }
    }

    private static let members = ["name", "id", "sha256", "scopes", "limits", "expires"]
    /// The last second of the year 9999.
    private static let lastSecond = 253_402_300_799

    let value: JSON

    func key() throws(Fault) -> APIKey {
        try Self.check(value, "", Self.members)
        var key = APIKey(
            name: try name(),
            id: try id(),
            digest: try digest(),
            scopes: try scopes()
        )
        key.limits = try limits()
        key.expires = try expires()
        return key
    }

    /// Refuses what is no object, and members that nobody knows: a misspelt limit bounds nothing.
    static func check(_ value: JSON, _ path: String, _ known: [String]) throws(Fault) {
        guard let members = value.members else { throw Fault(path, .noObject) }
        guard let wrong = members.first(where: { !$0.isNamed(oneOf: known) }) else { return }
        if ["key", "secret", "token"].contains(wrong.key) {
            throw Fault("\(path).\(wrong.key)", .clearKey)
        }
        throw Fault(path, .unknownMember(shownWord(wrong.key), known: known))
    }

    private func member(_ name: String) throws(Fault) -> JSON {
        guard let member = value[name] else { throw Fault(".\(name)", .missing) }
        return member
    }

    private func name() throws(Fault) -> String {
        guard let text = try member("name").stringValue, APIKey.isName(text) else {
            throw Fault(".name", .wrongName)
        }
        return text
    }

    private func id() throws(Fault) -> String {
        guard let text = try member("id").stringValue, APIKeyText.isID(text) else {
            throw Fault(".id", .wrongID)
        }
        return text
    }

    private func digest() throws(Fault) -> KeyDigest {
        guard let text = try member("sha256").stringValue,
            let digest = KeyDigest(hexadecimal: text)
        else { throw Fault(".sha256", .wrongDigest) }
        return digest
    }

    private func scopes() throws(Fault) -> Scopes {
        let values = try member("scopes").arrayValue ?? []
        let words = values.compactMap(\.stringValue)
        // Without any, a key is good for nothing.
        guard !words.isEmpty, words.count == values.count else {
            throw Fault(".scopes", .noScopes)
        }
        do throws(ScopeError) {
            return try Scopes(words: words)
        } catch {
            throw Fault(".scopes", .wrongScope(error))
        }
    }

    private func limits() throws(Fault) -> CallerLimits {
        guard let object = value["limits"] else { return CallerLimits() }
        do throws(Fault) {
            return try CallerLimitsReader(object: object).limits()
        } catch {
            throw Fault(".limits\(error.path)", error.problem)
        }
    }

    private func expires() throws(Fault) -> Int? {
        guard let value = value["expires"] else { return nil }
        let second = value.intValue ?? value.stringValue.flatMap { InternetTime.seconds($0) }
        // Milliseconds, which some programs count in, would mean the year 50000.
        guard let second, (0...Self.lastSecond).contains(second) else {
            throw Fault(".expires", .wrongExpiry)
        }
        return second
    }
}
