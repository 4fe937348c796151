import Access

/// Which tokens count (RFC 7519): whose keys they are signed with, and what they have to say.
struct TokenSettings: Sendable {
    let verifier: JWTVerifier
    /// The bytes of the key, by which a reload sees that it is another.
    let keyText: String

    /// Reads the variables; nil where no key is set.
    init?(_ environment: Environment) throws(ConfigurationError) {
        let secret = try Self.secret.value(in: environment)
        let file = try Self.keyFile.value(in: environment)
        let issuer = try Self.issuer.value(in: environment)
        let audiences = try Self.audiences.value(in: environment)
        let scopes = try Self.scopes.value(in: environment)
        switch (secret, file) {
        case (nil, nil):
            guard issuer == nil, audiences.isEmpty, scopes.isEmpty else {
                throw ConfigurationError(
                    Self.secret.variable,
                    "is not set, nor is \(Self.keyFile.name), though other variables say which"
                        + " tokens count"
                )
            }
            return nil
        case (_?, _?):
            throw ConfigurationError(
                Self.secret.variable,
                "is set beside \(Self.keyFile.name); tokens are signed with one or the other"
            )
        case (let text?, nil): keyText = text
        case (nil, let text?): keyText = text
        }
        verifier = JWTVerifier(
            keys: try Self.keys(secret: secret, file: file),
            issuer: issuer,
            audiences: audiences,
            requiredScopes: scopes
        )
    }

    private static func keys(
        secret: String?,
        file: String?
    ) throws(ConfigurationError) -> KeySet {
        if let secret {
            let key = try naming(Self.secret.variable) { () throws(JWTKeyError) in
                try VerificationKey(secret: Array(secret.utf8))
            }
            return try naming(Self.secret.variable) { () throws(KeySetError) in
                try KeySet([key])
            }
        }
        let bytes = Array((file ?? "").utf8)
        guard bytes.first(where: { $0 > 0x20 }) != UInt8(ascii: "{") else {
            return try naming(keyFile.variable) { () throws(KeySetError) in
                try KeySet(jwks: bytes.span, from: .file)
            }
        }
        let key = try naming(keyFile.variable) { () throws(JWTKeyError) in
            try VerificationKey(pem: bytes)
        }
        return try naming(keyFile.variable) { () throws(KeySetError) in try KeySet([key]) }
    }

    /// Names the variable that a key's fault comes from; no such fault shows any of the key.
    private static func naming<Value, Fault: Error & CustomStringConvertible>(
        _ variable: Variable,
        _ read: () throws(Fault) -> Value
    ) throws(ConfigurationError) -> Value {
        do throws(Fault) {
            return try read()
        } catch {
            throw ConfigurationError(variable, "\(error)")
        }
    }
}

extension TokenSettings {
    static let secret = Setting.optionalText(
        Variable(
            "RELAY_JWT_SECRET",
            // Too short to be used as it is: everybody knows it.
            example: "$(openssl rand -base64 48)",
            content: .secret,
            summary: "the secret of the tokens (JWT) of your users; then requests need one",
            words: """
                The secret with which your own server signs its users' tokens (JWT, HS256, HS384 or \
                HS512): at least 32 random bytes. With it, a request needs a token or a key of the \
                relay, as `Authorization: Bearer`; `sub` says whose answers it sees.
                """
        )
    )

    /// The content of the file.
    static let keyFile = Setting<String?>(
        Variable(
            "RELAY_JWT_KEY_FILE",
            example: "/etc/sse-relay/issuer.pem",
            summary: "a file with the public key of the tokens, as PEM or as a JWK set",
            words: """
                A file with the public key that the tokens' signatures are checked with: PEM \
                (`PUBLIC KEY` or a certificate), or a JSON Web Key Set. RS256 to RS512, PS256 to \
                PS512, ES256, ES384 and EdDSA; each key serves for the algorithms of its type \
                alone. A reload reads it again.
                """
        )
    ) { variable, environment throws(ConfigurationError) in
        guard let path = variable.value(setIn: environment) else { return nil }
        do throws(ConfigurationError) {
            return try Environment.readFile(path, mustExist: true, isAgain: true) ?? ""
        } catch {
            throw ConfigurationError(variable, "\(path) \(error.problem)")
        }
    }

    static let issuer = Setting.optionalText(
        Variable(
            "RELAY_JWT_ISSUER",
            example: "https://login.example.com/",
            summary: "what the iss of a token has to be",
            words: "What `iss` of a token has to be, byte for byte; unset, it does not matter."
        )
    )

    static let audiences = Setting.list(
        Variable(
            "RELAY_JWT_AUDIENCE",
            example: "https://chat.example.com",
            summary: "what the aud of a token has to name, by commas",
            words: """
                The relay's names for the issuer, by commas: `aud` of a token has to have one of \
                them. While none is set, a token with an audience is refused, since it is meant for \
                another server.
                """
        )
    )

    static let scopes = Setting.list(
        Variable(
            "RELAY_JWT_SCOPES",
            example: "chat:use",
            summary: "scopes that a token has to have, by commas",
            words: """
                Scopes that a token has to have, by commas; 403 without. Of a token's scopes, those \
                that begin with `relay:` (`relay:chat`, `relay:read`, `relay:delete`, \
                `relay:metrics`, `relay:admin`) say what its user may do here; without any of them, \
                that is chat, read and delete.
                """
        )
    )
}
