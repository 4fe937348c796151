package import Wire

/// What the issuer says about the one who asks (RFC 7519 §4, RFC 9068 §2.2).
package struct JWTClaims: Sendable, Equatable {
    /// The longest `sub`; ids of users are much shorter.
    static let maxSubjectBytes = 256
    /// The last second of the year 9999; more is no time that somebody has meant.
    static let maxSecond = 253_402_300_799

    /// Who asks: one line without control characters, not empty, of at most 256 bytes.
    package let subject: String
    /// Who says so.
    package let issuer: String?
    /// For whom the token is meant; nil if it does not say so.
    package let audiences: [String]?
    /// From when on it does not count, in seconds since 1970.
    package let expiry: Int
    /// Before when it does not count yet.
    package let notBefore: Int?
    /// When it was made.
    package let issuedAt: Int?
    /// What it allows.
    package let scopes: [String]
    /// How much it lets the user ask for: `relay_limits`, which only this relay reads.
    package let limits: CallerLimits?
    /// Everything that it says; each name is there once.
    package let members: [JSON.Member]

    private static let limits = JSONLimits(maxDepth: 16, maxValues: 2048, allowsLongMarkRuns: false)

    /// Reads a payload, whose signature has been checked.
    ///
    /// A claim that is there has to be of its type; it is never taken for one that is not there.
    init(_ payload: Span<UInt8>) throws(JWTError) {
        guard let json = try? JSON.parse(payload, limits: Self.limits), let members = json.members
        else { throw .malformed }
        guard let subject = json["sub"]?.stringValue, Self.isLine(subject) else {
            throw .badClaims
        }
        guard let expiry = try Self.second(json["exp"]) else { throw .badClaims }
        self.members = members
        self.subject = subject
        self.expiry = expiry
        notBefore = try Self.second(json["nbf"])
        issuedAt = try Self.second(json["iat"])
        issuer = try Self.text(json["iss"])
        audiences = try Self.texts(json["aud"])
        var scopes: [String] = []
        for name in Self.scopeNames { scopes += try Self.scopes(json[name]) }
        self.scopes = scopes
        limits = try Self.limits(json["relay_limits"])
    }

    /// A limit that cannot be read is never taken for none.
    private static func limits(_ value: JSON?) throws(JWTError) -> CallerLimits? {
        guard let value else { return nil }
        do throws(APIKeyReader.Fault) {
            return try CallerLimitsReader(object: value).limits()
        } catch {
            throw .badClaims
        }
    }

    /// What issuers call what a token allows: RFC 8693 §4.2, Microsoft and Okta, some libraries,
    /// Auth0.
    private static let scopeNames = ["scope", "scp", "scopes", "permissions"]

    /// Words with blanks between, or an array of them.
    ///
    /// What has another shape is refused: a scope that cannot be read may be less than what callers
    /// have without any.
    private static func scopes(_ value: JSON?) throws(JWTError) -> [String] {
        switch value {
        case nil, .null?: return []
        case .string(let text)?:
            guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { throw .badClaims }
            return text.split(separator: " ").map(String.init)
        case let value?: return try texts(value) ?? []
        }
    }

    /// Whether a subject can stand in a line of a log, and does not change how the line looks.
    private static func isLine(_ text: String) -> Bool {
        guard (1...maxSubjectBytes).contains(text.utf8.count) else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }

    /// A time as whole seconds: no text, no fraction, no exponent (RFC 7519 §2 allows fractions,
    /// which no issuer sends).
    private static func second(_ value: JSON?) throws(JWTError) -> Int? {
        guard let value else { return nil }
        guard let second = value.intValue, (0...maxSecond).contains(second) else {
            throw .badClaims
        }
        return second
    }

    private static func text(_ value: JSON?) throws(JWTError) -> String? {
        guard let value else { return nil }
        guard let text = value.stringValue else { throw .badClaims }
        return text
    }

    /// A text or an array of them (RFC 7519 §4.1.3).
    private static func texts(_ value: JSON?) throws(JWTError) -> [String]? {
        switch value {
        case nil: return nil
        case .string(let text): return [text]
        case .array(let elements):
            let texts = elements.compactMap(\.stringValue)
            guard texts.count == elements.count else { throw .badClaims }
            return texts
        default: throw .badClaims
        }
    }
}
