import Testing
import Wire

@testable import Access

/// What a request's head presents.
@Suite struct CredentialTests {
    private func fields(_ lines: [(String, String)]) -> HeaderFields {
        var fields: HeaderFields = ["Host": "a", "Accept": "*/*"]
        for (name, value) in lines { fields.append(name, value) }
        return fields
    }

    @Test(
        arguments: [
            ([], Credential.none), ([("Authorization", "Bearer relay_a")], .apiKey("relay_a")),
            ([("authorization", "bEARER relay_a")], .apiKey("relay_a")),
            ([("X-API-Key", "relay_a")], .apiKey("relay_a")),
            ([("api-key", "relay_a")], .apiKey("relay_a")),
            ([("Authorization", "Bearer a.b.c")], .token("a.b.c")),
            ([("x-api-key", "a.b.c")], .token("a.b.c")),
            ([("Authorization", "Bearer a.b")], .other),
            ([("Authorization", "Bearer a.b.c.d")], .other),
            ([("Authorization", "Bearer sk-x")], .other),
            ([("Authorization", "Bearer relay_a"), ("x-api-key", "relay_a")], .apiKey("relay_a")),
            ([("Authorization", "Bearer relay_a.b.c")], .apiKey("relay_a.b.c")),
            ([("Proxy-Authorization", "Basic eA==")], .none),
        ] as [([(String, String)], Credential)]
    )
    func `one credential is found in the fields that clients use`(
        lines: [(String, String)],
        credential: Credential
    ) throws {
        #expect(try Credential(of: fields(lines)) == credential)
    }

    @Test(
        arguments: [
            (
                [("Authorization", "Bearer a"), ("Authorization", "Bearer a")],
                CredentialError.ambiguous
            ),
            ([("Authorization", "Bearer a"), ("Authorization", "Bearer b")], .ambiguous),
            ([("x-api-key", "a"), ("X-Api-Key", "a")], .ambiguous),
            ([("Authorization", "Bearer a"), ("x-api-key", "b")], .ambiguous),
            ([("api-key", "a"), ("x-api-key", "b")], .ambiguous),
            ([("Authorization", "Basic eDp5")], .unsupportedScheme),
            ([("Authorization", "Basic eDp5"), ("x-api-key", "relay_a")], .unsupportedScheme),
            ([("Authorization", "relay_a")], .unsupportedScheme),
            ([("Authorization", "")], .unsupportedScheme),
            ([("Authorization", "Bearer\trelay_a")], .unsupportedScheme),
            ([("Authorization", "Bearer")], .malformed),
            ([("Authorization", "Bearer ")], .malformed),
            ([("Authorization", "Bearer  a")], .malformed),
            ([("Authorization", "Bearer a b")], .malformed),
            ([("Authorization", "Bearer a,Bearer b")], .malformed),
            ([("Authorization", "Bearer a\tb")], .malformed),
            ([("Authorization", "Bearer é")], .malformed), ([("x-api-key", "")], .malformed),
            ([("x-api-key", "a b")], .malformed),
            ([("x-api-key", String(repeating: "a", count: 8193))], .tooLong),
            ([("Authorization", "Bearer " + String(repeating: "a", count: 8186))], .tooLong),
        ] as [([(String, String)], CredentialError)]
    )
    func `a head that leaves a doubt is refused`(
        lines: [(String, String)],
        fault: CredentialError
    ) {
        #expect(throws: fault) { try Credential(of: fields(lines)) }
    }

    @Test func `a log that prints one does not have its text`() throws {
        #expect("\(try Credential(of: ["x-api-key": "relay_secret"]))" == "a key")
        #expect("\(try Credential(of: ["x-api-key": "a.b.secret"]))" == "a token")
    }
}
