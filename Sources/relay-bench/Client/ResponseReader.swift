import Wire

/// Reads one HTTP/1.1 response as far as a measuring client needs it.
struct ResponseReader {
    enum Failure: Error, Equatable {
        case badHead
        case refused(status: Int)
        case badBody
    }

    private static let maxHeadBytes = 16 * 1024

    private var head: [UInt8] = []
    /// Removes the framing; nil until the head is complete.
    private var body: BodyDecoder?

    /// Takes received bytes.
    ///
    /// - Parameters:
    ///   - bytes: what follows the bytes taken so far.
    ///   - content: where the body is appended, without its framing.
    /// - Returns: whether the response is complete.
    /// - Throws: if the response is neither a 200 nor a 202, or is not valid.
    mutating func receive(
        _ bytes: Span<UInt8>,
        into content: inout [UInt8]
    ) throws(Failure) -> Bool {
        if body != nil { return try decode(bytes, into: &content) }
        head.append(span: bytes)
        guard let end = Self.endOfHead(head.span) else {
            guard head.count <= Self.maxHeadBytes else { throw .badHead }
            return false
        }
        body = BodyDecoder(framing: try Self.framing(head[..<end]), limits: Self.limits)
        let rest = Array(head[end...])
        head = []
        return try decode(rest.span, into: &content)
    }

    private mutating func decode(
        _ bytes: Span<UInt8>,
        into content: inout [UInt8]
    ) throws(Failure) -> Bool {
        do throws(RequestError) {
            return try body?.decode(bytes, into: &content).isDone ?? false
        } catch {
            throw .badBody
        }
    }

    private static func framing(_ head: ArraySlice<UInt8>) throws(Failure) -> BodyFraming {
        let lines = String(decoding: head, as: UTF8.self).lowercased().split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[0].hasPrefix("http/1."), let status = Int(words[1]) else {
            throw .badHead
        }
        guard status == 200 || status == 202 else { throw .refused(status: status) }
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = String(parts[1].drop { $0 == " " })
            if parts[0] == "transfer-encoding", value == "chunked" { return .chunked }
            if parts[0] == "content-length", let length = parseDecimal(value) {
                return .fixed(length)
            }
        }
        throw .badHead
    }

    private static func endOfHead(_ bytes: Span<UInt8>) -> Int? {
        var index = 3
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\n"), bytes[index - 1] == UInt8(ascii: "\r"),
                bytes[index - 2] == UInt8(ascii: "\n"), bytes[index - 3] == UInt8(ascii: "\r")
            {
                return index + 1
            }
            index += 1
        }
        return nil
    }

    /// Wider limits than the server's: a long answer is no attack here.
    private static let limits: RequestLimits = {
        var limits = RequestLimits()
        limits.maxBodyBytes = .max
        return limits
    }()
}
