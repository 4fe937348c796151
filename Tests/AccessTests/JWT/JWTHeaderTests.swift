import Testing

@testable import Access

/// What a header may say; each token here is signed by the right key.
@Suite struct JWTHeaderTests {
    private func refusal(_ header: String) throws -> JWTError? {
        let issuer = try TestIssuer(.rsa, .rs256)
        return try issuer.refusal(of: issuer.token(header: header))
    }

    private func refusal(with members: String) throws -> JWTError? {
        try refusal(#"{"alg":"RS256",\#(members)}"#)
    }

    @Test(arguments: [
        "none", "None", "NONE", "nOnE", "", " RS256", "rs256", "RS256 ", "RS255", "ES512", "ES256K",
        "HS1", "RSA-OAEP", "dir", "RS256\\u0000", "null", "EdDSA ",
    ])
    func `an algorithm that is not on the list is refused by its name`(name: String) throws {
        #expect(try refusal(#"{"alg":"\#(name)"}"#) == .unsupportedAlgorithm)
    }

    @Test(arguments: [
        "{}", #"{"alg":null}"#, #"{"alg":1}"#, #"{"alg":["RS256"]}"#, #"{"alg":{"a":"RS256"}}"#,
        #"{"Alg":"RS256"}"#, "[]", "null", #""RS256""#, "", "x", #"{"alg":"RS256""#,
        #"{"alg":"RS256"}}"#, #"{"alg":"RS256",}"#, #"{'alg':'RS256'}"#,
        "\u{FEFF}{\"alg\":\"RS256\"}", #"{"alg":"RS256","x":[[[[[[1]]]]]]}"#,
        #"{"alg":"RS256","alg":"RS256"}"#, #"{"alg":"none","alg":"RS256"}"#,
        #"{"alg":"RS256","\u0061lg":"none"}"#, #"{"alg":"RS256","kid":"a","kid":"a"}"#,
    ])
    func `a header that is not one object, each name once, is refused`(header: String) throws {
        #expect(try refusal(header) == .malformed)
    }

    @Test(arguments: [
        (#""typ":"JWT""#, nil), (#""typ":"jwt""#, nil), (#""typ":"at+jwt""#, nil),
        (#""typ":"AT+JWT""#, nil), (#""typ":"application/at+jwt""#, nil),
        (#""typ":"logout+jwt""#, JWTError.wrongType), (#""typ":"dpop+jwt""#, .wrongType),
        (#""typ":"JOSE""#, .wrongType), (#""typ":"""#, .wrongType), (#""typ":null"#, .wrongType),
        (#""typ":1"#, .wrongType), (#""typ":["JWT"]"#, .wrongType), (#""typ":"JWT ""#, .wrongType),
    ])
    func `a token of another type is refused`(members: String, error: JWTError?) throws {
        #expect(try refusal(with: members) == error)
    }

    @Test(arguments: [
        #""crit":[]"#, #""crit":["exp"],"exp":1"#, #""crit":["b64"],"b64":false"#, #""crit":null"#,
        #""crit":"x""#, #""b64":false"#, #""b64":true"#, #""zip":"DEF""#, #""zip":null"#,
    ])
    func `what has to be understood and is not refuses a token`(members: String) throws {
        #expect(try refusal(with: members) == .unsupportedHeader)
    }

    @Test(arguments: [
        #""jwk":{}"#, #""jwk":null"#, #""x5c":["AAAA"]"#, #""x5u":"https://evil.example""#,
    ])
    func `a key that comes with the token refuses it`(members: String) throws {
        #expect(try refusal(with: members) == .embeddedKey)
    }

    @Test(arguments: [
        #""jku":"https://evil.example/keys""#, #""x5t":"AAAA""#, #""x5t#S256":"AAAA""#,
        #""nonce":"x""#, #""cty":"json""#, #""x":{"y":[1,null]}"#,
    ])
    func `what is not needed is not read`(members: String) throws {
        #expect(try refusal(with: members) == nil)
    }

    @Test func `white space inside of the header is the issuer's affair`() throws {
        #expect(try refusal("\n{ \"alg\" :\t\"RS256\"\r\n}\n") == nil)
    }
}
