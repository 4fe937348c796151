/// A JSON text as a tree, for texts that are kept or passed on: requests, not tokens.
///
/// Members keep their order, and numbers keep their text, so that what is passed on says exactly
/// what was received: `1.10` stays `1.10`, and 20 digits stay 20 digits.
package enum JSON: Sendable {
    case null
    case bool(Bool)
    /// A number as the text has it. Code that makes one must follow RFC 8259 §6.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    /// One name and its value.
    package struct Member: Sendable, Equatable {
        /// The name, without quotes and escapes.
        package var key: String
        /// The member's value.
        package var value: JSON

        /// A member of an object.
        package init(key: String, value: JSON) {
            self.key = key
            self.value = value
        }

        /// Whether it has one of these names.
        ///
        /// A set of strings would bring a stranger's name into its normal form first, which takes
        /// the square of a long run of combining marks.
        package func isNamed(oneOf names: [String]) -> Bool {
            names.contains { equals($0, key) }
        }

        /// Compares the names byte by byte.
        package static func == (one: Member, other: Member) -> Bool {
            equals(one.key, other.key) && one.value == other.value
        }
    }

    /// The value of the member of this name; `nil` also if this is not an object.
    package subscript(key: String) -> JSON? {
        members?.first { equals($0.key, key) }?.value
    }

    /// The text, if this is a string.
    package var stringValue: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The number, if this is one without fraction and exponent that fits.
    package var intValue: Int? {
        guard case .number(let text) = self else { return nil }
        return integer(text.utf8.span)
    }

    /// The number, if this is one that a double can hold.
    package var doubleValue: Double? {
        guard case .number(let text) = self, let value = Double(text), value.isFinite else {
            return nil
        }
        return value
    }

    /// The truth value, if this is one.
    package var boolValue: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements, if this is an array.
    package var arrayValue: [JSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members in their order, if this is an object.
    package var members: [Member]? {
        guard case .object(let members) = self else { return nil }
        return members
    }
}

extension JSON: Equatable {
    /// Compares two trees byte by byte, including the order of members and the spelling of numbers.
    ///
    /// `String` calls composed and decomposed characters equal, which JSON does not (RFC 8259
    /// §8.3).
    package static func == (one: JSON, other: JSON) -> Bool {
        switch (one, other) {
        case (.null, .null): true
        case (.bool(let one), .bool(let other)): one == other
        case (.number(let one), .number(let other)): equals(one, other)
        case (.string(let one), .string(let other)): equals(one, other)
        case (.array(let one), .array(let other)): one == other
        case (.object(let one), .object(let other)): one == other
        default: false
        }
    }
}

extension JSON {
    /// Appends the tree as JSON without white space.
    package func write(into output: inout [UInt8]) {
        switch self {
        case .null: output.append(literal: "null")
        case .bool(true): output.append(literal: "true")
        case .bool(false): output.append(literal: "false")
        case .number(let text): output.append(text: text)
        case .string(let text): JSONText.appendString(text, into: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                element.write(into: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                JSONText.appendString(member.key, into: &output)
                output.append(UInt8(ascii: ":"))
                member.value.write(into: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }
}
