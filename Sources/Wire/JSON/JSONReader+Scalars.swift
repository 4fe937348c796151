/// Numbers and literals.
extension JSONReader {
    /// Consumes one value and reads it as an integer.
    ///
    /// - Returns: `nil` if it is not a number, has a fraction or an exponent, or does not fit.
    package mutating func readInt(_ bytes: Span<UInt8>) throws(JSONError) -> Int? {
        guard try peek(bytes) == .number else {
            try skip(bytes)
            return nil
        }
        let range = try skipNumber(bytes)
        return integer(bytes.extracting(range))
    }

    /// Consumes `true` or `false`.
    ///
    /// - Returns: `nil` for anything else, which is then not consumed.
    package mutating func readBool(_ bytes: Span<UInt8>) -> Bool? {
        if consumes(bytes, "true") { return true }
        if consumes(bytes, "false") { return false }
        return nil
    }

    /// Consumes `null`.
    ///
    /// - Returns: `false` for anything else, which is then not consumed.
    package mutating func skipNull(_ bytes: Span<UInt8>) -> Bool {
        consumes(bytes, "null")
    }

    private mutating func consumes(_ bytes: Span<UInt8>, _ literal: StaticString) -> Bool {
        var ahead = self
        do throws(JSONError) {
            _ = try ahead.nextByte(bytes)
            try ahead.skipLiteral(bytes, literal)
        } catch {
            return false
        }
        self = ahead
        return true
    }

    /// Consumes the bytes of `literal`, which begin at `position`.
    mutating func skipLiteral(
        _ bytes: Span<UInt8>,
        _ literal: StaticString
    ) throws(JSONError) {
        for index in 0..<literal.utf8CodeUnitCount {
            guard position + index < bytes.count else { throw .unexpectedEnd(offset: bytes.count) }
            guard unsafe literal.utf8Start[index] == bytes[position + index] else {
                throw .unexpectedByte(offset: position + index, expected: .value)
            }
        }
        position += literal.utf8CodeUnitCount
    }

    /// Consumes the number that begins at `position` (RFC 8259 §6).
    ///
    /// - Returns: where it is.
    mutating func skipNumber(_ bytes: Span<UInt8>) throws(JSONError) -> Range<Int> {
        let start = position
        if holds(bytes, UInt8(ascii: "-")) { position += 1 }
        if holds(bytes, UInt8(ascii: "0")) {
            // No digit may follow a leading zero. If one does, the caller refuses it next.
            position += 1
        } else {
            try skipDigits(bytes)
        }
        if holds(bytes, UInt8(ascii: ".")) {
            position += 1
            try skipDigits(bytes)
        }
        if holds(bytes, UInt8(ascii: "e")) || holds(bytes, UInt8(ascii: "E")) {
            position += 1
            if holds(bytes, UInt8(ascii: "+")) || holds(bytes, UInt8(ascii: "-")) { position += 1 }
            try skipDigits(bytes)
        }
        return start..<position
    }

    /// Consumes one digit or more.
    private mutating func skipDigits(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") <= 9 { position += 1 }
        guard position == start else { return }
        guard position < bytes.count else { throw .unexpectedEnd(offset: bytes.count) }
        throw .unexpectedByte(offset: position, expected: .digit)
    }

    private func holds(_ bytes: Span<UInt8>, _ byte: UInt8) -> Bool {
        position < bytes.count && bytes[position] == byte
    }
}

/// Reads a JSON number as an integer.
///
/// - Returns: `nil` for a fraction or an exponent, and on overflow, as which `Int.min` counts.
func integer(_ number: Span<UInt8>) -> Int? {
    guard !number.isEmpty, number[0] == UInt8(ascii: "-") else { return parseDecimal(number) }
    return parseDecimal(number.extracting(1...)).map { -$0 }
}
