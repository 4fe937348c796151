import Testing
import Wire

@testable import Access

@Suite struct KeySetTests {
    private static var secret: String {
        let secret = TestSecret.bytes
        return Base64URL.encode(secret.span)
    }

    private func set(_ keys: [String], from source: KeySet.Source = .address) throws -> KeySet {
        let text = #"{"keys":["# + keys.map { "{\($0)}" }.joined(separator: ",") + "]}"
        return try KeySet(jwks: text.utf8.span, from: source)
    }

    private func refusal(
        _ keys: [String],
        from source: KeySet.Source = .address
    ) throws -> KeySetError? {
        do {
            _ = try set(keys, from: source)
            return nil
        } catch let error as KeySetError {
            #expect(!"\(error)".isEmpty)
            return error
        }
    }

    private func refusal(text: String) -> KeySetError? {
        do throws(KeySetError) {
            _ = try KeySet(jwks: text.utf8.span, from: .file)
            return nil
        } catch {
            return error
        }
    }

    private func named(_ key: TestKey, _ id: String) -> String { key.jwk + #","kid":"\#(id)""# }

    private func token(_ key: TestKey, _ algorithm: JWTAlgorithm, _ members: String) -> String {
        let header = #"{"alg":"\#(algorithm.rawValue)"\#(members)}"#
        return TestIssuer.token(header: header) { key.sign($0, algorithm) }
    }

    private func verdict(_ keys: KeySet, _ token: String) -> JWTError? {
        JWTVerifier(keys: keys).refusal(of: token)
    }

    @Test func `the key that a token names checks it, and no other`() throws {
        let keys = try set([named(.rsa, "a"), named(.otherRSA, "b"), named(.p256, "c")])
        #expect(keys.count == 3)
        #expect(verdict(keys, token(.rsa, .rs256, #","kid":"a""#)) == nil)
        #expect(verdict(keys, token(.otherRSA, .rs256, #","kid":"b""#)) == nil)
        #expect(verdict(keys, token(.p256, .es256, #","kid":"c""#)) == nil)
        #expect(verdict(keys, token(.rsa, .rs256, #","kid":"b""#)) == .badSignature)
        #expect(verdict(keys, token(.p256, .es256, #","kid":"a""#)) == .wrongAlgorithm)
    }

    @Test(arguments: [
        "d", "A", "a ", "../../../../dev/null", "/dev/null", "a' OR '1'='1", "a\\u0000",
        "a\\u0301", "\\\"a\\\"", "https://evil.example/key", "|/usr/bin/id", "0", "",
    ])
    func `an id is compared and nothing else`(id: String) throws {
        let keys = try set([named(.rsa, "a"), named(.otherRSA, "b")])
        let verdict = verdict(keys, token(.rsa, .rs256, #","kid":"\#(id)""#))
        #expect(verdict == (id.isEmpty ? .malformed : .unknownKey))
    }

    @Test(arguments: ["1", "null", "[\"a\"]", "{}", "true"])
    func `an id is a text`(id: String) throws {
        let keys = try set([named(.rsa, "a")])
        #expect(verdict(keys, token(.rsa, .rs256, #","kid":\#(id)"#)) == .malformed)
    }

    @Test func `ids that only look the same are different`() throws {
        let keys = try set([named(.rsa, "\u{E9}"), named(.otherRSA, "e\u{301}")])
        #expect(verdict(keys, token(.rsa, .rs256, #","kid":"é""#)) == nil)
        #expect(verdict(keys, token(.otherRSA, .rs256, #","kid":"é""#)) == .badSignature)
        #expect(verdict(keys, token(.otherRSA, .rs256, #","kid":"e\u0301""#)) == nil)
    }

    @Test func `a token that names no key is tried against those that fit`() throws {
        let keys = try set([named(.otherRSA, "a"), named(.p256, "b"), named(.rsa, "c")])
        #expect(verdict(keys, token(.rsa, .ps384, "")) == nil)
        #expect(verdict(keys, token(.p256, .es256, "")) == nil)
        #expect(verdict(keys, token(.p384, .es384, "")) == .wrongAlgorithm)
        let many = try set((0..<5).map { named(.rsa, "\($0)") } + [named(.p256, "p")])
        #expect(verdict(many, token(.rsa, .rs256, "")) == .ambiguousKey)
        #expect(verdict(many, token(.p256, .es256, "")) == nil)
        #expect(verdict(many, token(.rsa, .rs256, #","kid":"4""#)) == nil)
    }

    @Test func `a key without an id may be the one that a token names`() throws {
        let issuer = try TestIssuer(.rsa, .rs256)
        let keys = try KeySet([issuer.verificationKey])
        #expect(verdict(keys, token(.rsa, .rs256, #","kid":"theirs""#)) == nil)
        #expect(verdict(keys, token(.otherRSA, .rs256, #","kid":"theirs""#)) == .badSignature)
        #expect(verdict(keys, token(.p256, .es256, #","kid":"theirs""#)) == .unknownKey)
    }

    @Test func `keys that cannot be used are left out and counted`() throws {
        let keys = try set([
            named(.rsa, "a"), named(.rsa, "a") + #","use":"enc""#, named(.p521, "b"),
            named(.shortRSA, "c"), #""kty":"new""#, #""kid":"x""#, #""kty":1"#,
            named(.rsa, "d").replacing("AQAB", with: "AQ"),
            named(.rsa, "e") + #","alg":"RSA-OAEP""#,
        ])
        #expect(keys.count == 1)
        #expect(
            keys.skipped == [
                .notForSignatures, .unsupportedKind, .sizeOfRSA(bits: 1024), .unsupportedKind,
                .invalid, .invalid, .invalid, .wrongAlgorithm,
            ]
        )
        #expect(verdict(keys, token(.shortRSA, .rs256, #","kid":"c""#)) == .unknownKey)
    }

    @Test func `a set that was made by mistake is refused whole`() throws {
        let secret = #""kty":"oct","k":"\#(Self.secret)""#
        #expect(try refusal([named(.rsa, "a"), named(.p256, "a")]) == .duplicateID)
        let damaged = named(.p256, "a").replacing(#""y":""#, with: #""y":"AAAA"#)
        #expect(try refusal([named(.rsa, "a"), damaged]) == .duplicateID)
        #expect(try refusal([named(.rsa, "a"), named(.p256, "b") + #","d":"AA""#]) == .privateKey)
        #expect(try refusal([named(.rsa, "a"), secret], from: .file) == .mixedKinds)
        #expect(try refusal([secret]) == .publishedSecret)
        #expect(try refusal([secret], from: .file) == nil)
        #expect(try refusal([]) == .noKey(nil))
        #expect(try refusal([named(.p521, "a")]) == .noKey(.unsupportedKind))
        let many = [String](repeating: TestKey.ed25519.jwk, count: 65)
        #expect(try refusal(many) == .tooManyKeys(count: 65))
        #expect(try refusal(Array(many.dropLast())) == nil)
    }

    @Test func `what is no set is refused`() {
        let key = TestKey.ed25519.jwk
        for text in [
            "[]", "{}", "null", #"{"keys":{}}"#, #"{"keys":[1]}"#, "{\(key)}", #"{"Keys":[]}"#,
        ] {
            #expect(refusal(text: text) == .notKeySet)
        }
        for (text, offset) in [
            ("", 0), ("x", 0), (#"{"keys":[{\#(key)}]"#, 89), (#"{"keys":[],"keys":[]}"#, 11),
            (#"{"keys":[]} x"#, 12), (#"{"keys":[{"kty":"oct","kty":"RSA"}]}"#, 22),
        ] {
            #expect(refusal(text: text) == .notJSON(at: offset))
        }
        let long = #"{"keys":[{\#(key)}]}"# + String(repeating: " ", count: 65_536)
        #expect(refusal(text: long) == .tooLong(bytes: long.utf8.count))
    }
}
