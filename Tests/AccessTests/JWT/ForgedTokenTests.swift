import COpenSSL
import Testing

@testable import Access

/// What forgers are known to try.
@Suite struct ForgedTokenTests {
    private static let payload = TestIssuer.base64(TestIssuer.claims)

    @Test func `a good token of each algorithm is taken`() throws {
        for issuer in try TestIssuer.all {
            #expect(try issuer.refusal(of: issuer.token()) == nil)
        }
    }

    @Test(arguments: ["none", "None", "NONE", "nONE"])
    func `a token without a signature is refused`(name: String) throws {
        let unsigned = TestIssuer.base64(#"{"alg":"\#(name)"}"#) + "." + Self.payload + "."
        for issuer in try TestIssuer.all {
            #expect(try issuer.refusal(of: unsigned) == .malformed)
            #expect(try issuer.refusal(of: String(unsigned.dropLast())) == .malformed)
            #expect(try issuer.refusal(of: unsigned + "AAAA") == .unsupportedAlgorithm)
            let good = issuer.token().split(separator: ".")
            #expect(try issuer.refusal(of: good[0] + "." + good[1] + ".") == .malformed)
        }
    }

    @Test func `a public key in any form is no secret`() throws {
        for (key, algorithm) in [(TestKey.rsa, JWTAlgorithm.rs256), (.p256, .es256)] {
            let issuer = try TestIssuer(key, algorithm)
            let pem = key.pem
            let secrets = [
                Array(pem.utf8), Array(pem.dropLast().utf8), key.publicDER,
                Array(key.certificate.utf8), Array("{\(key.jwk)}".utf8), [],
            ]
            for secret in secrets {
                let token = TestIssuer.token(header: #"{"alg":"HS256"}"#) {
                    TestSecret.code(of: $0, secret)
                }
                #expect(try issuer.refusal(of: token) == .wrongAlgorithm)
                let disguised = TestIssuer.token(header: issuer.header) {
                    TestSecret.code(of: $0, secret)
                }
                #expect(try issuer.refusal(of: disguised) == .badSignature)
            }
        }
    }

    @Test func `the forger's own key is not used, wherever it comes from`() throws {
        let issuer = try TestIssuer(.rsa, .rs256)
        let forger = TestKey.otherRSA
        for (members, error) in [
            (#""jwk":{\#(forger.jwk)}"#, JWTError.embeddedKey),
            (#""jku":"https://evil.example/keys""#, .badSignature),
            (#""x5u":"https://evil.example/chain""#, .embeddedKey),
            (#""x5c":["\#(Base64URL.encode(forger.publicDER.span))"]"#, .embeddedKey),
            (#""kid":"../../forger""#, .badSignature), (#""x":1"#, .badSignature),
        ] {
            let token = TestIssuer.token(header: #"{"alg":"RS256",\#(members)}"#) {
                forger.sign($0, .rs256)
            }
            #expect(try issuer.refusal(of: token) == error)
        }
    }

    @Test func `a signature is for its own bytes`() throws {
        for issuer in try TestIssuer.all {
            let one = issuer.token().split(separator: ".")
            let other = issuer.token(#"{"sub":"root","exp":1800000600}"#).split(separator: ".")
            #expect(try issuer.refusal(of: other.joined(separator: ".")) == nil)
            let mixed = one[0] + "." + other[1] + "." + one[2]
            #expect(try issuer.refusal(of: mixed) == .badSignature)
            let header = TestIssuer.base64(#"{"alg":"\#(issuer.algorithm.rawValue)","x":1}"#)
            #expect(try issuer.refusal(of: header + "." + one[1] + "." + one[2]) == .badSignature)
        }
    }

    @Test func `a signature of one algorithm is none of another`() throws {
        for issuer in try TestIssuer.all {
            let parts = issuer.token().split(separator: ".")
            for other in JWTAlgorithm.allCases where other != issuer.algorithm {
                let header = TestIssuer.base64(#"{"alg":"\#(other.rawValue)"}"#)
                let token = header + "." + parts[1] + "." + parts[2]
                let fits = issuer.verificationKey.algorithms.contains(other)
                #expect(try issuer.refusal(of: token) == (fits ? .badSignature : .wrongAlgorithm))
            }
        }
    }

    @Test func `a signature has its one length`() throws {
        for issuer in try TestIssuer.all {
            let token = issuer.token()
            let start = token.index(after: try #require(token.lastIndex(of: ".")))
            let signature = try #require(Base64URL.decode(String(token[start...])))
            for changed in [
                Array(signature.dropLast()), Array(signature.dropFirst()), signature + [0],
                [0] + signature, signature + signature, [0], Array(signature.prefix(4)),
                [UInt8](repeating: 0, count: signature.count),
                [UInt8](repeating: 0xFF, count: signature.count),
            ] {
                let text = token[..<start] + Base64URL.encode(changed.span)
                #expect(try issuer.refusal(of: String(text)) == .badSignature)
            }
        }
    }

    @Test(arguments: [JWTAlgorithm.rs256, .ps256])
    func `zeros at the beginning of a signature belong to it`(algorithm: JWTAlgorithm) throws {
        let issuer = try TestIssuer(.rsa, algorithm)
        // One in 256 begins with a zero.
        for number in 0..<10_000 {
            let token = issuer.token(#"{"sub":"\#(number)","exp":1800000600}"#)
            let start = token.index(after: try #require(token.lastIndex(of: ".")))
            guard token[start...].hasPrefix("A"),
                let signature = Base64URL.decode(String(token[start...])), signature[0] == 0
            else { continue }
            let short = Array(signature.dropFirst())
            #expect(try issuer.refusal(of: token) == nil)
            let changed = token[..<start] + Base64URL.encode(short.span)
            #expect(try issuer.refusal(of: changed) == .badSignature)
            return
        }
        Issue.record("no signature begins with a zero")
    }

    @Test(arguments: [(TestKey.p256, JWTAlgorithm.es256, 32), (.p384, .es384, 48)])
    func `a signature of ECDSA is two numbers of the curve in their fixed form`(
        key: TestKey,
        algorithm: JWTAlgorithm,
        half: Int
    ) throws {
        let issuer = try TestIssuer(key, algorithm)
        let der = TestIssuer.token(header: issuer.header) { key.libcryptoSignature($0, algorithm) }
        #expect(try issuer.refusal(of: der) == .badSignature)
        let (zero, large) = (
            [UInt8](repeating: 0, count: half), [UInt8](repeating: 0xFF, count: half)
        )
        let one: [UInt8] = zero.dropLast() + [1]
        for (r, s) in [(zero, zero), (zero, one), (one, zero), (one, one), (large, large)] {
            let token = TestIssuer.token(header: issuer.header) { _ in r + s }
            #expect(try issuer.refusal(of: token) == .badSignature)
        }
        for isFirst in [true, false] {
            let token = TestIssuer.token(header: issuer.header) {
                let signature = key.sign($0, algorithm)
                return isFirst ? zero + signature[half...] : signature[..<half] + zero
            }
            #expect(try issuer.refusal(of: token) == .badSignature)
        }
    }

    @Test(arguments: [Int32(0), 20, 31, 33, 64])
    func `the salt of PSS is as long as the digest`(length: Int32) throws {
        let issuer = try TestIssuer(.rsa, .ps256)
        for (length, error) in [(length, JWTError.badSignature), (32, nil)] {
            let token = TestIssuer.token(header: issuer.header) {
                TestKey.rsa.libcryptoSignature($0, .ps256, saltLength: length)
            }
            #expect(try issuer.refusal(of: token) == error)
        }
    }

    @Test func `a token has one spelling`() throws {
        for issuer in try TestIssuer.all {
            let token = issuer.token()
            let parts = token.split(separator: ".").map(String.init)
            var spellings = [
                "", ".", "..", "...", " " + token, token + " ", token + "\n", token + ".",
                "." + token, token + ".x", parts[0] + "." + parts[1], "\u{FEFF}" + token,
                "Bearer " + token, token.replacing(".", with: ". "),
                token.replacing(".", with: ".."),
                "." + parts[1] + "." + parts[2],
                #"{"payload":"\#(parts[1])","protected":"\#(parts[0])","signature":"\#(parts[2])"}"#,
                [parts[0], "", parts[1], "", parts[2]].joined(separator: "."),
            ]
            for index in parts.indices {
                for end in ["=", "==", "%3D", "\u{0}", "+", "/", "é"] {
                    var changed = parts
                    changed[index] += end
                    spellings.append(changed.joined(separator: "."))
                }
                var changed = parts
                changed[index].insert(
                    " ",
                    at: changed[index].index(changed[index].startIndex, offsetBy: 3)
                )
                spellings.append(changed.joined(separator: "."))
            }
            for spelling in spellings {
                let error = try issuer.refusal(of: spelling)
                #expect(error == .malformed, "\(spelling)")
            }
        }
    }

    @Test func `unused bits are zero`() throws {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        for issuer in try TestIssuer.all {
            let parts = issuer.token().split(separator: ".").map { Array($0) }
            for index in parts.indices where parts[index].count % 4 != 0 {
                var changed = parts
                let last = try #require(
                    letters.firstIndex(of: parts[index][parts[index].count - 1])
                )
                changed[index][parts[index].count - 1] = letters[last + 1]
                let token = changed.map { String($0) }.joined(separator: ".")
                #expect(try issuer.refusal(of: token) == .malformed)
            }
        }
    }

    @Test func `a token has at most 8 KiB`() throws {
        let issuer = try TestIssuer(.hs256)
        let start = #"{"sub":"alice","exp":1800000600,"x":""#
        let short = issuer.token(start + String(repeating: "x", count: 6000) + #""}"#)
        let long = issuer.token(start + String(repeating: "x", count: 6080) + #""}"#)
        #expect(short.utf8.count <= 8192)
        #expect(try issuer.refusal(of: short) == nil)
        #expect(long.utf8.count > 8192)
        #expect(try issuer.refusal(of: long) == .tooLong)
    }

    @Test func `threads share a verifier`() async throws {
        for issuer in try TestIssuer.all {
            let verifier = JWTVerifier(keys: try KeySet([issuer.verificationKey]))
            let good = issuer.token()
            let bad = String(good.dropLast(8) + "AAAAAAAA")
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        (0..<20).allSatisfy { _ in
                            verifier.refusal(of: good) == nil && verifier.refusal(of: bad) != nil
                        }
                    }
                }
                for await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test func `a word of the log has nothing of the token`() {
        for error in JWTError.allCases {
            #expect(error.word.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F })
        }
        #expect(JWTError.wordForClients == "invalid_token")
    }
}
