import Access
import Upstream

/// Which tokens count (RFC 7519): whose keys they are signed with, and what they have to say.
struct TokenSettings: Sendable {
    let means: TokenMeans
    /// The bytes of the key, or its address, by which a reload sees that it is another.
    let keyText: String

    /// Where the keys come from.
    private enum Source {
        case secret(String)
        case file(String)
        case address(String)
    }

    /// Reads the variables; nil where no key is set.
    init?(_ environment: Environment) throws(ConfigurationError) {
        let rules = JWTRules(
            issuer: try Self.issuer.value(in: environment),
            audiences: try Self.audiences.value(in: environment),
            requiredScopes: try Self.scopes.value(in: environment)
        )
        guard let source = try Self.source(environment) else {
            let others = [Self.issuer.variable, Self.audiences.variable, Self.scopes.variable]
            guard others.allSatisfy({ $0.value(setIn: environment) == nil }) else {
                throw ConfigurationError(
                    Self.secret.variable,
                    "is not set, nor is \(Self.keyFile.name) or \(Self.keySetURL.name), though"
                        + " other variables say which tokens count"
                )
            }
            return nil
        }
        switch source {
        case .address(let url):
            keyText = url
            means = .fetched(FetchedKeys(url: url), rules)
        case .secret(let text):
            keyText = text
            means = .held(JWTVerifier(keys: try Self.keys(secret: text), rules))
        case .file(let text):
            keyText = text
            means = .held(JWTVerifier(keys: try Self.keys(file: text), rules))
        }
    }

    private static func source(_ environment: Environment) throws(ConfigurationError) -> Source? {
        var found: [(variable: Variable, source: Source)] = []
        if let text = try secret.value(in: environment) {
            found.append((secret.variable, .secret(text)))
        }
        if let text = try keyFile.value(in: environment) {
            found.append((keyFile.variable, .file(text)))
        }
        if let url = try keySetURL.value(in: environment) {
            found.append((keySetURL.variable, .address(url)))
        }
        guard found.count <= 1 else {
            throw ConfigurationError(
                found[0].variable,
                "is set beside \(found[1].variable.name); tokens are signed with one or the other"
            )
        }
        return found.first?.source
    }

    private static func keys(secret: String) throws(ConfigurationError) -> KeySet {
        let key = try naming(Self.secret.variable) { () throws(JWTKeyError) in
            try VerificationKey(secret: Array(secret.utf8))
        }
        return try naming(Self.secret.variable) { () throws(KeySetError) in try KeySet([key]) }
    }

    private static func keys(file: String) throws(ConfigurationError) -> KeySet {
        let bytes = Array(file.utf8)
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

    static let keySetURL = Setting<String?>(
        Variable(
            "RELAY_JWT_JWKS_URL",
            example: "https://login.example.com/.well-known/jwks.json",
            content: .address,
            summary: "the address of the JWK set that the tokens are signed with",
            words: """
                The address at which the issuer publishes its JSON Web Key Set: `https`, or `http` \
                on this machine. It is fetched at the start, every 15 minutes, and when a token \
                names a key that is not in it. It is not read beside the other two.
                """
        )
    ) { variable, environment throws(ConfigurationError) in
        guard let value = variable.value(setIn: environment) else { return nil }
        do throws(BaseURL.Problem) {
            return try keySetAddress(value)
        } catch {
            throw ConfigurationError(variable, "expected the URL of a key set; \(error.text)")
        }
    }

    /// Reads an address; its own final slash stays.
    private static func keySetAddress(_ value: String) throws(BaseURL.Problem) -> String {
        _ = try BaseURL(value, allowsQuery: true)
        let url = value.filter { !$0.isWhitespace }
        let rest = url.drop { $0 != ":" }.dropFirst("://".count)
        guard !rest.prefix(while: { !"/?".contains($0) }).contains("@") else {
            throw BaseURL.Problem("the value holds a user or a password, which no key set needs")
        }
        guard url.lowercased().hasPrefix("https:") || ProxyVariables.isLoopback(url) else {
            throw BaseURL.Problem(
                "over http anybody on the way could bring keys of their own; another machine's"
                    + " begins with https://"
            )
        }
        return url
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
