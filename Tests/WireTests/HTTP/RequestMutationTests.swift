import TestSupport
import Testing
import Wire

@Suite struct RequestMutationTests {
    private static let pieces = [
        "\r\n", "\r", "\n", "\r\n\r\n", " ", "\t", ":", "\0", "%", "%00", "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n", "Host: x\r\n", "0\r\n\r\n", "ffffffffffffffff", ";", "\"",
        "é", "\u{7F}", "http://", "Expect: 100-continue\r\n",
    ].map { Array($0.utf8) }

    @Test(.timeLimit(.minutes(1)))
    func `damaged requests give one answer for every cut and read nothing after them`() {
        var random = SeededGenerator(seed: 0x5EED)
        let guarded = GuardedBuffer(capacity: 16 * 1024)
        var limits = RequestLimits()
        limits.maxHeadBytes = 300
        limits.maxTargetBytes = 60
        var refusedCount = 0
        for round in 0..<3000 {
            let sample = Array(sampleRequests[round % sampleRequests.count].utf8)
            let bytes = random.mutate(sample, inserting: Self.pieces)
            let whole = RequestFeed([bytes], limits: limits)
            let pieces = random.cut(bytes)
            #expect(RequestFeed(pieces, limits: limits) == whole)
            if round % 10 == 0 {
                #expect(RequestFeed(bytes.map { [$0] }, limits: limits) == whole)
            }
            guarded.withBytes(bytes) { input in
                var parser = RequestParser(limits: limits)
                let head = try? parser.parse(input)?.head
                #expect(head == whole.requests.first?.head)
                var decoder = BodyDecoder(framing: .chunked, limits: limits)
                var body: [UInt8] = []
                _ = try? decoder.decode(input, into: &body)
            }
            refusedCount += whole.error == nil ? 0 : 1
        }
        #expect((500..<2900).contains(refusedCount))
    }

    @Test func `small decoders survive any text`() {
        var random = SeededGenerator(seed: 7)
        let samples = [
            "Sun, 06 Nov 1994 08:49:37 GMT", "bytes=0-499", "a=1; b=\"2\"", "W/\"a\", \"b\"",
            "a=b&c=%C3%A9+d",
        ].map { Array($0.utf8) }
        let fields: HeaderFields = [:]
        for round in 0..<3000 {
            let bytes = random.mutate(samples[round % samples.count], inserting: Self.pieces)
            let text = String(decoding: bytes, as: UTF8.self)
            _ = HTTPDate.parse(text)
            _ = QueryItems(text)
            _ = EntityTag.isListed("\"b\"", in: text, .weak)
            var cookies = fields
            cookies.append("Cookie", text)
            _ = Cookies.value(of: "b", in: cookies)
            #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
            if case .part(let range) = ByteRange.parse(header: text, length: 100) {
                #expect(!range.isEmpty && range.upperBound <= 100)
            }
        }
    }
}
