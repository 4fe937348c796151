/// Names and values of a query or of a form body (WHATWG URL, application/x-www-form-urlencoded).
package struct QueryItems: Sendable, Equatable {
    /// One name with its value, both decoded.
    package struct Item: Sendable, Equatable {
        /// What comes before the first "=".
        package let name: String
        /// What comes after it; empty without one.
        package let value: String
    }

    /// All items in order.
    package let items: [Item]

    /// Decodes the text between "?" and the end of the target.
    ///
    /// - Returns: `nil` for text that `PercentEncoding` does not decode.
    package init?(_ raw: String) {
        let bytes = raw.utf8.span
        var items: [Item] = []
        var start = 0
        while start < bytes.count {
            var end = start
            var nameEnd: Int?
            while end < bytes.count, bytes[end] != UInt8(ascii: "&") {
                if nameEnd == nil, bytes[end] == Octet.equals { nameEnd = end }
                end += 1
            }
            if end > start {
                let middle = nameEnd ?? end
                let rest = min(middle + 1, end)..<end
                guard
                    let name = PercentEncoding.decode(
                        bytes.extracting(start..<middle),
                        plusIsSpace: true
                    ),
                    let value = PercentEncoding.decode(bytes.extracting(rest), plusIsSpace: true)
                else { return nil }
                items.append(Item(name: name, value: value))
            }
            start = end + 1
        }
        self.items = items
    }

    /// The value of the first item of this name.
    package subscript(name: String) -> String? {
        items.first { equals($0.name, name) }?.value
    }

    /// The values of all items of this name.
    package func all(_ name: String) -> [String] {
        items.filter { equals($0.name, name) }.map(\.value)
    }
}
