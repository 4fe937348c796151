import Wire

@testable import Access

/// What refuses a key; nil if nothing does.
func refusal(ofKey make: () throws(JWTKeyError) -> VerificationKey) -> JWTKeyError? {
    do throws(JWTKeyError) {
        _ = try make()
        return nil
    } catch {
        return error
    }
}

/// A key of the members of a JWK.
func key(jwk members: String) throws -> VerificationKey {
    try VerificationKey(jwk: JSON.parse("{\(members)}".utf8.span))
}
