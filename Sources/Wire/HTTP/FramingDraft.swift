/// What the fields so far say about where the body ends (RFC 9112 §6).
///
/// Two parsers that find different ends see different next requests, so anything that can be read
/// in two ways is refused (RFC 9112 §11.2).
struct FramingDraft {
    /// The value of the only `Content-Length`.
    private var contentLength: Int?
    /// Whether there was a `Transfer-Encoding`, even an empty one.
    private var hasTransferEncoding = false
    /// Whether an element was empty or not a plain name.
    private var isMalformed = false
    /// How many codings all lines name.
    private var codingCount = 0
    /// How many of them are `chunked`.
    private var chunkedCount = 0
    /// Whether the last of them is `chunked`.
    private var endsInChunked = false

    /// Takes `Content-Length`: one number without sign, list or leading zero (RFC 9110 §8.6).
    ///
    /// The grammar allows leading zeros, but some parsers read such a number as octal.
    mutating func receivedContentLength(_ value: Span<UInt8>) throws(RequestError) {
        guard contentLength == nil else { throw .repeatedContentLength }
        guard let length = parseDecimal(value), value.count == 1 || value[0] != UInt8(ascii: "0")
        else { throw .invalidContentLength }
        contentLength = length
    }

    /// Takes the codings in `Transfer-Encoding`, which are judged when all lines are known.
    mutating func receivedTransferEncoding(_ value: Span<UInt8>) {
        hasTransferEncoding = true
        var position = 0
        while let range = nextElement(value, separator: Octet.comma, from: &position) {
            let coding = value.extracting(range)
            var isName = !coding.isEmpty
            for index in coding.indices where !ByteSet.token.contains(coding[index]) {
                isName = false
            }
            isMalformed = isMalformed || !isName
            codingCount += 1
            endsInChunked = equalsIgnoringCase(coding, "chunked")
            if endsInChunked { chunkedCount += 1 }
        }
    }

    /// Decides once all fields are known (RFC 9112 §6.3).
    func finished(minorVersion: Int, limits: RequestLimits) throws(RequestError) -> BodyFraming {
        guard hasTransferEncoding else {
            guard let length = contentLength else { return .none }
            guard length <= limits.maxBodyBytes else {
                throw .bodyTooLarge(limit: limits.maxBodyBytes)
            }
            return .fixed(length)
        }
        guard minorVersion == 1 else { throw .transferEncodingBeforeHTTP11 }
        guard contentLength == nil else { throw .lengthAndCoding }
        guard !isMalformed else { throw .invalidTransferEncoding }
        guard chunkedCount == 0 || (chunkedCount == 1 && endsInChunked) else {
            throw .chunkedNotLast
        }
        guard codingCount == 1, endsInChunked else { throw .unknownTransferCoding }
        return .chunked
    }
}
