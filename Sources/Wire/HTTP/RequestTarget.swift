/// The target of a request, taken apart (RFC 9112 §3.2).
struct RequestTarget {
    /// The origin form: the target without scheme and authority.
    var text = ""
    /// The path, decoded.
    var path = ""
    /// The path as it was sent.
    var rawPath = ""
    /// What follows the first "?".
    var query: String?
    /// The authority of the absolute form, which replaces `Host` (RFC 9112 §3.2.2).
    var authority: String?

    init(_ bytes: Span<UInt8>, method: Method) throws(RequestError) {
        guard method != .other("CONNECT") else { throw .connectUnsupported }
        // Parsers disagree about overlong or cut UTF-8: beyond ASCII, "%" is the only way.
        for index in bytes.indices where !ByteSet.target.contains(bytes[index]) {
            throw .invalidTarget
        }
        if bytes[0] == UInt8(ascii: "/") {
            try readOriginForm(bytes)
        } else if bytes[0] == UInt8(ascii: "*") {
            guard bytes.count == 1, method == .options else { throw .invalidTarget }
            (text, path, rawPath) = ("*", "*", "*")
        } else {
            try readAbsoluteForm(bytes)
        }
    }

    /// Reads `scheme://authority/path?query`, which every server must accept (RFC 9112 §3.2.2).
    private mutating func readAbsoluteForm(_ bytes: Span<UInt8>) throws(RequestError) {
        let schemeBytes = [7, 8].first { count in
            count < bytes.count
                && equalsIgnoringCase(
                    bytes.extracting(0..<count),
                    count == 7 ? "http://" : "https://"
                )
        }
        guard let start = schemeBytes else { throw .invalidTarget }
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "/"), bytes[end] != UInt8(ascii: "?") {
            end += 1
        }
        let authority = bytes.extracting(start..<end)
        guard Authority.isValid(authority) else { throw .invalidTarget }
        self.authority = string(authority)
        if end < bytes.count, bytes[end] == UInt8(ascii: "/") {
            return try readOriginForm(bytes.extracting(end..<bytes.count))
        }
        // An empty path means "/" (RFC 9110 §4.2.3).
        let rooted = [UInt8(ascii: "/")] + (end..<bytes.count).map { bytes[$0] }
        try readOriginForm(rooted.span)
    }

    /// Reads `/path?query`.
    private mutating func readOriginForm(_ bytes: Span<UInt8>) throws(RequestError) {
        var pathEnd = 0
        var isEncoded = false
        while pathEnd < bytes.count, bytes[pathEnd] != UInt8(ascii: "?") {
            isEncoded = isEncoded || bytes[pathEnd] == Octet.percent
            pathEnd += 1
        }
        text = string(bytes)
        rawPath = text
        if pathEnd < bytes.count {
            rawPath = string(bytes.extracting(0..<pathEnd))
            query = string(bytes.extracting((pathEnd + 1)..<bytes.count))
        }
        path = rawPath
        guard isEncoded else { return }
        let raw = bytes.extracting(0..<pathEnd)
        guard let decoded = PercentEncoding.decode(raw, plusIsSpace: false),
            // An encoded NUL would cut C strings, an encoded line end would split log lines.
            !decoded.utf8.contains(where: Octet.isControl)
        else { throw .invalidTarget }
        path = decoded
    }
}
