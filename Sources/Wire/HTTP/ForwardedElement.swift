/// What one proxy says of a request that it passed on (RFC 7239 §4).
package struct ForwardedElement: Sendable, Equatable {
    /// Who asked the proxy, without quotes: an address perhaps with brackets and a port, `unknown`,
    /// or a name that hides it.
    package var node: String?
    /// The scheme by which it was asked, in small letters.
    package var scheme: String?

    /// Makes one.
    package init(node: String? = nil, scheme: String? = nil) {
        self.node = node
        self.scheme = scheme
    }

    /// Reads the value of one `Forwarded` line.
    ///
    /// - Returns: its elements in their order; nil for what does not follow the grammar, where it
    ///   cannot be known which element a part belongs to.
    package static func list(_ line: String) -> [ForwardedElement]? {
        let bytes = Array(line.utf8)
        return read(bytes.span)
    }

    private static func read(_ bytes: Span<UInt8>) -> [ForwardedElement]? {
        var elements: [ForwardedElement] = []
        var element = ForwardedElement()
        var names: [String] = []
        var position = 0
        while true {
            skipBlanks(bytes, &position)
            if position < bytes.count, !isSeparator(bytes[position]) {
                guard let pair = pair(bytes, &position), !names.contains(pair.name) else {
                    return nil
                }
                names.append(pair.name)
                if pair.name == "for" { element.node = pair.value }
                if pair.name == "proto" { element.scheme = pair.value.lowercased() }
                skipBlanks(bytes, &position)
            }
            let isAtEnd = position >= bytes.count
            guard isAtEnd || isSeparator(bytes[position]) else { return nil }
            if isAtEnd || bytes[position] == Octet.comma {
                // Elements without content are legal in a list (RFC 9110 §5.6.1.2).
                if !names.isEmpty { elements.append(element) }
                (element, names) = (ForwardedElement(), [])
            }
            guard !isAtEnd else { return elements }
            position += 1
        }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == Octet.comma || byte == Octet.semicolon
    }

    private static func skipBlanks(_ bytes: Span<UInt8>, _ position: inout Int) {
        while position < bytes.count, Octet.isBlank(bytes[position]) { position += 1 }
    }

    /// Reads a name in small letters, `=`, and a token or a quoted string.
    private static func pair(
        _ bytes: Span<UInt8>,
        _ position: inout Int
    ) -> (name: String, value: String)? {
        guard let name = token(bytes, &position), position < bytes.count,
            bytes[position] == Octet.equals
        else { return nil }
        position += 1
        guard position < bytes.count else { return nil }
        let isQuoted = bytes[position] == Octet.quote
        let value = isQuoted ? quoted(bytes, &position) : token(bytes, &position)
        return value.map { (name.lowercased(), $0) }
    }

    private static func token(_ bytes: Span<UInt8>, _ position: inout Int) -> String? {
        let start = position
        // The colon and the brackets have to be quoted, but not every proxy does it.
        while position < bytes.count,
            ByteSet.token.contains(bytes[position]) || isOfAddress(bytes[position])
        { position += 1 }
        return position > start ? string(bytes.extracting(start..<position)) : nil
    }

    private static func isOfAddress(_ byte: UInt8) -> Bool {
        byte == Octet.colon || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
    }

    /// Reads a quoted string (RFC 9110 §5.6.4).
    private static func quoted(_ bytes: Span<UInt8>, _ position: inout Int) -> String? {
        var text: [UInt8] = []
        position += 1
        while position < bytes.count {
            var byte = bytes[position]
            position += 1
            if byte == Octet.quote { return String(decoding: text, as: UTF8.self) }
            if byte == Octet.backslash {
                guard position < bytes.count else { return nil }
                byte = bytes[position]
                position += 1
            }
            text.append(byte)
        }
        return nil
    }
}
