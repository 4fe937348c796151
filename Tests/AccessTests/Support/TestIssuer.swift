import Wire

@testable import Access

/// Makes tokens, good ones and others.
struct TestIssuer: Sendable {
    /// The time of the tests.
    static let now = 1_800_000_000
    static let claims = #"{"sub":"alice","exp":1800000600}"#

    let algorithm: JWTAlgorithm
    let verificationKey: VerificationKey
    let sign: @Sendable ([UInt8]) -> [UInt8]

    init(_ key: TestKey, _ algorithm: JWTAlgorithm, id: String? = nil) throws {
        self.algorithm = algorithm
        verificationKey = try VerificationKey(pem: Array(key.pem.utf8), id: id)
        sign = { key.sign($0, algorithm) }
    }

    init(secret: [UInt8] = TestSecret.bytes, _ algorithm: JWTAlgorithm, id: String? = nil) throws {
        self.algorithm = algorithm
        verificationKey = try VerificationKey(secret: secret, id: id)
        sign = { TestSecret.code(of: $0, secret, algorithm) }
    }

    /// One for each algorithm.
    static var all: [TestIssuer] {
        get throws {
            try JWTAlgorithm.allCases.map { algorithm in
                switch algorithm.scheme {
                case .hmac: try TestIssuer(algorithm)
                case .pkcs1, .pss: try TestIssuer(.rsa, algorithm)
                case .ecdsa(half: 32): try TestIssuer(.p256, algorithm)
                case .ecdsa: try TestIssuer(.p384, algorithm)
                case .edDSA: try TestIssuer(.ed25519, algorithm)
                }
            }
        }
    }

    var header: String { #"{"alg":"\#(algorithm.rawValue)"}"# }

    /// A token; only its signature is certain to be right.
    func token(header: String? = nil, _ claims: String = TestIssuer.claims) -> String {
        Self.token(header: header ?? self.header, claims, sign)
    }

    /// A token whose signature is somebody's.
    static func token(
        header: String,
        _ claims: String = TestIssuer.claims,
        _ sign: ([UInt8]) -> [UInt8]
    ) -> String {
        let signed = base64(header) + "." + base64(claims)
        let signature = sign(Array(signed.utf8))
        return signed + "." + Base64URL.encode(signature.span)
    }

    static func base64(_ text: String) -> String { Base64URL.encode(text.utf8.span) }

    /// What refuses a token; nil if nothing does.
    func refusal(
        of token: some StringProtocol,
        issuer: String? = nil,
        audiences: [String] = [],
        scopes: [String] = [],
        at now: Int = TestIssuer.now
    ) throws -> JWTError? {
        let verifier = JWTVerifier(
            keys: try KeySet([verificationKey]),
            JWTRules(issuer: issuer, audiences: audiences, requiredScopes: scopes)
        )
        return verifier.refusal(of: String(token), at: now)
    }
}

extension JWTVerifier {
    /// What refuses a token; nil if nothing does.
    func refusal(of token: String, at now: Int = TestIssuer.now) -> JWTError? {
        do throws(JWTError) {
            _ = try verify(token, atUnixSecond: now)
            return nil
        } catch {
            return error
        }
    }
}
