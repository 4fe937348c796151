/// The first line of a request (RFC 9112 §3).
struct RequestLine {
    let method: Method
    let target: RequestTarget
    /// 0 or 1.
    let minorVersion: Int

    /// Reads a line without its CR LF.
    init(_ line: Span<UInt8>, limits: RequestLimits) throws(RequestError) {
        let methodEnd = try Self.endOfMethod(line)
        let targetStart = methodEnd + 1
        var targetEnd = targetStart
        while targetEnd < line.count, line[targetEnd] != Octet.space { targetEnd += 1 }
        guard targetEnd - targetStart <= limits.maxTargetBytes else {
            throw .targetTooLong(limit: limits.maxTargetBytes)
        }
        // Without a version it would be HTTP/0.9, whose answers have no head.
        guard targetEnd < line.count, targetEnd > targetStart else { throw .malformedRequestLine }
        minorVersion = try Self.minorVersion(line.extracting((targetEnd + 1)..<line.count))
        method = Method(line.extracting(0..<methodEnd))
        target = try RequestTarget(line.extracting(targetStart..<targetEnd), method: method)
    }

    /// The longest line that can be valid.
    static func maxBytes(_ limits: RequestLimits) -> Int {
        RequestLimits.maxMethodBytes + limits.maxTargetBytes + " ".utf8.count * 2
            + "HTTP/1.1".utf8.count
    }

    /// Where the method ends.
    private static func endOfMethod(_ line: Span<UInt8>) throws(RequestError) -> Int {
        let limit = RequestLimits.maxMethodBytes
        var end = 0
        while end < line.count, ByteSet.token.contains(line[end]) {
            end += 1
            guard end <= limit else { throw .methodTooLong(limit: limit) }
        }
        guard end < line.count else { throw .malformedRequestLine }
        guard line[end] == Octet.space, end > 0 else { throw .invalidMethod }
        return end
    }

    /// Reads "HTTP/" and two digits with a dot; the name is case-sensitive (RFC 9112 §2.3).
    private static func minorVersion(_ bytes: Span<UInt8>) throws(RequestError) -> Int {
        let name: StaticString = "HTTP/"
        let hasName =
            bytes.count == 8
            && name.withUTF8Buffer { expected in
                for index in 0..<5 where unsafe bytes[index] != expected[index] { return false }
                return true
            }
        guard hasName, bytes[6] == UInt8(ascii: ".") else { throw .invalidVersion }
        let major = bytes[5] &- UInt8(ascii: "0")
        let minor = bytes[7] &- UInt8(ascii: "0")
        guard major <= 9, minor <= 9 else { throw .invalidVersion }
        guard major == 1 else { throw .unsupportedVersion }
        // A later minor version is processed as the highest one known (RFC 9110 §2.5).
        return min(1, Int(minor))
    }
}
