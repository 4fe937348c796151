import Wire

/// An upstream's base URL as a person wrote it.
///
/// A wrong one is not shown: while it cannot be read, any part of it may be a password.
struct BaseURL {
    /// Without a query and without final slashes.
    let text: String
    /// What followed the `?`; nil where there was none.
    let query: String?

    /// Reads one without the blanks around it; its scheme may be in capitals (RFC 3986 §3.1).
    ///
    /// - Throws: what is wrong with it, as the end of a sentence.
    init(_ value: String, allowsQuery: Bool = false) throws(Problem) {
        let isBlank = { (character: Character) in character.isASCII && character.isWhitespace }
        var url = value.drop(while: isBlank)
        while let last = url.last, isBlank(last) { url.removeLast() }
        let scheme = url.prefix { $0 != ":" }.lowercased()
        let rest = url.dropFirst(scheme.count)
        guard scheme == "http" || scheme == "https", rest.hasPrefix("://") else {
            throw Problem("the value does not begin with http:// or https://")
        }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Problem("the value holds a character that no URL has (a blank?)")
        }
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard !url.contains("#"), allowsQuery || parts.count == 1 else {
            throw Problem("the value holds a ? or a #")
        }
        try Self.checkHost(of: parts[0].dropFirst(scheme.count + "://".count))
        var text = scheme + parts[0].dropFirst(scheme.count)
        while text.hasSuffix("/") { text.removeLast() }
        self.text = text
        query = parts.count == 2 && !parts[1].isEmpty ? String(parts[1]) : nil
    }

    /// Checks what every call would fail at: a host has to be there, and a port has to be one.
    private static func checkHost(of rest: Substring) throws(Problem) {
        let authority = rest.prefix { $0 != "/" }
        // After the user and the password.
        let place = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        var host = place.prefix { $0 != ":" }
        if place.hasPrefix("[") {
            guard let end = place.firstIndex(of: "]") else {
                throw Problem("the host begins with [ and has no ]")
            }
            host = place[...end]
        }
        guard !host.isEmpty, host != "[]" else { throw Problem("the value has no host") }
        let after = place.dropFirst(host.count)
        guard !after.isEmpty else { return }
        guard after.hasPrefix(":"), let port = parseDecimal(String(after.dropFirst())),
            (1...65_535).contains(port)
        else { throw Problem("what follows the host is no port from 1 to 65535") }
    }

    /// What is wrong with a URL.
    struct Problem: Error {
        let text: String

        init(_ text: String) { self.text = text }
    }
}
