import COpenSSL
import TestSupport
import Testing
import Wire

@testable import Access

@Suite struct VerificationKeyTests {
    private static let rsa: [JWTAlgorithm] = [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]

    private func pem(_ text: String) -> JWTKeyError? {
        refusal { () throws(JWTKeyError) in try VerificationKey(pem: Array(text.utf8)) }
    }

    private func refusal(_ make: () throws(JWTKeyError) -> VerificationKey) -> JWTKeyError? {
        AccessTests.refusal(ofKey: make)
    }

    private func jwk(_ members: String) throws -> JWTKeyError? {
        let json = try JSON.parse("{\(members)}".utf8.span)
        return refusal { () throws(JWTKeyError) in try VerificationKey(jwk: json) }
    }

    @Test(arguments: [
        (TestKey.rsa, rsa), (.p256, [.es256]), (.p384, [.es384]), (.ed25519, [.edDSA, .ed25519]),
    ])
    func `a public key serves for the algorithms of its type in every form`(
        key: TestKey,
        algorithms: [JWTAlgorithm]
    ) throws {
        let forms = [
            try VerificationKey(pem: Array(key.pem.utf8)),
            try VerificationKey(pem: Array(key.certificate.utf8)),
            try AccessTests.key(jwk: key.jwk),
        ]
        let bytes = Array("what is signed".utf8)
        for form in forms {
            #expect(form.algorithms == algorithms)
            #expect(!form.isSecret)
            for algorithm in JWTAlgorithm.allCases {
                let fits = algorithms.contains(algorithm)
                let signature =
                    fits
                    ? key.sign(bytes, algorithm) : TestSecret.code(of: bytes, Array(key.pem.utf8))
                let isRight = form.verifies(signature, of: bytes.span, by: algorithm)
                #expect(isRight == fits)
            }
        }
    }

    @Test func `a key of RSA may come without the name of its type`() throws {
        let key = try VerificationKey(pem: Array(TestKey.rsa.pkcs1.utf8))
        #expect(key.algorithms == Self.rsa)
    }

    @Test func `text around a key does not matter`() throws {
        let text = "The key of 2026:\r\n\r\n" + TestKey.p256.pem + "\n# end\n"
        #expect(pem(text) == nil)
        #expect(pem(TestKey.p256.pem.split(separator: "\n").joined(separator: "\r\n")) == nil)
    }

    @Test func `a private key is refused, also a damaged one or beside another`() {
        for text in [
            TestKey.rsa.privatePEM, TestKey.p256.pem + TestKey.p256.privatePEM,
            "-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY-----",
        ] {
            #expect(pem(text) == .privateKey)
        }
        #expect("\(JWTKeyError.privateKey)".contains("private key"))
    }

    @Test func `there is one key in a text`() {
        #expect(pem(TestKey.p256.pem + TestKey.p384.pem) == .severalKeys)
        #expect(pem(TestKey.rsa.certificate + TestKey.p256.certificate) == .severalKeys)
    }

    @Test func `what is no key is refused`() {
        let key = TestKey.p256.pem
        for text in ["", "x", "{}", String(key.dropLast(10)), String(key.dropFirst(3))] {
            #expect(pem(text) == .notPEM)
        }
        #expect(pem(key.replacing("MFkw", with: "MF=w")) == .notPEM)
        #expect(pem(key + "-----BEGIN PUBLIC KEY-----\n") == .notPEM)
        #expect(pem(key.replacing("PUBLIC", with: "SECRET")) == .unsupportedKind)
        #expect(pem(key.replacing("PUBLIC KEY", with: "CERTIFICATE")) == .invalid)
        #expect(pem(TestKey.pem("PUBLIC KEY", TestKey.p256.publicDER + [0])) == .invalid)
        #expect(pem(TestKey.pem("PUBLIC KEY", TestKey.p256.publicDER.dropLast())) == .invalid)
        let long = String(repeating: "x", count: 70_000)
        #expect(pem(long) == .tooLong(bytes: 70_000))
    }

    @Test func `types that are not read here are refused`() throws {
        #expect(pem(TestKey.p521.pem) == .unsupportedKind)
        #expect(pem(TestKey.ed448.pem) == .unsupportedKind)
        for members in [
            TestKey.p521.jwk, TestKey.p256.jwk.replacing("P-256", with: "secp256k1"),
            TestKey.ed25519.jwk.replacing("Ed25519", with: "X25519"),
            TestKey.ed25519.jwk.replacing("OKP", with: "AKP"),
            TestKey.rsa.jwk.replacing("RSA", with: "rsa"),
        ] {
            #expect(try jwk(members) == .unsupportedKind)
        }
    }

    @Test func `a short key of RSA is refused in every form`() throws {
        let key = TestKey.shortRSA
        for text in [key.pem, key.pkcs1, key.certificate] {
            #expect(pem(text) == .sizeOfRSA(bits: 1024))
        }
        #expect(try jwk(key.jwk) == .sizeOfRSA(bits: 1024))
        // A zero before the modulus does not lengthen it.
        let modulus = try #require(try JSON.parse("{\(key.jwk)}".utf8.span)["n"]?.stringValue)
        let bytes = try #require(Base64URL.decode(modulus))
        let padded = Base64URL.encode(([UInt8](repeating: 0, count: 128) + bytes).span)
        #expect(try jwk(key.jwk.replacing(modulus, with: padded)) == .sizeOfRSA(bits: 1024))
        let huge = Base64URL.encode([UInt8](repeating: 0xFF, count: 2000).span)
        #expect(try jwk(key.jwk.replacing(modulus, with: huge)) == .sizeOfRSA(bits: 16_000))
    }

    @Test(arguments: ["AQ", "Ag", "AA", "", "AQAA", "____________"])
    func `an exponent that signs nothing is refused`(exponent: String) throws {
        let members = TestKey.rsa.jwk.replacing("\"AQAB\"", with: "\"\(exponent)\"")
        #expect(members != TestKey.rsa.jwk)
        #expect(try jwk(members) == .invalid)
    }

    @Test func `a point that is not on its curve is refused`() throws {
        let zeros = Base64URL.encode([UInt8](repeating: 0, count: 32).span)
        let json = try JSON.parse("{\(TestKey.p256.jwk)}".utf8.span)
        let x = try #require(json["x"]?.stringValue)
        let y = try #require(json["y"]?.stringValue)
        let other = try JSON.parse("{\(TestKey.otherP256.jwk)}".utf8.span)["y"]?.stringValue
        let members = TestKey.p256.jwk
        for changed in [
            members.replacing(y, with: zeros),
            members.replacing(x, with: zeros).replacing(y, with: zeros),
            members.replacing(y, with: try #require(other)),
            members.replacing(y, with: String(y.dropLast(4))),
            members.replacing(y, with: "AAAA" + y),
            members.replacing(y, with: y + "="), members.replacing(#""y""#, with: #""z""#),
            members.replacing(#""\#(y)""#, with: "1"), members.replacing("P-256", with: "P-384"),
        ] {
            #expect(try jwk(changed) == .invalid)
        }
    }

    @Test func `a private half in a JWK is refused`() throws {
        #expect(try jwk(TestKey.p256.jwk + #","d":"AAAA""#) == .privateKey)
        #expect(try jwk(TestKey.rsa.jwk + #","p":null"#) == .privateKey)
    }

    @Test(arguments: [
        (#","use":"sig""#, nil), (#","key_ops":["verify"]"#, nil),
        (#","key_ops":["sign","verify"],"use":"sig""#, nil), (#","ext":true,"x5t":"x""#, nil),
        (#","use":"enc""#, JWTKeyError.notForSignatures), (#","use":1"#, .notForSignatures),
        (#","key_ops":["encrypt"]"#, .notForSignatures), (#","key_ops":[]"#, .notForSignatures),
        (#","key_ops":"verify""#, .notForSignatures), (#","kid":"""#, .badID),
        (#","kid":1"#, .badID),
        (#","kid":null"#, .badID), (#","alg":"ES384""#, .wrongAlgorithm),
        (#","alg":"HS256""#, .wrongAlgorithm), (#","alg":"none""#, .wrongAlgorithm),
        (#","alg":"es256""#, .wrongAlgorithm), (#","alg":null"#, .wrongAlgorithm),
        (#","alg":"ECDH-ES""#, .wrongAlgorithm),
    ])
    func `what a JWK says of its use is obeyed`(members: String, error: JWTKeyError?) throws {
        #expect(try jwk(TestKey.p256.jwk + members) == error)
    }

    @Test func `a JWK serves for the one algorithm that it names`() throws {
        let key = try AccessTests.key(jwk: TestKey.rsa.jwk + #","alg":"PS256","kid":"k""#)
        #expect(key.algorithms == [.ps256])
        #expect(key.id == "k")
        let bytes = Array("x".utf8)
        for algorithm in Self.rsa {
            let signature = TestKey.rsa.sign(bytes, algorithm)
            let isRight = key.verifies(signature, of: bytes.span, by: algorithm)
            #expect(isRight == (algorithm == .ps256))
        }
    }

    @Test(arguments: [
        (32, [JWTAlgorithm.hs256]), (47, [.hs256]), (48, [.hs256, .hs384]),
        (63, [.hs256, .hs384]), (64, [.hs256, .hs384, .hs512]),
    ])
    func `a secret serves for the digests that are no longer`(
        count: Int,
        algorithms: [JWTAlgorithm]
    ) throws {
        let secret = Array(TestSecret.bytes.prefix(count))
        let text = Base64URL.encode(secret.span)
        #expect(try VerificationKey(secret: secret).algorithms == algorithms)
        #expect(try key(jwk: #""kty":"oct","k":"\#(text)""#).algorithms == algorithms)
    }

    @Test func `a secret's JWK cannot ask for a digest that is longer`() throws {
        let secret = Array(TestSecret.bytes[..<32])
        let text = Base64URL.encode(secret.span)
        #expect(try jwk(#""kty":"oct","alg":"HS512","k":"\#(text)""#) == .wrongAlgorithm)
        #expect(try jwk(#""kty":"oct","alg":"A256GCM","k":"\#(text)""#) == .wrongAlgorithm)
        #expect(try jwk(#""kty":"oct","k":"""#) == .shortSecret(bytes: 0))
    }

    @Test(arguments: [
        ("", JWTKeyError.shortSecret(bytes: 0)), ("secret", .shortSecret(bytes: 6)),
        ("your-256-bit-secret", .shortSecret(bytes: 19)),
        (String(repeating: "q", count: 31), .shortSecret(bytes: 31)),
        ("a-string-secret-at-least-256-bits-long", .exampleSecret),
        ("a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long", .exampleSecret),
        ("super-secret-jwt-token-with-at-least-32-characters-long", .exampleSecret),
        ("Your-Super_Secret JWT token 1234567890", .exampleSecret),
        ("reallyreallyreallyreallyverysafe", .exampleSecret),
        ("09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7", .exampleSecret),
        ("please-CHANGE-ME-before-production!!", .exampleSecret),
        (String(repeating: "\u{0}", count: 32), .predictableSecret),
        (String(repeating: "x", count: 64), .predictableSecret),
        (String(repeating: "0123456789abcdef", count: 2), .predictableSecret),
        (String(repeating: "horse7Q!x", count: 5), .predictableSecret),
        ("abcdefghijklmnopqrstuvwxyz012345", .predictableSecret),
        ("ZYXWVUTSRQPONMLKJIHGFEDCBA987654", .predictableSecret),
        ("1212112212112211212121121221122112", .predictableSecret),
    ])
    func `a secret that can be guessed is refused`(secret: String, error: JWTKeyError) {
        #expect(
            refusal { () throws(JWTKeyError) in
                try VerificationKey(secret: Array(secret.utf8))
            } == error
        )
        #expect("\(error)".contains("secret"))
    }

    @Test func `a key as text is no secret`() {
        for text in [TestKey.rsa.pem, TestKey.p256.certificate, TestKey.rsa.privatePEM] {
            #expect(
                refusal { () throws(JWTKeyError) in
                    try VerificationKey(secret: Array(text.utf8))
                } == .secretIsPEM
            )
        }
    }

    @Test func `random secrets pass`() {
        var random = SeededGenerator(seed: 3)
        let letters = Array("0123456789abcdef".utf8)
        for _ in 0..<300 {
            let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = bytes.flatMap { [letters[Int($0 >> 4)], letters[Int($0 & 15)]] }
            for secret in [bytes, text, Array(Base64URL.encode(bytes.span).utf8)] {
                #expect(
                    refusal { () throws(JWTKeyError) in try VerificationKey(secret: secret) } == nil
                )
            }
        }
    }

    @Test func `nothing is left in libcrypto's queue of errors`() throws {
        let key = try VerificationKey(pem: Array(TestKey.rsa.pem.utf8))
        let bytes = Array("x".utf8)
        ERR_clear_error()
        _ = pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
        _ = pem("x")
        _ = try jwk(TestKey.p256.jwk.replacing(#""y":""#, with: #""y":"AAAA"#))
        _ = try jwk(TestKey.rsa.jwk.replacing("AQAB", with: "AQ"))
        for algorithm in Self.rsa {
            let zeros = [UInt8](repeating: 0, count: 256)
            let isRight = key.verifies(zeros, of: bytes.span, by: algorithm)
            #expect(!isRight)
        }
        #expect(ERR_peek_error() == 0)
    }
}
