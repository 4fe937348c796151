/// The header fields of a message in their order; the case of names does not matter.
///
/// It is a list and not a dictionary: several lines of one name are legal, their order counts, and
/// a request has too few for hashing to pay off.
package struct HeaderFields: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// One field line.
    package struct Field: Sendable, Equatable {
        /// The name as it was written.
        package let name: String
        /// The value without the blanks around it.
        package let value: String

        /// Makes a field that is safe to send, whatever the texts hold.
        ///
        /// A CR, LF or NUL in a value would let its author write lines of the response
        /// (RFC 9110 §5.5), so every control byte but the tab becomes a space.
        package init(_ name: String, _ value: String) {
            self.name = legalised(name, replacement: UInt8(ascii: "_")) {
                ByteSet.token.contains($0)
            }
            self.value = legalised(value, replacement: Octet.space) {
                !Octet.isControl($0) || $0 == Octet.tab
            }
        }

        /// Makes a field whose bytes the parser has checked.
        init(checkedName: String, value: String) {
            name = checkedName
            self.value = value
        }
    }

    /// All lines in order.
    package private(set) var fields: [Field]

    /// Makes an empty list.
    package init() {
        fields = []
    }

    package init(dictionaryLiteral elements: (String, String)...) {
        fields = []
        guard !elements.isEmpty else { return }
        // Room for the fields that every answer gets besides its own.
        fields.reserveCapacity(elements.count + 4)
        for element in elements { fields.append(Field(element.0, element.1)) }
    }

    /// Adds a line at the end; bytes that must not be sent are replaced.
    package mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name, value))
    }

    /// Adds a line that was made before.
    package mutating func append(_ field: Field) { fields.append(field) }

    /// Adds all lines of another list at the end, which were checked when they were made.
    package mutating func append(_ others: HeaderFields) {
        // An empty list would have a shared one copied for nothing.
        guard !others.fields.isEmpty else { return }
        fields.append(contentsOf: others.fields)
    }

    /// Adds a line in the place of all others of its name.
    package mutating func set(_ name: String, _ value: String) {
        fields.removeAll { equalsIgnoringCase($0.name, name) }
        append(name, value)
    }

    /// Adds a line whose bytes have been checked.
    mutating func append(checked field: Field) {
        // Browsers send about fifteen fields: this is one allocation instead of four.
        if fields.isEmpty { fields.reserveCapacity(16) }
        fields.append(field)
    }

    /// The value of the first line of this name.
    package func first(_ name: String) -> String? {
        // By index: a copy of each field would cost more than the comparison.
        for index in fields.indices where equalsIgnoringCase(fields[index].name, name) {
            return fields[index].value
        }
        return nil
    }

    /// The values of all lines of this name.
    package func all(_ name: String) -> [String] {
        fields.filter { equalsIgnoringCase($0.name, name) }.map(\.value)
    }

    /// The elements of the comma-separated lists in all lines of this name, in small letters.
    ///
    /// Empty elements are left out (RFC 9110 §5.6.1.2). Quoted strings are not supported.
    package func tokens(_ name: String) -> [String] {
        var found: [String] = []
        for index in fields.indices where equalsIgnoringCase(fields[index].name, name) {
            let value = fields[index].value
            let bytes = value.utf8.span
            var position = 0
            while let range = nextElement(bytes, separator: Octet.comma, from: &position) {
                guard !range.isEmpty else { continue }
                let letters = range.map { Octet.lowercased(bytes[$0]) }
                found.append(String(decoding: letters, as: UTF8.self))
            }
        }
        return found
    }
}

/// The text, with every byte that is not allowed replaced.
private func legalised(
    _ text: String,
    replacement: UInt8,
    isAllowed: (UInt8) -> Bool
) -> String {
    guard !text.utf8.allSatisfy(isAllowed) else { return text }
    return String(decoding: text.utf8.map { isAllowed($0) ? $0 : replacement }, as: UTF8.self)
}
