import Wire

extension FuzzTarget {
    /// Requests on one connection: the same ones for every cut of the bytes, and nothing in them
    /// that a second reader would take for the end of a line.
    static let request = FuzzTarget(name: "request") { input in
        var limits = RequestLimits()
        if input.byte() & 1 == 1 {
            limits.maxHeadBytes = 300
            limits.maxTargetBytes = 60
            limits.maxBodyBytes = 40
            limits.maxFieldCount = 5
        }
        let place = input.number(below: 1 << 16)
        let bytes = input.rest()
        let whole = RequestFeed([bytes], limits: limits)
        Cuts.each(of: bytes, at: place) { pieces in
            let feed = RequestFeed(pieces, limits: limits)
            promise(feed == whole, "another reading where the bytes are cut: \(feed), \(whole)")
        }
        for request in whole.requests { check(request.head) }
        return whole.requests.count + whole.requests.reduce(0) { $0 + $1.body.count }
    }

    private static func check(_ head: RequestHead) {
        func isPlain(_ text: String) -> Bool {
            text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
        }
        promise(isPlain(head.target), "a control character in the target")
        for field in head.fields.fields {
            promise(isPlain(field.name), "a control character in a field's name")
            promise(isPlain(field.value), "a control character in a field's value")
            promise(!field.name.utf8.contains(UInt8(ascii: ":")), "a colon in a field's name")
            promise(!field.name.isEmpty, "a field without a name")
        }
        let lengths = head.fields.all("content-length")
        switch head.framing {
        case .chunked: promise(lengths.isEmpty, "two lengths for one body (RFC 9112 §6.1)")
        case .fixed(let length): promise(length >= 0, "a negative length")
        case .none: break
        }
        // What is made of the fields later must survive any of them.
        _ = head.query.map { QueryItems($0) }
        _ = Cookies.value(of: "a", in: head.fields)
        for name in ["range", "if-range"] {
            guard let text = head.fields.first(name) else { continue }
            guard case .part(let range) = ByteRange.parse(header: text, length: 100) else {
                continue
            }
            promise(!range.isEmpty && range.upperBound <= 100, "a range beyond the file")
        }
        _ = head.fields.first("if-modified-since").map { HTTPDate.parse($0) }
        _ = head.fields.first("if-none-match").map { EntityTag.isListed("\"b\"", in: $0, .weak) }
        promise(
            PercentEncoding.decode(PercentEncoding.encode(head.target)) == head.target,
            "an encoded target decodes to another one"
        )
    }

    /// Chunked bodies: the same content for every cut, and what was encoded comes back.
    static let body = FuzzTarget(name: "body") { input in
        var limits = RequestLimits()
        let mode = input.byte()
        if mode & 1 == 1 {
            limits.maxBodyBytes = 64
            limits.maxChunkLineBytes = 24
            limits.maxExtensionBytes = 48
            limits.maxTrailerBytes = 48
        }
        let place = input.number(below: 1 << 16)
        guard mode & 2 == 0 else { return checkEncoded(&input, place) }
        let bytes = input.rest()
        let whole = BodyReading([bytes], limits: limits)
        Cuts.each(of: bytes, at: place) { pieces in
            let cut = BodyReading(pieces, limits: limits)
            promise(cut == whole, "another body where the bytes are cut: \(cut), \(whole)")
        }
        promise(whole.content.count <= limits.maxBodyBytes, "a body beyond its limit")
        return whole.content.count + whole.consumed
    }

    /// Writes content in chunks of sizes that the input names, and reads it back.
    private static func checkEncoded(_ input: inout FuzzInput, _ place: Int) -> Int {
        var content: [UInt8] = []
        var encoded: [UInt8] = []
        while !input.isEmpty {
            let chunk = input.bytes(1 + Int(input.byte()))
            guard !chunk.isEmpty else { break }
            content += chunk
            encoded += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk
            encoded += Array("\r\n".utf8)
        }
        encoded += Array("0\r\n\r\n".utf8)
        let length = encoded.count
        // The next request must not be touched.
        encoded += Array("GET / HTTP/1.1\r\n".utf8)
        Cuts.each(of: encoded, at: place) { pieces in
            let reading = BodyReading(pieces, limits: RequestLimits())
            promise(reading.content == content && reading.error == nil, "\(reading)")
            promise(reading.isDone && reading.consumed == length, "\(reading), not \(length)")
        }
        return content.count
    }
}

/// A chunked body that was read from pieces.
private struct BodyReading: Equatable {
    var content: [UInt8] = []
    var consumed = 0
    var isDone = false
    var error: RequestError?

    init(_ pieces: [[UInt8]], limits: RequestLimits) {
        var decoder = BodyDecoder(framing: .chunked, limits: limits)
        do throws(RequestError) {
            for piece in pieces where !isDone {
                let step = try decoder.decode(piece.span, into: &content)
                consumed += step.consumed
                isDone = step.isDone
            }
        } catch {
            self.error = error
            // How much of the last piece was used is not said.
            consumed = 0
        }
    }
}
