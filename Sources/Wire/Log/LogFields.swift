/// Names and values of a line of the log, in the order in which they were added.
///
/// They are kept as they came: how a value is shown depends on what reads the log. One buffer has
/// all of them, since most requests have a line.
package struct LogFields: Sendable {
    /// What ends a name before a text, and before a number, and what ends a value: none of them is
    /// in a value.
    private static let textFollows: UInt8 = 0x1D
    private static let numberFollows: UInt8 = 0x1E
    private static let end: UInt8 = 0x1F

    private var bytes: [UInt8] = []

    package init() {}

    /// Begins with one field.
    package init(_ name: StaticString, _ text: String) { add(name, text) }

    package var isEmpty: Bool { bytes.isEmpty }

    /// Adds a text; of what is in it, the three control characters that are used here become `?`.
    ///
    /// - Parameters:
    ///   - name: lower-case letters and `_`.
    ///   - text: from whomever it is.
    package mutating func add(_ name: StaticString, _ text: String) {
        if bytes.isEmpty { bytes.reserveCapacity(160) }
        bytes.append(literal: name)
        bytes.append(Self.textFollows)
        let start = bytes.count
        bytes.append(text: text)
        for place in start..<bytes.count where (Self.textFollows...Self.end).contains(bytes[place])
        {
            bytes[place] = UInt8(ascii: "?")
        }
        bytes.append(Self.end)
    }

    /// Adds a whole number.
    package mutating func add(_ name: StaticString, _ number: Int) {
        bytes.append(literal: name)
        bytes.append(Self.numberFollows)
        bytes.append(decimal: number)
        bytes.append(Self.end)
    }

    /// Adds a number of tenths, with its point.
    package mutating func add(_ name: StaticString, tenths: Int) {
        add(name, tenths / 10)
        bytes.removeLast()
        bytes.append(UInt8(ascii: "."))
        bytes.append(decimal: tenths % 10)
        bytes.append(Self.end)
    }

    /// Adds all fields of another.
    package mutating func add(_ others: LogFields) { bytes += others.bytes }

    /// What a field's value is.
    package enum Kind { case text, number }

    /// Visits all of them in their order.
    package func forEach(_ visit: (Span<UInt8>, Kind, Span<UInt8>) -> Void) {
        let span = bytes.span
        var start = 0
        while start < span.count {
            var middle = start
            while span[middle] != Self.textFollows, span[middle] != Self.numberFollows {
                middle += 1
            }
            var end = middle + 1
            while span[end] != Self.end { end += 1 }
            visit(
                span.extracting(start..<middle),
                span[middle] == Self.textFollows ? .text : .number,
                span.extracting(middle + 1..<end)
            )
            start = end + 1
        }
    }
}
