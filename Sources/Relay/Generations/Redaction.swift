/// Takes secrets out of words that an upstream sent: vendors like to quote the key they refuse.
enum Redaction {
    /// Prefixes of the vendors' credentials.
    private static let prefixes = ["sk-", "gsk_", "xai-", "Bearer "]
    /// Shorter words behind a prefix are no keys.
    private static let minSecretLength = 8

    /// The text with the relay's own key, and whatever else looks like one, replaced by `***`.
    static func clean(_ text: String, key: String?) -> String {
        var text = text
        if let key, !key.isEmpty { text = replace(key, in: text) }
        for prefix in prefixes { text = maskWords(behind: prefix, in: text) }
        return text
    }

    private static func replace(_ secret: String, in text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let range = find(secret, in: rest) {
            result += rest[..<range.lowerBound] + "***"
            rest = rest[range.upperBound...]
        }
        return result + rest
    }

    private static func maskWords(behind prefix: String, in text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let range = find(prefix, in: rest) {
            let word = rest[range.upperBound...].prefix(while: isSecretCharacter)
            result += rest[..<range.upperBound]
            // "task-specific" has no key in it.
            let beginsWord = result.dropLast(prefix.count).last.map { !isWordCharacter($0) } ?? true
            result += beginsWord && word.utf8.count >= minSecretLength ? "***" : word
            rest = rest[word.endIndex...]
        }
        return result + rest
    }

    private static func isWordCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber
    }

    private static func isSecretCharacter(_ character: Character) -> Bool {
        character.isASCII
            && (character.isLetter || character.isNumber || "-_*.".contains(character))
    }

    private static func find(_ word: String, in text: Substring) -> Range<Substring.Index>? {
        var start = text.startIndex
        while start < text.endIndex {
            if text[start...].hasPrefix(word) {
                return start..<text.index(start, offsetBy: word.count)
            }
            start = text.index(after: start)
        }
        return nil
    }
}
