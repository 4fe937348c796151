import Testing
import Wire

@testable import Access

/// What a payload may say; each token here has the right signature.
@Suite struct JWTClaimsTests {
    private static let now = TestIssuer.now

    private func refusal(
        _ claims: String,
        issuer: String? = nil,
        audiences: [String] = [],
        scopes: [String] = []
    ) throws -> JWTError? {
        let maker = try TestIssuer(.hs256)
        return try maker.refusal(
            of: maker.token(claims),
            issuer: issuer,
            audiences: audiences,
            scopes: scopes
        )
    }

    private func refusal(
        with members: String,
        issuer: String? = nil,
        audiences: [String] = [],
        scopes: [String] = []
    ) throws -> JWTError? {
        try refusal(
            #"{"sub":"alice","exp":1800000600,\#(members)}"#,
            issuer: issuer,
            audiences: audiences,
            scopes: scopes
        )
    }

    private func claims(_ text: String) throws -> JWTClaims { try JWTClaims(text.utf8.span) }

    @Test func `claims are read, and everything else is kept`() throws {
        let issuer = try TestIssuer(.hs256)
        let text =
            #"{"iss":"https://i","sub":"ålice","aud":["a","b"],"exp":1800000600,"nbf":1,"iat":2,"#
            + #""scope":"chat models","scp":["x"],"permissions":["y"],"tenant":{"n":[1]}}"#
        let keys = try KeySet([issuer.verificationKey])
        let verifier = JWTVerifier(keys: keys, JWTRules(audiences: ["b"]))
        let claims = try verifier.verify(issuer.token(text), atUnixSecond: Self.now)
        #expect(claims.subject == "ålice")
        #expect(claims.issuer == "https://i")
        #expect(claims.audiences == ["a", "b"])
        #expect((claims.expiry, claims.notBefore, claims.issuedAt) == (1_800_000_600, 1, 2))
        #expect(claims.scopes == ["chat", "models", "x", "y"])
        #expect(claims.members.count == 10)
        #expect(claims.members.last?.key == "tenant")
        #expect(claims.limits == nil)
    }

    @Test func `a token may carry limits, and none that cannot be read`() throws {
        let limits = #"{"requests_per_minute":5,"money_per_day":0.25}"#
        let text = #"{"sub":"alice","exp":1800000600,"relay_limits":\#(limits)}"#
        var expected = CallerLimits()
        expected.requestsPerMinute = 5
        expected.nanodollarsPerDay = 250_000_000
        #expect(try claims(text).limits == expected)
        for wrong in ["5", "null", "[]", #"{"requests":5}"#, #"{"generations":0}"#] {
            #expect(try refusal(with: #""relay_limits":\#(wrong)"#) == .badClaims)
        }
    }

    @Test(arguments: [
        "", "x", "[]", "null", "1", #""x""#, "{", #"{"sub":"alice","exp":1800000600}x"#,
        #"{"sub":"alice","exp":1800000600,"exp":1900000600}"#,
        #"{"sub":"alice","sub":"root","exp":1800000600}"#,
        #"{"sub":"alice","\u0073ub":"root","exp":1800000600}"#,
        #"{"sub":"alice","exp":1800000600,"x":{"y":1,"y":2}}"#,
        #"{"sub":"a\ud800","exp":1800000600}"#, "\u{FEFF}{}",
        #"{"sub":"alice","exp":1"# + String(repeating: "0", count: 400) + "}",
    ])
    func `a payload that is not one object, each name once, is refused`(claims: String) throws {
        #expect(try refusal(claims) == .malformed)
    }

    @Test(arguments: [
        #""1800000600""#, "1800000600.0", "1800000600.5", "18e8", "1.8e9", "1e10", "null", "true",
        "[]", "{}", "-1", "-1800000600", "253402300800", "9223372036854775807",
        "18446744073709551616", "1" + String(repeating: "0", count: 299), "1E99", "-0.0",
    ])
    func `a time is whole seconds`(time: String) throws {
        #expect(try refusal(#"{"sub":"alice","exp":\#(time)}"#) == .badClaims)
        #expect(try refusal(with: #""nbf":\#(time)"#) == .badClaims)
        #expect(try refusal(with: #""iat":\#(time)"#) == .badClaims)
    }

    @Test func `a token has an end`() throws {
        #expect(try refusal(#"{"sub":"alice"}"#) == .badClaims)
        #expect(try refusal(#"{"sub":"alice","exp":253402300799}"#) == nil)
    }

    @Test(arguments: [
        (600, 0, 0, nil), (-59, 0, 0, nil), (-60, 0, 0, JWTError.expired), (-61, 0, 0, .expired),
        (600, 60, 0, nil), (600, 61, 0, .notYetValid), (600, 0, 60, nil),
        (600, 0, 61, .issuedLater),
        (-1_800_000_000, 0, 0, .expired), (600, -1_800_000_000, -1_800_000_000, nil),
    ])
    func `clocks may differ by a minute`(exp: Int, nbf: Int, iat: Int, error: JWTError?) throws {
        let claims =
            #"{"sub":"alice","exp":\#(Self.now + exp),"nbf":\#(Self.now + nbf),"#
            + #""iat":\#(Self.now + iat)}"#
        #expect(try refusal(claims) == error)
    }

    @Test func `no leeway is longer than ten minutes, and none is negative`() throws {
        let issuer = try TestIssuer(.hs256)
        let keys = try KeySet([issuer.verificationKey])
        for (leeway, late, error) in [
            (0, -1, nil), (0, 0, JWTError.expired), (-100, 0, .expired), (-100, -1, nil),
            (.max, 599, nil), (.max, 600, .expired),
        ] {
            let verifier = JWTVerifier(keys: keys, JWTRules(leeway: leeway))
            #expect(verifier.refusal(of: issuer.token(), at: Self.now + 600 + late) == error)
        }
    }

    @Test(arguments: [Int.min, Int.max])
    func `no time of a broken clock overflows`(now: Int) throws {
        let issuer = try TestIssuer(.hs256)
        let claims = #"{"sub":"a","exp":253402300799,"nbf":0,"iat":0}"#
        let error = try issuer.refusal(of: issuer.token(claims), at: now)
        #expect(error == (now > 0 ? .expired : .notYetValid))
    }

    @Test(arguments: [
        #""""#, "1", "null", #"["alice"]"#, "{}", #""a\nb""#, #""a\rb""#, #""a\u0000""#,
        #""a\u001b[31m""#, #""a\u007f""#, #""a\u0085b""#, #""a\u2028b""#, #""a\u2029b""#,
        #""a\u202eb""#, #""a\u200bb""#, #""\t""#,
        "\"" + String(repeating: "a", count: 257) + "\"",
        "\"" + String(repeating: "é", count: 129) + "\"",
    ])
    func `a subject is one line of visible text`(subject: String) throws {
        #expect(try refusal(#"{"sub":\#(subject),"exp":1800000600}"#) == .badClaims)
    }

    @Test(arguments: [
        "alice", "auth0|5f7c8ec7c33c6c004bbafe82", "a b", "Ж", "x@clients", "😀",
        String(repeating: "a", count: 256),
    ])
    func `other subjects are taken`(subject: String) throws {
        #expect(try refusal(#"{"sub":"\#(subject)","exp":1800000600}"#) == nil)
        #expect(try refusal(#"{"exp":1800000600}"#) == .badClaims)
    }

    @Test(arguments: [
        (#""iss":"https://i/""#, nil), (#""iss":"https://i""#, JWTError.wrongIssuer),
        (#""iss":"HTTPS://i/""#, .wrongIssuer), (#""iss":"https://i/ ""#, .wrongIssuer),
        (#""iss":"""#, .wrongIssuer), (#""x":1"#, .wrongIssuer),
        (#""iss":["https://i/"]"#, .badClaims),
        (#""iss":null"#, .badClaims),
    ])
    func `the issuer is the one that is expected`(members: String, error: JWTError?) throws {
        #expect(try refusal(with: members, issuer: "https://i/") == error)
    }

    @Test(arguments: [
        (#""aud":"relay""#, nil), (#""aud":["x","relay"]"#, nil), (#""aud":["other-name"]"#, nil),
        (#""aud":"Relay""#, JWTError.wrongAudience), (#""aud":["relay2"]"#, .wrongAudience),
        (#""aud":"x relay""#, .wrongAudience), (#""aud":[]"#, .wrongAudience),
        (#""x":1"#, .wrongAudience), (#""aud":{"relay":1}"#, .badClaims),
        (#""aud":["relay",1]"#, .badClaims), (#""aud":null"#, .badClaims),
        (#""aud":1"#, .badClaims),
    ])
    func `a token is for this server`(members: String, error: JWTError?) throws {
        #expect(try refusal(with: members, audiences: ["relay", "other-name"]) == error)
    }

    @Test func `a server without a name takes no token that is for somebody`() throws {
        #expect(try refusal(with: #""aud":"another server""#) == .wrongAudience)
        #expect(try refusal(with: #""aud":[]"#) == .wrongAudience)
        #expect(try refusal(with: #""x":1"#) == nil)
    }

    @Test(arguments: [
        (#""scope":"chat models""#, nil), (#""scope":" models  chat ""#, nil),
        (#""scp":"chat models""#, nil), (#""scp":["chat","models"]"#, nil),
        (#""scopes":["chat","models","x"]"#, nil), (#""permissions":["models","chat"]"#, nil),
        (#""scope":"chat","permissions":["models"]"#, nil),
        (#""scope":["chat","models"]"#, nil), (#""scope":"chat""#, JWTError.missingScope),
        (#""scope":"chat,models""#, .missingScope), (#""scope":"Chat Models""#, .missingScope),
        (#""scope":"chat\tmodels""#, .badClaims), (#""scp":["chat models"]"#, .missingScope),
        (#""scope":{"chat":1,"models":1}"#, .badClaims),
        (#""scope":5"#, .badClaims),
        (#""scope":null"#, .missingScope),
        (#""permissions":[{"n":"chat"},"models"]"#, .badClaims), (#""x":1"#, .missingScope),
        (#""roles":["chat","models"]"#, .missingScope),
    ])
    func `all scopes that are required are there`(members: String, error: JWTError?) throws {
        #expect(try refusal(with: members, scopes: ["chat", "models"]) == error)
    }
}
