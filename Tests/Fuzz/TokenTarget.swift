import Wire

@testable import Access

extension FuzzTarget {
    /// Tokens: one that differs from a good one is never accepted, and what is accepted says what
    /// it must; key sets of any shape are read or refused.
    static let token = FuzzTarget(name: "token") { input in
        let issuers = Issuers.all
        let issuer = issuers[Int(input.byte()) % issuers.count]
        switch input.byte() & 3 {
        case 0: return checkChanged(issuer, &input)
        case 1: return verdict(issuer, on: input.rest()) == nil ? 1 : 0
        case 2: return checkSigned(issuer, &input)
        default: return readKeySet(&input)
        }
    }

    /// Changes a good token at places that the input names.
    private static func checkChanged(_ issuer: Issuers.One, _ input: inout FuzzInput) -> Int {
        var token = issuer.token
        while !input.isEmpty {
            let kind = input.byte()
            let place = input.number(below: token.count + 1)
            switch kind & 3 {
            case 0 where place < token.count: token[place] ^= 1 << (kind >> 5)
            case 1: token.insert(input.byte(), at: place)
            case 2 where place < token.count: token.remove(at: place)
            case 3 where place < token.count: token[place] = input.byte()
            default: break
            }
        }
        let error = verdict(issuer, on: token)
        promise(error == nil || token != issuer.token, "a good token is refused")
        return token.count
    }

    /// Signs a header and claims that the input has: whoever makes them has the key.
    private static func checkSigned(_ issuer: Issuers.One, _ input: inout FuzzInput) -> Int {
        let header = input.bytes(Int(input.byte()))
        let claims = input.rest()
        let text = TestIssuer.token(
            header: header.isEmpty ? issuer.issuer.header : String(decoding: header, as: UTF8.self),
            String(decoding: claims, as: UTF8.self),
            issuer.sign
        )
        guard let said = try? issuer.verifier.verify(text, atUnixSecond: TestIssuer.now) else {
            return text.utf8.count
        }
        let subject = said.subject.utf8
        promise((1...256).contains(subject.count), "a subject of \(subject.count) bytes")
        promise(subject.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a subject with controls")
        promise(said.expiry > TestIssuer.now - JWTRules.maxLeeway, "accepted when expired")
        return subject.count
    }

    private static func readKeySet(_ input: inout FuzzInput) -> Int {
        let source: KeySet.Source = input.byte() & 1 == 1 ? .address : .file
        let bytes = input.rest()
        guard let keys = try? KeySet(jwks: bytes.span, from: source) else { return 0 }
        promise((1...KeySet.maxKeys).contains(keys.count), "a set of \(keys.count) keys")
        return keys.count
    }

    /// The verdict on a token, which must be the same twice, and good for the good one alone.
    private static func verdict(_ issuer: Issuers.One, on token: [UInt8]) -> JWTError? {
        func once() -> JWTError? {
            do throws(JWTError) {
                _ = try issuer.verifier.verify(token.span, atUnixSecond: TestIssuer.now)
                return nil
            } catch {
                return error
            }
        }
        let error = once()
        promise(once() == error, "two verdicts on one token")
        promise(error != nil || token == issuer.token, "a changed token is accepted")
        return error
    }
}

/// One issuer for each algorithm, with its good token.
///
/// Pairs of keys are new in each run; only those for codes are the same.
private enum Issuers {
    struct One: Sendable {
        let issuer: TestIssuer
        let verifier: JWTVerifier
        let token: [UInt8]
        let sign: @Sendable ([UInt8]) -> [UInt8]
    }

    static let all: [One] = {
        // The only way to a public key is an enumeration that marks its case in the reference, and
        // the leak sanitizer does not take that for one.
        ignoreLeaks()
        defer { noticeLeaks() }
        do {
            return try TestIssuer.all.map { issuer in
                One(
                    issuer: issuer,
                    verifier: JWTVerifier(keys: try KeySet([issuer.verificationKey])),
                    token: Array(issuer.token().utf8),
                    sign: issuer.sign
                )
            }
        } catch {
            fatalError("no issuers: \(error)")
        }
    }()
}

@_silgen_name("__lsan_disable")
private func ignoreLeaks()

@_silgen_name("__lsan_enable")
private func noticeLeaks()
