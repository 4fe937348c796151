/// Names and values of a line of the log, in the order in which they were added.
///
/// They are kept as they came: how a value is shown depends on what reads the log. One buffer has
/// all of them, since most requests have a line: the lengths of a field's name and of its value,
/// whether that is a number, and then the field as most lines show it.
package struct LogFields: Sendable {
    /// What a field's value is.
    package enum Kind: UInt8 {
        /// Anything, from whomever it is.
        case text
        case number
        /// A word of the relay's own: visible ASCII without quotes and backslashes.
        case word
    }

    /// A longer value is cut off; no line is so long.
    private static let maxValueBytes = 16_384
    /// What is before a name: four bytes that are no text, and a blank.
    private static let before: StaticString = "\0\0\0\0 "
    @usableFromInline static let headBytes = 4

    @usableFromInline var bytes: [UInt8] = []

    package init() {}

    /// Begins with one field.
    package init(_ name: StaticString, _ text: String) { add(name, text) }

    package var isEmpty: Bool { bytes.isEmpty }

    /// Adds a text, from whomever it is.
    ///
    /// - Parameters:
    ///   - name: lower-case letters and `_`.
    ///   - text: what is too long is cut off.
    package mutating func add(_ name: StaticString, _ text: String) {
        if text.utf8.count <= Self.maxValueBytes {
            add(name, .text) { $0.append(text: text) }
        } else {
            add(name, .text) { $0.append(contentsOf: text.utf8.prefix(Self.maxValueBytes)) }
        }
    }

    /// Adds a word of the relay's own, which is shown as it is.
    package mutating func add(_ name: StaticString, word: String) {
        add(name, .word) { $0.append(text: word) }
    }

    /// Adds a whole number.
    package mutating func add(_ name: StaticString, _ number: Int) {
        add(name, .number) { $0.append(decimal: number) }
    }

    /// Adds a number of tenths, with its point.
    package mutating func add(_ name: StaticString, tenths: Int) {
        add(name, .number) { bytes in
            bytes.append(decimal: tenths / 10)
            bytes.append(UInt8(ascii: "."))
            bytes.append(decimal: tenths % 10)
        }
    }

    /// Adds what is appended, of which a few hundred bytes can be shown.
    package mutating func add(
        _ name: StaticString,
        _ kind: Kind,
        _ append: (inout [UInt8]) -> Void
    ) {
        if bytes.isEmpty { bytes.reserveCapacity(400) }
        let head = bytes.count
        bytes.append(literal: Self.before)
        bytes.append(literal: name)
        bytes.append(UInt8(ascii: "="))
        let start = bytes.count
        append(&bytes)
        let count = bytes.count - start
        bytes[head] = UInt8(truncatingIfNeeded: name.utf8CodeUnitCount)
        bytes[head + 1] = kind.rawValue
        bytes[head + 2] = UInt8(truncatingIfNeeded: count)
        bytes[head + 3] = UInt8(truncatingIfNeeded: count >> 8)
    }

    /// Adds all fields of another.
    package mutating func add(_ others: LogFields) { bytes += others.bytes }

    /// Visits all of them in their order.
    ///
    /// - Parameter visit: takes a field as most lines show it, ` name=value`, where its value
    ///   begins in it, and what it is.
    @inlinable
    package func forEach(_ visit: (Span<UInt8>, Int, Kind) -> Void) {
        let span = bytes.span
        var start = 0
        while start < span.count {
            let whole = start + Self.headBytes
            let value = whole + Int(span[start]) + 2
            let end = value + Int(span[start + 2]) + Int(span[start + 3]) << 8
            visit(
                span.extracting(whole..<end),
                value - whole,
                Kind(rawValue: span[start + 1]) ?? .text
            )
            start = end
        }
    }
}
