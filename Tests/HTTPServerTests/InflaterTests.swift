import Testing
import Wire

@testable import HTTPServer

/// Compressed content, at every split, cut at every byte, and damaged.
@Suite struct InflaterTests {
    private static let text = Array(
        (0..<40).map { #"{"n":\#($0),"text":"dies ist ein Text"}"# }.joined().utf8
    )

    struct Form: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let coding: ContentCoding
        let bytes: [UInt8]
    }

    private static let forms = [
        Form(testDescription: "gzip", coding: .gzip, bytes: Compressed.gzip(text)),
        Form(testDescription: "stored", coding: .gzip, bytes: Compressed.gzip(text, level: 0)),
        Form(
            testDescription: "two members and an empty one",
            coding: .gzip,
            bytes: Compressed.gzip(Array(text[..<100])) + Compressed.gzip([])
                + Compressed.gzip(Array(text[100...]))
        ),
        Form(testDescription: "zlib", coding: .deflate, bytes: Compressed.zlib(text)),
        Form(testDescription: "bare", coding: .deflate, bytes: Compressed.bare(text)),
        Form(
            testDescription: "bare and stored",
            coding: .deflate,
            bytes: Compressed.bare(text, level: 0)
        ),
    ]

    /// The content of bytes that come in pieces, or what is wrong with them.
    private func content(
        _ coding: ContentCoding,
        _ pieces: [ArraySlice<UInt8>]
    ) -> Result<[UInt8], RequestError> {
        let inflater = Inflater(coding)
        var content: [UInt8] = []
        do throws(RequestError) {
            for piece in pieces {
                try inflater.receive(piece.span) { piece throws(RequestError) in
                    content.append(span: piece)
                }
            }
            try inflater.finish()
        } catch {
            return .failure(error)
        }
        return .success(content)
    }

    @Test(arguments: forms)
    func `content is the same however the network cuts it`(form: Form) {
        for cut in 0...form.bytes.count {
            let pieces = [form.bytes[..<cut], form.bytes[cut...]]
            #expect(content(form.coding, pieces) == .success(Self.text), "cut at \(cut)")
        }
        let single = form.bytes.indices.map { form.bytes[$0...$0] }
        #expect(content(form.coding, single) == .success(Self.text))
    }

    @Test(arguments: forms)
    func `content that ends too early is refused, wherever it ends`(form: Form) {
        let members =
            form.testDescription.hasPrefix("two")
            ? [Compressed.gzip(Array(Self.text[..<100])).count] : []
        for end in 1..<form.bytes.count {
            let found = content(form.coding, [form.bytes[..<end]])
            let isWhole =
                members.contains(end) || members.contains { end == $0 + Compressed.gzip([]).count }
            if isWhole {
                #expect(found == .success(Array(Self.text[..<100])))
            } else {
                #expect(found == .failure(.cutContent(form.coding)), "ends at \(end)")
            }
        }
        #expect(content(form.coding, []) == .success([]))
    }

    @Test(arguments: forms)
    func `what follows the content is refused`(form: Form) {
        for more in [[0], [0x1F, 0], Array("{}".utf8), [UInt8](repeating: 0, count: 50)] {
            let whole = form.bytes + more
            let error = Result<[UInt8], RequestError>.failure(.bytesAfterContent(form.coding))
            #expect(content(form.coding, [whole[...]]) == error)
            #expect(content(form.coding, [form.bytes[...], more[...]]) == error)
        }
    }

    @Test func `damage is noticed`() {
        let bytes = Compressed.gzip(Self.text)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x55
            let found = content(.gzip, [damaged[...]])
            // The header's time, flags for speed and system say nothing about the content.
            if (4..<10).contains(index) {
                #expect(found == .success(Self.text))
            } else if case .success = found {
                Issue.record("byte \(index) is damaged, and nobody notices")
            }
        }
        #expect(content(.gzip, [Array("{\"a\":1}".utf8)[...]]) == .failure(.brokenContent(.gzip)))
        #expect(content(.deflate, [[0xFF, 0xFF, 0xFF]]) == .failure(.brokenContent(.deflate)))
        let gzip = Compressed.gzip(Self.text)
        #expect(content(.deflate, [gzip[...]]) == .failure(.brokenContent(.deflate)))
    }

    @Test func `a piece is never more than what is held for it`() throws {
        let bomb = Compressed.gzip([UInt8](repeating: 0, count: 4 << 20))
        let inflater = Inflater(.gzip)
        var (pieces, total) = (0, 0)
        try inflater.receive(bomb.span) { piece throws(RequestError) in
            #expect(piece.count <= 16 * 1024)
            pieces += 1
            total += piece.count
        }
        try inflater.finish()
        #expect(total == 4 << 20)
        #expect(pieces >= 256)
    }
}
