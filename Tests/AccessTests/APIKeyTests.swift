import Testing

@testable import Access

/// Keys as clients present them, and how they are found.
@Suite struct APIKeyTests {
    private static let secret = [UInt8](0..<32)
    private static let text = "relay_Ab3dEf7hI9_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

    private func key(_ text: APIKeyText, name: String = "ann") throws -> APIKey {
        APIKey(
            name: name,
            id: text.id,
            digest: try KeyDigest(of: text.secretText),
            scopes: .common
        )
    }

    @Test(arguments: [
        // FIPS 180-4's examples.
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `a digest is SHA-256`(text: String, digest: String) throws {
        let made = try KeyDigest(of: text)
        #expect(made.hexadecimal == digest)
        #expect(KeyDigest(hexadecimal: digest) == made)
        #expect(KeyDigest(hexadecimal: digest.uppercased()) == made)
        #expect(try KeyDigest(of: text + "x") != made)
    }

    @Test(arguments: [
        "", "ab", String(repeating: "a", count: 63), String(repeating: "a", count: 65),
        String(repeating: "a", count: 62) + "é", String(repeating: "g", count: 64),
        " " + String(repeating: "a", count: 63),
    ])
    func `what is not 64 hexadecimal digits is no digest`(text: String) {
        #expect(KeyDigest(hexadecimal: text) == nil)
    }

    @Test func `a key's text has an id and a secret`() throws {
        #expect(APIKeyText(id: "Ab3dEf7hI9", secret: Self.secret).secretText == Self.text)
        let read = try #require(APIKeyText(Self.text))
        #expect(read.id == "Ab3dEf7hI9")
        #expect("\(read)" == "relay_Ab3dEf7hI9_…")
    }

    @Test func `a drawn key is read back, and no two are the same`() throws {
        var ids: Set<String> = []
        for _ in 0..<500 {
            let key = try APIKeyText.draw()
            #expect(key.secretText.utf8.count == 60)
            #expect(APIKeyText(key.secretText) == key)
            ids.insert(key.id)
        }
        #expect(ids.count == 500)
    }

    @Test(arguments: [
        "", "relay_", "sk-0123", String(text.dropLast()), text + "A", text.uppercased(),
        text.replacing("_", with: "-"), text.replacing("Ab3", with: "A_3"),
        text.replacing("Ab3", with: "A-3"), text.replacing("AAEC", with: "AA+C"),
        text.replacing("AAEC", with: "AA=="), text.replacing("AAEC", with: "AA C"),
        // The last letter has two bits that belong to no byte.
        String(text.dropLast()) + "9", " " + text.dropLast(), text.replacing("Ab3", with: "Aé"),
    ])
    func `what is not written so is no key`(text: String) {
        #expect(APIKeyText(text) == nil)
        #expect(APIKeys([]).find(text, now: 0) == .unknown)
    }

    @Test func `a key is found by all of its text and by nothing less`() throws {
        let drawn = try (0..<20).map { _ in try APIKeyText.draw() }
        let known = try drawn.enumerated().map { try key($1, name: "k\($0)") }
        let keys = APIKeys(known)
        for (text, key) in zip(drawn, known) {
            #expect(keys.find(text.secretText, now: 0) == .key(key))
            #expect(keys.find(key.digest.hexadecimal, now: 0) == .unknown)
            // Another key's secret under this id.
            let other = drawn.first { $0 != text }?.secretText.suffix(43) ?? ""
            #expect(keys.find("relay_\(text.id)_\(other)", now: 0) == .unknown)
        }
        #expect(keys.find(try APIKeyText.draw().secretText, now: 0) == .unknown)
    }

    @Test func `no other text of the same length is taken for a key`() throws {
        let text = try #require(APIKeyText(Self.text))
        let keys = APIKeys([try key(text)])
        let bytes = Array(Self.text.utf8)
        for index in bytes.indices {
            for change: UInt8 in [1, 2, 32, 64] {
                var changed = bytes
                changed[index] ^= change
                let other = String(decoding: changed, as: UTF8.self)
                #expect(keys.find(other, now: 0) == .unknown, "\(other)")
            }
        }
    }

    @Test func `a key is good until the second in which it expires`() throws {
        let text = try APIKeyText.draw()
        var key = try key(text)
        key.expires = 1000
        let keys = APIKeys([key])
        #expect(keys.find(text.secretText, now: 999) == .key(key))
        #expect(keys.find(text.secretText, now: 1000) == .expired(key))
        // Who does not have the key does not learn that it was one.
        let guess = APIKeyText(id: text.id, secret: Self.secret).secretText
        #expect(keys.find(guess, now: 1000) == .unknown)
    }

    @Test(arguments: ["a", "Ann", "ann.b-c_d@e.example", "7", String(repeating: "x", count: 64)])
    func `a name is a word`(name: String) { #expect(APIKey.isName(name)) }

    @Test(arguments: [
        "", "a b", "a/b", "a\n", "é", "a\u{301}", "a:b", "[", "`", "{", "?",
        String(repeating: "x", count: 65), text,
    ])
    func `what would not do in a line or an owner is no name, nor is a key`(name: String) {
        #expect(!APIKey.isName(name))
    }
}
