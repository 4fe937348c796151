/// What a `Range` header asks of a file (RFC 9110 §14.2).
package enum ByteRange: Sendable, Equatable {
    /// The header does not apply: 200 with the whole file.
    case whole
    /// These bytes: 206.
    case part(Range<Int>)
    /// No byte of the file is in the range: 416.
    case unsatisfiable

    /// Reads a header for a file of `length` bytes.
    ///
    /// Several ranges mean the whole file: a server may ignore `Range`, and multipart answers have
    /// been abused to make servers send a small file many times over.
    package static func parse(header: String, length: Int) -> ByteRange {
        let bytes = header.utf8.span
        let unit = "bytes=".utf8.count
        guard bytes.count > unit, equalsIgnoringCase(bytes.extracting(0..<unit), "bytes=") else {
            return .whole
        }
        let spec = trimmingBlanks(bytes, unit..<bytes.count)
        guard let dash = spec.first(where: { bytes[$0] == UInt8(ascii: "-") }) else {
            return .whole
        }
        let first = bytes.extracting(spec.lowerBound..<dash)
        let last = bytes.extracting((dash + 1)..<spec.upperBound)
        guard !first.isEmpty else { return suffix(last, length: length) }
        guard let start = position(first) else { return .whole }
        var end = Int.max
        if !last.isEmpty {
            guard let position = position(last), position >= start else { return .whole }
            end = position
        }
        guard start < length else { return .unsatisfiable }
        return .part(start..<(min(end, length - 1) + 1))
    }

    /// Reads the number in "-500", the last 500 bytes.
    private static func suffix(_ digits: Span<UInt8>, length: Int) -> ByteRange {
        guard let count = position(digits) else { return .whole }
        guard count > 0 else { return .unsatisfiable }
        // Content-Range cannot express a part of an empty file.
        guard length > 0 else { return .whole }
        return .part(max(0, length - count)..<length)
    }

    /// Reads a position; one that does not fit is past the end of every file.
    private static func position(_ digits: Span<UInt8>) -> Int? {
        guard !digits.isEmpty else { return nil }
        for index in digits.indices where digits[index] &- UInt8(ascii: "0") > 9 { return nil }
        return parseDecimal(digits) ?? .max
    }
}
