import TestSupport
import Testing

@testable import Access

@Suite struct Base64URLTests {
    @Test(arguments: [
        // RFC 4648 §10
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
        ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
    ])
    func `text and bytes are the same both ways`(bytes: String, text: String) {
        #expect(Base64URL.encode(bytes.utf8.span) == text)
        #expect(Base64URL.decode(text) == Array(bytes.utf8))
    }

    @Test func `the last two letters are those of URLs`() {
        // RFC 7515 §C
        #expect(Base64URL.decode("A-z_4ME") == [3, 236, 255, 224, 193])
    }

    @Test(arguments: [
        "Zg=", "Zg==", "Zm8=", "=", "Z", "Zm9vY", " Zg", "Zg ", "Z g", "Zg\n", "Zm\r\n9v", "Zm+v",
        "Zm/v", "Zm9v.", "Zé", "Zm\u{0}v", "Zh", "Zn", "Zm9", "Zm8\u{301}", "Zm-_=",
    ])
    func `what has another spelling is refused`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func `each text of four letters stands for its bytes alone`() {
        let letters = Array("AZaz09-_BQgw=+/ .".utf8)
        var texts: [[UInt8]: [UInt8]] = [:]
        for a in letters {
            for b in letters {
                for c in letters {
                    for text in [[a, b], [a, b, c]] {
                        guard let bytes = Base64URL.decode(text.span) else { continue }
                        #expect(texts.updateValue(text, forKey: bytes) ?? text == text)
                        #expect(Array(Base64URL.encode(bytes.span).utf8) == text)
                    }
                }
            }
        }
        #expect(texts.count > 100)
    }

    @Test func `random bytes come back`() {
        var random = SeededGenerator(seed: 7)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Base64URL.decode(Base64URL.encode(bytes.span)) == bytes)
        }
    }
}
