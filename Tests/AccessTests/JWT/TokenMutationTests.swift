import TestSupport
import Testing

@testable import Access

@Suite struct TokenMutationTests {
    private static let letters = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
    )

    /// Changes, drops, doubles or swaps in a few bytes.
    private static func mutate(_ token: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var token = token
        for _ in 0..<Int.random(in: 1...3, using: &random) where token.count > 1 {
            let place = Int.random(in: token.indices, using: &random)
            let letter = letters[Int.random(in: letters.indices, using: &random)]
            switch UInt8.random(in: 0..<6, using: &random) {
            case 0: token[place] = UInt8.random(in: 0...255, using: &random)
            case 1: token.remove(at: place)
            case 2: token.insert(Array("=. \n+/A".utf8)[place % 7], at: place)
            case 3: token.swapAt(place, Int.random(in: token.indices, using: &random))
            case 4: token[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default: token[place] = letter
            }
        }
        return token
    }

    @Test(.timeLimit(.minutes(1)), arguments: [UInt64(1), 2, 3])
    func `no changed byte is ever taken, and the verdict is the same twice`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for issuer in try TestIssuer.all {
            let verifier = JWTVerifier(keys: try KeySet([issuer.verificationKey]))
            let token = Array(issuer.token().utf8)
            for _ in 0..<150 {
                let changed = Self.mutate(token, &random)
                var verdicts: [JWTError?] = []
                for _ in 0..<2 {
                    do throws(JWTError) {
                        _ = try verifier.verify(changed.span, atUnixSecond: TestIssuer.now)
                        verdicts.append(nil)
                    } catch {
                        verdicts.append(error)
                    }
                }
                #expect(verdicts[0] == verdicts[1], "seed \(seed)")
                #expect((verdicts[0] == nil) == (changed == token), "seed \(seed)")
            }
        }
    }

    @Test func `each byte of a token counts`() throws {
        for issuer in try TestIssuer.all {
            let verifier = JWTVerifier(keys: try KeySet([issuer.verificationKey]))
            let token = Array(issuer.token().utf8)
            for place in token.indices {
                var changed = token
                changed[place] =
                    token[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                #expect(throws: JWTError.self) {
                    try verifier.verify(changed.span, atUnixSecond: TestIssuer.now)
                }
            }
        }
    }
}
