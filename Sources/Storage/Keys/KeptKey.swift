import Wire

/// A client's key whose answer has ended, as a line of the file of keys.
///
/// A line is `<checksum> <ended at> <version>-<fingerprint> <generation> <key>`, and an owner's
/// name as a JSON string where there is one. The checksum is the CRC-32C of all after its space, in
/// eight hexadecimal digits; the fingerprint has sixteen, and times are in milliseconds since 1970.
package struct KeptKey: Sendable, Equatable {
    /// The user that asked; nil where users are not distinguished.
    package let owner: String?
    /// What the client wrote: visible ASCII.
    package let text: String
    /// How the fingerprint was made, and what of.
    package let fingerprintVersion: UInt8
    package let fingerprint: UInt64
    /// The id of the answer.
    package let generation: String
    /// When it ended, in milliseconds since 1970.
    package internal(set) var endedAt: Int

    /// Describes one.
    package init(
        owner: String?,
        text: String,
        fingerprintVersion: UInt8,
        fingerprint: UInt64,
        generation: String,
        endedAt: Int
    ) {
        self.owner = owner
        self.text = text
        self.fingerprintVersion = fingerprintVersion
        self.fingerprint = fingerprint
        self.generation = generation
        self.endedAt = endedAt
    }

    /// What a later line must have in common with this one to take its place.
    ///
    /// There is no space in a key. Bytes, since texts of different callers may be canonically
    /// equal.
    var name: [UInt8] { Array((owner.map { "\(text) \($0)" } ?? text).utf8) }

    private static let sumDigits = 8
    private static let fingerprintDigits = 16

    /// The line, without its end.
    package var line: [UInt8] {
        var rest: [UInt8] = []
        rest.reserveCapacity(80 + text.utf8.count)
        rest.append(decimal: endedAt)
        rest.append(UInt8(ascii: " "))
        rest.append(decimal: Int(fingerprintVersion))
        rest.append(UInt8(ascii: "-"))
        Self.append(fingerprint, digits: Self.fingerprintDigits, to: &rest)
        rest.append(UInt8(ascii: " "))
        rest.append(text: generation)
        rest.append(UInt8(ascii: " "))
        rest.append(text: text)
        if let owner {
            rest.append(UInt8(ascii: " "))
            JSONText.appendString(owner, into: &rest)
        }
        var line: [UInt8] = []
        line.reserveCapacity(Self.sumDigits + 1 + rest.count)
        Self.append(UInt64(Self.checksum(of: rest.span)), digits: Self.sumDigits, to: &line)
        line.append(UInt8(ascii: " "))
        line += rest
        return line
    }

    /// Reads a line; nil where it is another, or not as it was written.
    package init?(_ line: Span<UInt8>) {
        var fields = Fields()
        let start = Self.sumDigits + 1
        guard line.count > start, let sum = fields.hexadecimal(line, digits: Self.sumDigits),
            fields.pass(line, " "),
            sum == UInt64(Self.checksum(of: line.extracting(start..<line.count))),
            let endedAt = fields.decimal(line), fields.pass(line, " "),
            let version = fields.decimal(line), version <= Int(UInt8.max), fields.pass(line, "-"),
            let fingerprint = fields.hexadecimal(line, digits: Self.fingerprintDigits),
            fields.pass(line, " "), let generation = fields.word(line), fields.pass(line, " "),
            let text = fields.word(line)
        else { return nil }
        owner = fields.pass(line, " ") ? fields.jsonString(line) : nil
        // Nothing is believed of a form that is not known.
        guard fields.position == line.count else { return nil }
        self.text = text
        fingerprintVersion = UInt8(version)
        self.fingerprint = fingerprint
        self.generation = generation
        self.endedAt = endedAt
    }

    private static func checksum(of bytes: Span<UInt8>) -> UInt32 {
        var sum = CRC32C()
        bytes.withUnsafeBytes { sum.update($0) }
        return sum.value
    }

    private static func append(_ number: UInt64, digits: Int, to out: inout [UInt8]) {
        for place in 0..<digits {
            out.append(hexadecimal: UInt(number >> UInt64(4 * (digits - 1 - place)) & 0xF))
        }
    }
}

/// Goes through the fields of a line.
private struct Fields {
    var position = 0

    mutating func pass(_ line: Span<UInt8>, _ mark: Unicode.Scalar) -> Bool {
        guard position < line.count, line[position] == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }

    mutating func decimal(_ line: Span<UInt8>) -> Int? {
        let start = position
        while position < line.count,
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(line[position])
        {
            position += 1
        }
        return parseDecimal(line.extracting(start..<position))
    }

    mutating func hexadecimal(_ line: Span<UInt8>, digits: Int) -> UInt64? {
        guard digits <= line.count - position else { return nil }
        var value: UInt64 = 0
        for place in position..<(position + digits) {
            switch line[place] {
            case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
                value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
            case let byte where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte):
                value = value << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        position += digits
        return value
    }

    /// What comes before the next space; nil where that is empty.
    mutating func word(_ line: Span<UInt8>) -> String? {
        let start = position
        while position < line.count, line[position] != UInt8(ascii: " ") { position += 1 }
        guard position > start else { return nil }
        return line.extracting(start..<position).withUnsafeBufferPointer {
            String(decoding: $0, as: UTF8.self)
        }
    }

    mutating func jsonString(_ line: Span<UInt8>) -> String? {
        var reader = JSONReader(position: position)
        var text: [UInt8] = []
        do throws(JSONError) {
            try reader.readString(line, into: &text)
        } catch {
            return nil
        }
        position = reader.position
        return String(decoding: text, as: UTF8.self)
    }
}
