/// A head that is being read: what its lines have said so far.
///
/// It is apart from the parser, because a connection waits for much longer than it reads heads.
final class HeadDraft {
    /// The first line.
    private let line: RequestLine
    /// The field lines so far.
    private var fields = HeaderFields()
    /// How the body will be delimited.
    private var framing = FramingDraft()
    /// The value of the only `Host` line so far.
    private var host: String?
    /// Whether `Connection: close` was seen.
    private var closes = false
    /// Whether `Connection: keep-alive` was seen.
    private var keepsAlive = false
    /// Whether `Expect: 100-continue` was seen.
    private var expectsContinue = false

    init(_ line: RequestLine) {
        self.line = line
    }

    /// Takes a field line without its CR LF (RFC 9112 §5).
    func receivedFieldLine(
        _ line: Span<UInt8>,
        limits: RequestLimits
    ) throws(RequestError) {
        guard fields.fields.count < limits.maxFieldCount else {
            throw .tooManyFields(limit: limits.maxFieldCount)
        }
        let nameEnd = try endOfFieldName(line)
        let name = line.extracting(0..<nameEnd)
        let value = line.extracting(trimmingBlanks(line, (nameEnd + 1)..<line.count))
        guard !CombiningMarks.hasLongRun(value) else {
            throw .tooManyMarks(limit: CombiningMarks.maxRun)
        }
        try interpret(name, value)
        fields.append(checked: .init(checkedName: string(name), value: string(value)))
    }

    /// Puts the head together, once the empty line has come.
    func finished(limits: RequestLimits) throws(RequestError) -> RequestHead {
        if host == nil, line.minorVersion == 1 { throw .missingHost }
        let framing = try framing.finished(minorVersion: line.minorVersion, limits: limits)
        return RequestHead(
            line,
            fields: fields,
            framing: framing,
            keepsAlive: !closes && (line.minorVersion == 1 || keepsAlive),
            expectsContinue: expectsContinue && framing != .none && framing != .fixed(0),
            host: line.target.authority ?? host
        )
    }

    /// Notes the fields that decide about the connection and the body.
    private func interpret(
        _ name: Span<UInt8>,
        _ value: Span<UInt8>
    ) throws(RequestError) {
        switch name.count {
        case 4 where equalsIgnoringCase(name, "host"): try receivedHost(value)
        case 6 where equalsIgnoringCase(name, "expect"): try receivedExpect(value)
        case 10 where equalsIgnoringCase(name, "connection"): receivedConnection(value)
        case 14 where equalsIgnoringCase(name, "content-length"):
            try framing.receivedContentLength(value)
        case 17 where equalsIgnoringCase(name, "transfer-encoding"):
            framing.receivedTransferEncoding(value)
        default: break
        }
    }

    /// Takes `Host`; a second or malformed one is refused (RFC 9112 §3.2).
    private func receivedHost(_ value: Span<UInt8>) throws(RequestError) {
        guard host == nil else { throw .repeatedHost }
        guard Authority.isValid(value) else { throw .invalidHost }
        host = string(value)
    }

    /// Takes `Expect`, which HTTP/1.0 does not have (RFC 9110 §10.1.1).
    private func receivedExpect(_ value: Span<UInt8>) throws(RequestError) {
        guard line.minorVersion == 1 else { return }
        guard equalsIgnoringCase(value, "100-continue") else { throw .unknownExpectation }
        expectsContinue = true
    }

    /// Takes the options in `Connection` (RFC 9112 §9.3).
    private func receivedConnection(_ value: Span<UInt8>) {
        var position = 0
        while let range = nextElement(value, separator: Octet.comma, from: &position) {
            let option = value.extracting(range)
            closes = closes || equalsIgnoringCase(option, "close")
            keepsAlive = keepsAlive || equalsIgnoringCase(option, "keep-alive")
        }
    }
}

/// Where the name of a field line ends; the colon follows it.
private func endOfFieldName(_ line: Span<UInt8>) throws(RequestError) -> Int {
    var end = 0
    while end < line.count, ByteSet.token.contains(line[end]) { end += 1 }
    guard end < line.count else { throw .missingColon }
    let byte = line[end]
    guard byte == Octet.colon, end > 0 else {
        // Both are ways to hide a field from one of two parsers (RFC 9112 §5.1, §5.2).
        guard Octet.isBlank(byte) else { throw .invalidFieldName }
        throw end == 0 ? .lineFolding : .blankBeforeColon
    }
    return end
}
