import Wire

/// A token taken apart, in the compact form alone (RFC 7515 §7.1); nothing of it is believed yet.
struct SignedToken: Sendable {
    /// Servers accept header lines of about this length.
    static let maxBytes = 8 * 1024

    let header: JWTHeader
    /// The bytes that the signature is for: the first two parts, as they came.
    let signed: [UInt8]
    let payload: [UInt8]
    let signature: [UInt8]

    /// Takes a token apart.
    init(_ token: Span<UInt8>) throws(JWTError) {
        guard token.count <= Self.maxBytes else { throw .tooLong }
        let dots = token.indices.filter { token[$0] == UInt8(ascii: ".") }
        guard dots.count == 2 else { throw .malformed }
        guard let header = Base64URL.decode(token.extracting(..<dots[0])),
            let payload = Base64URL.decode(token.extracting((dots[0] + 1)..<dots[1])),
            let signature = Base64URL.decode(token.extracting((dots[1] + 1)...)),
            !header.isEmpty, !signature.isEmpty
        else { throw .malformed }
        self.header = try JWTHeader(header.span)
        self.payload = payload
        self.signature = signature
        var signed: [UInt8] = []
        signed.append(span: token.extracting(..<dots[1]))
        self.signed = signed
    }
}
