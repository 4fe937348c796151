import Wire

/// Takes secrets out of text that is shown: an upstream's, since vendors like to quote the key they
/// refuse, and the configuration's.
package enum Redaction {
    /// Prefixes of the vendors' credentials, and of those in a header line.
    private static let prefixes = ["sk-", "gsk_", "xai-", "Bearer ", "Basic "]
    /// Shorter words after a prefix are no keys.
    private static let minSecretLength = 8
    /// The items of a query that carry credentials, without `-` and `_` and in small letters.
    private static let secretItems: Set<String> = [
        "key", "apikey", "accesskey", "subscriptionkey", "token", "accesstoken", "authtoken",
        "auth",
        "authorization", "password", "passwd", "pwd", "secret", "clientsecret", "sig", "signature",
        "credential",
    ]

    /// The text with these secrets, and whatever else looks like one, replaced by `***`.
    package static func clean(_ text: String, secrets: [String] = []) -> String {
        var text = text
        // The longest first: one may be a part of another.
        for secret in secrets.sorted(by: { $0.utf8.count > $1.utf8.count }) where !secret.isEmpty {
            text = replace(secret, in: text)
        }
        text = maskUsers(in: text)
        if has("@", text) { text = maskBareUsers(in: text) }
        if has("?&;", text) { text = maskItems(in: text) }
        for prefix in prefixes { text = maskWords(after: prefix, in: text) }
        return text
    }

    /// JSON without secrets in its texts.
    static func clean(_ members: [JSON.Member], secrets: [String]) -> [JSON.Member] {
        members.map { member in
            JSON.Member(
                key: clean(member.key, secrets: secrets),
                value: clean(member.value, secrets: secrets)
            )
        }
    }

    private static func clean(_ value: JSON, secrets: [String]) -> JSON {
        switch value {
        case .string(let text): .string(clean(text, secrets: secrets))
        case .array(let elements): .array(elements.map { clean($0, secrets: secrets) })
        case .object(let members): .object(clean(members, secrets: secrets))
        case .null, .bool, .number: value
        }
    }

    /// A value that should be a URL or a host, made safe to show however wrong it is: all of it up
    /// to an `@` may be a password, blanks and quotes included.
    package static func clean(address: String) -> String {
        let scheme = find("://", in: address[...]).map { address[..<$0.upperBound] }
        let rest = address[(scheme?.endIndex ?? address.startIndex)...]
        let end = endOfUser(in: rest) ?? (scheme == nil ? rest.lastIndex(of: "@") : nil)
        guard let end else { return clean(address) }
        return (scheme ?? "") + "***" + clean(String(rest[end...]))
    }

    /// What must not be shown of a URL: its password, as it is written there and as it is sent.
    package static func secrets(inURL url: String) -> [String] {
        guard let scheme = find("://", in: url[...]) else { return [] }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        guard let end = authority.lastIndex(of: "@") ?? endOfUser(in: rest) else { return [] }
        let user = rest[..<end]
        let password = user.firstIndex(of: ":").map { user[user.index(after: $0)...] } ?? user
        // Replacing shorter ones would leave messages without sense.
        return [String(user), String(password), percentDecoded(password)].filter {
            $0.utf8.count >= 4
        }
    }

    // MARK: URLs

    /// Masks what comes before the `@` of each URL in a text.
    private static func maskUsers(in text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let range = find("://", in: rest) {
            result += rest[..<range.upperBound]
            rest = rest[range.upperBound...]
            let url = rest.prefix(while: isURLCharacter)
            guard let end = endOfUser(in: url) else { continue }
            result += "***"
            rest = rest[end...]
        }
        return result + rest
    }

    /// The last position at which the user and the password of a URL may end, given what follows
    /// its scheme.
    ///
    /// A password that should have been encoded (RFC 3986, 3.2.1) may contain what ends an
    /// authority. Only an `@` that begins a segment of a path cannot belong to a user.
    private static func endOfUser(in url: Substring) -> Substring.Index? {
        var end = url.endIndex
        while let at = url[..<end].lastIndex(of: "@") {
            if at == url.startIndex || url[url.index(before: at)] != "/" { return at }
            end = at
        }
        // A port that is not a number is the beginning of a password that contains one of these.
        let authority = url.prefix { !"/?#".contains($0) }
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]"),
            authority[colon...].dropFirst().contains(where: { !$0.isWholeNumber })
        else { return nil }
        return url.lastIndex(of: "@")
    }

    /// Masks `user:password` before an `@` that has no scheme before it.
    private static func maskBareUsers(in text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let at = rest.firstIndex(of: "@") {
            var start = at
            while start > rest.startIndex, isURLCharacter(rest[rest.index(before: start)]) {
                start = rest.index(before: start)
            }
            let user = rest[start..<at]
            let isBare = user.contains(":") && !user.hasPrefix(":") && find("://", in: user) == nil
            result += rest[..<start] + (isBare ? "***" : user) + "@"
            rest = rest[rest.index(after: at)...]
        }
        return result + rest
    }

    /// Masks the values of the query items that carry credentials.
    private static func maskItems(in text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let mark = rest.firstIndex(where: { "?&;".contains($0) }) {
            let start = rest.index(after: mark)
            result += rest[..<start]
            rest = rest[start...]
            let name = rest.prefix { $0.isLetter || $0.isNumber || "-_".contains($0) }
            let plain = name.lowercased().filter { !"-_".contains($0) }
            guard secretItems.contains(plain), rest[name.endIndex...].hasPrefix("=") else {
                continue
            }
            let value = rest[rest.index(after: name.endIndex)...]
                .prefix { isURLCharacter($0) && !"&;#".contains($0) }
            result += name + (value.isEmpty ? "=" : "=***")
            rest = rest[value.endIndex...]
        }
        return result + rest
    }

    private static func isURLCharacter(_ character: Character) -> Bool {
        !character.isWhitespace && !"\"'<>`".contains(character)
    }

    private static func percentDecoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Words

    private static func replace(_ secret: String, in text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let range = find(secret, in: rest) {
            result += rest[..<range.lowerBound] + "***"
            rest = rest[range.upperBound...]
        }
        return result + rest
    }

    private static func maskWords(after prefix: String, in text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let range = find(prefix, in: rest) {
            let word = rest[range.upperBound...].prefix(while: isSecretCharacter)
            result += rest[..<range.upperBound]
            // "task-specific" has no key in it.
            let beginsWord = result.dropLast(prefix.count).last.map { !isWordCharacter($0) } ?? true
            // "Basic authentication" has none either.
            let isSecret =
                word.utf8.count >= minSecretLength
                && (prefix != "Basic " || word.contains { !$0.isLowercase })
            result += beginsWord && isSecret ? "***" : word
            rest = rest[word.endIndex...]
        }
        return result + rest
    }

    private static func isWordCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber
    }

    private static func isSecretCharacter(_ character: Character) -> Bool {
        character.isASCII
            && (character.isLetter || character.isNumber || "-_*.+/=".contains(character))
    }

    /// Finds a word byte by byte.
    ///
    /// Each refusal has a line in the log, and to compare characters made it dearer than an answer.
    private static func find(_ word: String, in text: Substring) -> Range<Substring.Index>? {
        guard let first = word.utf8.first else { return nil }
        let bytes = text.utf8
        var start = bytes.startIndex
        while let place = bytes[start...].firstIndex(of: first) {
            if bytes[place...].starts(with: word.utf8) {
                return place..<bytes.index(place, offsetBy: word.utf8.count)
            }
            start = bytes.index(after: place)
        }
        return nil
    }

    /// Whether a text has one of these bytes.
    private static func has(_ bytes: StaticString, _ text: String) -> Bool {
        bytes.withUTF8Buffer { wanted in text.utf8.contains { wanted.contains($0) } }
    }
}
