import Access
import Storage
import Wire

/// The file of API keys, as its administrator changes it while a relay may be reading it.
struct KeyRegister {
    let path: String

    /// Makes a key.
    ///
    /// - Returns: its text, which nothing else has: the file keeps the digest alone. The key is in
    ///   the file, safe against a loss of power.
    func add(_ name: String, _ scopes: Scopes) throws -> APIKeyText {
        let text = try APIKeyText.draw()
        let key = APIKey(
            name: name,
            id: text.id,
            digest: try KeyDigest(of: text.secretText),
            scopes: scopes
        )
        try change { file throws(APIKeyFile.ChangeError) in try file.add(key) }
        return text
    }

    /// Removes the key of a name.
    func remove(_ name: String) throws {
        try change { file throws(APIKeyFile.ChangeError) in try file.remove(name) }
    }

    /// A line for each key: its name, id, scopes, and when it expires; never its digest.
    func list() throws(ConfigurationError) -> String {
        let text = try Environment.readFile(path, mustExist: true, isAgain: true) ?? ""
        let keys = try file(of: text).keys
        let columns = keys.map { key in
            [key.name, key.id, key.scopes.words.joined(separator: ","), Self.expiry(key)]
        }
        let widths = (0..<3).map { column in columns.map { $0[column].utf8.count }.max() ?? 0 }
        let lines = columns.map { words in
            let padded = zip(words, widths).map { word, width in
                word + String(repeating: " ", count: width - word.utf8.count)
            }
            return (padded + [words[3]]).joined(separator: "  ")
        }
        return lines.joined(separator: "\n")
    }

    private static func expiry(_ key: APIKey) -> String {
        guard let expires = key.expires else { return "never" }
        var text: [UInt8] = []
        Timestamp.append(milliseconds: 1000 * expires, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Changes the file under its lock; one that is absent has no keys.
    private func change(
        _ body: (inout APIKeyFile) throws(APIKeyFile.ChangeError) -> Void
    ) throws {
        let old = try ReplacedFile.open(path, maxBytes: APIKeyFile.maxBytes)
        var file = try file(of: String(decoding: old.content ?? [], as: UTF8.self))
        try body(&file)
        let new = file.text
        // A file that no start would read must not take the place of one that it reads.
        _ = try self.file(of: new)
        try old.replace(with: Array(new.utf8))
    }

    /// Reads a text; an empty one, which `touch` makes, has no keys.
    private func file(of text: String) throws(ConfigurationError) -> APIKeyFile {
        guard !text.isEmpty else { return APIKeyFile() }
        do throws(APIKeyFileError) {
            return try APIKeyFile(text)
        } catch {
            throw ConfigurationError(error.place(in: path), "\(error.problem)")
        }
    }
}
