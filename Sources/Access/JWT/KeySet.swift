import Wire

/// The keys of an issuer.
package struct KeySet: Sendable {
    /// Where a set comes from.
    package enum Source: Sendable {
        /// A file of the operator's.
        case file
        /// An address from which everybody can fetch it.
        case address
    }

    /// A key of RSA takes about 500 bytes, and two thousand with its certificate.
    package static let maxBytes = 64 * 1024
    /// The most keys that a set may have; each costs a check when it is read.
    package static let maxKeys = 64
    /// How many keys are tried for a token that names none; each try costs as much as an answer to
    /// a token that is right.
    static let maxTried = 4

    private static let limits = JSONLimits(maxDepth: 8, maxValues: 4096, allowsLongMarkRuns: false)

    private let keys: [VerificationKey]
    /// Why keys of the set are left out: types that are not read here, other uses, damage.
    package let skipped: [JWTKeyError]

    /// Makes a set of keys that were configured one by one.
    package init(_ keys: [VerificationKey]) throws(KeySetError) {
        try self.init(keys, skipped: [])
    }

    private init(_ keys: [VerificationKey], skipped: [JWTKeyError]) throws(KeySetError) {
        guard !keys.isEmpty else { throw .noKey(skipped.first) }
        guard keys.count <= Self.maxKeys else { throw .tooManyKeys(count: keys.count) }
        let ids = keys.compactMap { $0.id.map { Array($0.utf8) } }
        guard Set(ids).count == ids.count else { throw .duplicateID }
        self.keys = keys
        self.skipped = skipped
    }

    /// Reads a JWK Set (RFC 7517 §5).
    ///
    /// Keys that cannot be used are left out, as the RFC asks for. What shows that the set was made
    /// or published by mistake refuses it whole.
    package init(jwks text: Span<UInt8>, from source: Source) throws(KeySetError) {
        let elements = try Self.elements(text)
        var keys: [VerificationKey] = []
        var skipped: [JWTKeyError] = []
        var damaged: [String] = []
        for element in elements {
            // Also of a key for another use: what is published with it cannot be trusted.
            guard !VerificationKey.hasPrivateHalf(element) else { throw .privateKey }
            do throws(JWTKeyError) {
                keys.append(try VerificationKey(jwk: element))
            } catch {
                skipped.append(error)
                if error == .invalid, let id = element["kid"]?.stringValue { damaged.append(id) }
            }
        }
        // One of two keys with the same id is not the one that is meant, sound or not.
        guard !keys.contains(where: { key in damaged.contains { key.isNamed($0) } }) else {
            throw .duplicateID
        }
        let secrets = keys.count { $0.isSecret }
        guard secrets == 0 || secrets == keys.count else { throw .mixedKinds }
        guard secrets == 0 || source == .file else { throw .publishedSecret }
        try self.init(keys, skipped: skipped)
    }

    /// The objects of a JWK Set.
    private static func elements(_ text: Span<UInt8>) throws(KeySetError) -> [JSON] {
        guard text.count <= maxBytes else { throw .tooLong(bytes: text.count) }
        let json: JSON
        do throws(JSONError) {
            json = try JSON.parse(text, limits: limits)
        } catch {
            throw .notJSON(at: error.offset)
        }
        guard let elements = json["keys"]?.arrayValue,
            elements.allSatisfy({ $0.members != nil })
        else { throw .notKeySet }
        guard elements.count <= maxKeys else { throw .tooManyKeys(count: elements.count) }
        return elements
    }

    /// How many keys it has.
    package var count: Int { keys.count }

    /// Checks whose signature a token has; its claims remain to be checked.
    func checkSignature(of token: SignedToken) throws(JWTError) {
        let (header, signature, signed) = (token.header, token.signature, token.signed)
        for key in try candidates(for: header)
        where key.verifies(signature, of: signed.span, by: header.algorithm) {
            return
        }
        throw .badSignature
    }

    /// The keys that a token may be signed with.
    private func candidates(for header: JWTHeader) throws(JWTError) -> [VerificationKey] {
        var fitting = keys.filter { $0.algorithms.contains(header.algorithm) }
        if let id = header.keyID {
            if let named = keys.first(where: { $0.isNamed(id) }) {
                guard named.algorithms.contains(header.algorithm) else { throw .wrongAlgorithm }
                return [named]
            }
            // A key that was configured without an id may be the one that is meant.
            fitting.removeAll { $0.id != nil }
            guard !fitting.isEmpty else { throw .unknownKey }
        }
        guard !fitting.isEmpty else { throw .wrongAlgorithm }
        guard fitting.count <= Self.maxTried else { throw .ambiguousKey }
        return fitting
    }
}
