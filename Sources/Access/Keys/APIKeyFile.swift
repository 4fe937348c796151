import Wire

/// The format of the file of keys: `{"keys": [{"name": …, "id": …, "sha256": …, "scopes": […]}]}`.
package struct APIKeyFile: Sendable {
    /// How long the file may be.
    package static let maxBytes = 4 << 20
    /// How many keys it may have.
    package static let maxKeys = 10000

    /// The keys, in their order.
    package private(set) var keys: [APIKey] = []
    /// The same as the file has them: numbers and dates keep the way in which they are written.
    private var entries: [JSON] = []

    /// Makes a file without keys.
    package init() {}

    /// Reads a file's text.
    ///
    /// - Throws: what is wrong first, with its place.
    package init(_ text: String) throws(APIKeyFileError) {
        var bytes = Array(text.utf8)
        guard bytes.count <= Self.maxBytes else { throw APIKeyFileError(.tooLong) }
        // Editors of another system begin a file with a byte order mark.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        entries = try Self.entries(bytes)
        guard entries.count <= Self.maxKeys else { throw APIKeyFileError(.tooManyKeys) }
        var known = KnownKeys()
        for (index, entry) in entries.enumerated() {
            do throws(APIKeyReader.Fault) {
                let key = try APIKeyReader(value: entry).key()
                try known.insert(key)
                keys.append(key)
            } catch {
                throw APIKeyFileError(
                    line: Self.line(ofEntry: index, in: bytes),
                    path: "keys[\(index)]\(error.path)",
                    error.problem
                )
            }
        }
    }

    private static func entries(_ bytes: [UInt8]) throws(APIKeyFileError) -> [JSON] {
        let file: JSON
        do throws(JSONError) {
            file = try JSON.parse(bytes.span)
        } catch {
            throw APIKeyFileError(line: line(ofByte: error.offset, in: bytes), .notJSON(error))
        }
        guard let members = file.members else { throw APIKeyFileError(.noKeys) }
        if let wrong = members.first(where: { !$0.isNamed(oneOf: ["keys"]) }) {
            throw APIKeyFileError(.unknownMember(shownWord(wrong.key), known: ["keys"]))
        }
        guard let entries = file["keys"]?.arrayValue else { throw APIKeyFileError(.noKeys) }
        return entries
    }

    private static func line(ofByte offset: Int, in bytes: [UInt8]) -> Int {
        1 + bytes.prefix(offset).count { $0 == UInt8(ascii: "\n") }
    }

    /// The line in which a key begins; nil where the text has no such key.
    private static func line(ofEntry index: Int, in bytes: [UInt8]) -> Int? {
        let span = bytes.span
        var reader = JSONReader()
        do throws(JSONError) {
            try reader.enterObject(span)
            // The text has been read before: `keys` is its only member.
            guard try reader.nextKey(span) != nil else { return nil }
            try reader.enterArray(span)
            for _ in 0..<index {
                guard try reader.nextElement(span) else { return nil }
                try reader.skip(span)
            }
            guard try reader.nextElement(span) else { return nil }
            return line(ofByte: reader.position, in: bytes)
        } catch {
            return nil
        }
    }
}

/// What may be there once in a file.
private struct KnownKeys {
    private var names: Set<String> = []
    private var ids: Set<String> = []
    private var digests: Set<String> = []

    mutating func insert(_ key: APIKey) throws(APIKeyReader.Fault) {
        guard names.insert(key.name).inserted else { throw .init(".name", .repeated) }
        guard ids.insert(key.id).inserted else { throw .init(".id", .repeated) }
        // An id is a part of what is digested: one of the two keys would never be found.
        guard digests.insert(key.digest.hexadecimal).inserted else {
            throw .init(".sha256", .repeated)
        }
    }
}

extension APIKeyFile {
    /// Why a file of keys is not changed.
    package enum ChangeError: Error, Sendable, Equatable, CustomStringConvertible {
        case nameExists(String)
        case noSuchName(String)
        case full

        package var description: String {
            switch self {
            case .nameExists(let name): "there is a key named \(name) already"
            case .noSuchName(let name): "no key is named \(name)"
            case .full: "there are \(APIKeyFile.maxKeys) keys, and no more fit"
            }
        }
    }

    /// Adds a key without limits at the end.
    ///
    /// - Parameter key: its name is one, as `APIKey.isName` says.
    /// - Throws: why it is not added.
    package mutating func add(_ key: APIKey) throws(ChangeError) {
        guard !keys.contains(where: { $0.name == key.name }) else { throw .nameExists(key.name) }
        guard keys.count < Self.maxKeys else { throw .full }
        keys.append(key)
        entries.append(
            .object([
                .init(key: "name", value: .string(key.name)),
                .init(key: "id", value: .string(key.id)),
                .init(key: "sha256", value: .string(key.digest.hexadecimal)),
                .init(key: "scopes", value: .array(key.scopes.words.map { .string($0) })),
            ])
        )
    }

    /// Removes the key of a name.
    package mutating func remove(_ name: String) throws(ChangeError) {
        guard let index = keys.firstIndex(where: { $0.name == name }) else {
            throw .noSuchName(name)
        }
        keys.remove(at: index)
        entries.remove(at: index)
    }

    /// The file, with a line for each key, so that two versions of it are easily compared.
    package var text: String {
        var bytes: [UInt8] = []
        bytes.append(literal: "{\"keys\": [")
        for (index, entry) in entries.enumerated() {
            bytes.append(literal: index == 0 ? "\n" : ",\n")
            entry.write(into: &bytes)
        }
        bytes.append(literal: "\n]}\n")
        return String(decoding: bytes, as: UTF8.self)
    }
}
