import Wire

/// An object of a configuration file, read member by member; each error says where it is.
struct FileObject {
    /// Where it is: the file, and the way to it.
    let place: String
    let members: [JSON.Member]

    /// Takes an object.
    ///
    /// - Parameters:
    ///   - value: what should be one.
    ///   - place: where it is.
    ///   - known: the names that it may have; nil for any.
    /// - Throws: if it is none, or has a member that nobody knows: a misspelt one would silently
    ///   mean the default.
    init(_ value: JSON, at place: String, known: [String]?) throws(ConfigurationError) {
        guard let members = value.members else {
            throw ConfigurationError(place, "expected an object, found \(value.kind)")
        }
        if let known, let wrong = members.first(where: { !known.contains($0.key) }) {
            let name = ConfigurationError.shown(wrong.key)
            throw ConfigurationError(
                place,
                "the member \(name) is not known; known are \(known.joined(separator: ", "))"
            )
        }
        self.place = place
        self.members = members
    }

    /// Where a member is.
    func place(of name: String) -> String { "\(place).\(ConfigurationError.shown(name))" }

    /// A member; nil where it is absent or null.
    subscript(name: String) -> JSON? {
        guard let value = members.first(where: { equals($0.key, name) })?.value, value != .null
        else { return nil }
        return value
    }

    /// An error about a member; it never shows the value, which may be a secret.
    func error(_ name: String, _ problem: String) -> ConfigurationError {
        ConfigurationError(place(of: name), problem)
    }

    /// A text that is not empty.
    func text(_ name: String) throws(ConfigurationError) -> String? {
        guard let value = self[name] else { return nil }
        return try Self.text(value, at: place(of: name))
    }

    func flag(_ name: String) throws(ConfigurationError) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let flag = value.boolValue else {
            throw error(name, "expected true or false, found \(value.kind)")
        }
        return flag
    }

    /// A number of seconds.
    func seconds(_ name: String) throws(ConfigurationError) -> Int? {
        guard let value = self[name] else { return nil }
        guard let number = value.intValue, (1...86_400).contains(number) else {
            throw error(name, "expected a whole number from 1 to 86400")
        }
        return number
    }

    /// A whole number of at least 1.
    func count(_ name: String) throws(ConfigurationError) -> Int? {
        guard let value = self[name] else { return nil }
        guard let number = value.intValue, number > 0 else {
            throw error(name, "expected a whole number of at least 1")
        }
        return number
    }

    /// An amount that is not negative.
    func amount(_ name: String) throws(ConfigurationError) -> Double? {
        guard let value = self[name] else { return nil }
        guard let number = value.doubleValue, number >= 0 else {
            throw error(name, "expected a number of 0 or more")
        }
        return number
    }

    /// Texts; one alone need not be in an array.
    func texts(_ name: String) throws(ConfigurationError) -> [String] {
        guard let value = self[name] else { return [] }
        return try Self.texts(value, at: place(of: name))
    }

    /// The members of an object whose names are free.
    func object(_ name: String) throws(ConfigurationError) -> FileObject? {
        guard let value = self[name] else { return nil }
        return try FileObject(value, at: place(of: name), known: nil)
    }

    static func texts(_ value: JSON, at place: String) throws(ConfigurationError) -> [String] {
        guard let values = value.arrayValue else { return [try text(value, at: place)] }
        var texts: [String] = []
        for (index, value) in values.enumerated() {
            texts.append(try text(value, at: "\(place)[\(index)]"))
        }
        return texts
    }

    static func text(_ value: JSON, at place: String) throws(ConfigurationError) -> String {
        guard let text = value.stringValue, !text.isEmpty else {
            throw ConfigurationError(place, "expected a text that is not empty")
        }
        return text
    }
}

extension JSON {
    /// What it is, for a message that must not show a secret.
    fileprivate var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
