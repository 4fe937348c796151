import Wire

/// A right that the relay has given somebody for a while, as a text that only the relay can make.
///
/// A browser's `EventSource` sends no `Authorization`, so a page trades its credential for a ticket
/// that can stand in a URL, or for a cookie. Nothing is kept about a ticket, so it can be shown
/// more than once: what bounds a stolen one is its short life and its one purpose.
package struct SignedTicket: Sendable, Equatable {
    /// What a ticket is for; it is good for nothing else.
    package enum Purpose: String, Sendable, CaseIterable {
        /// To open a stream: it stands in a query string, and so in the logs of proxies.
        case stream
        /// To be known again: it is the value of a cookie.
        case session

        /// How long such a ticket is good for by default, in seconds.
        package var lifeSeconds: Int {
            switch self {
            case .stream: 60
            case .session: 12 * 3600
            }
        }

        /// What the signer keeps apart, version included.
        fileprivate var use: String { "\(SignedTicket.version) \(rawValue) ticket of sse-relay" }
    }

    fileprivate static let version = "v1"
    /// How long a ticket's text may be.
    package static let maxBytes = 4096
    private static let idBytes = 16

    package let purpose: Purpose
    /// Whose answers it is about; see `Caller.id`.
    package let owner: String
    package let scopes: Scopes
    /// The second since 1970 from which on it is good for nothing.
    package let expires: Int
    /// Tells tickets apart in logs; drawn, so that no two are the same text.
    package let id: String

    /// Makes a ticket that begins now.
    ///
    /// - Parameters:
    ///   - purpose: the only thing that it is good for.
    ///   - owner: whose answers it is about.
    ///   - scopes: no more than what the one who asks for it may do.
    ///   - now: the second since 1970.
    ///   - life: in seconds; the purpose's own where nil.
    /// - Throws: where libcrypto fails.
    package init(
        _ purpose: Purpose,
        owner: String,
        scopes: Scopes,
        now: Int,
        life: Int? = nil
    ) throws(LibcryptoRefusal) {
        self.init(
            purpose: purpose,
            owner: owner,
            scopes: scopes,
            expires: now + (life ?? purpose.lifeSeconds),
            id: Base64URL.encode(try SecretBytes.random(Self.idBytes))
        )
    }

    init(purpose: Purpose, owner: String, scopes: Scopes, expires: Int, id: String) {
        self.purpose = purpose
        self.owner = owner
        self.scopes = scopes
        self.expires = expires
        self.id = id
    }

    /// The text that is given away: `v1.<payload>.<signature>`.
    ///
    /// - Returns: letters that a URL and a cookie take as they are.
    /// - Throws: where libcrypto fails.
    package func text(signedBy signer: Signer) throws(LibcryptoRefusal) -> String {
        let payload = self.payload
        let mac = try signer.sign(purpose.use, payload)
        return "\(Self.version).\(Base64URL.encode(payload)).\(Base64URL.encode(mac))"
    }

    /// Reads a text that somebody presents.
    ///
    /// Nothing of it is interpreted before its signature is found to be right.
    ///
    /// - Parameters:
    ///   - text: the ticket's.
    ///   - purpose: what it is presented for.
    ///   - signer: with the secret that it was signed with.
    ///   - now: the second since 1970.
    /// - Throws: why it is good for nothing here.
    package init(
        _ text: String,
        for purpose: Purpose,
        signedBy signer: Signer,
        now: Int
    ) throws(TicketFault) {
        guard text.utf8.count <= Self.maxBytes else { throw .malformed }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, equals(String(parts[0]), Self.version),
            let payload = Base64URL.decode(String(parts[1])),
            let mac = Base64URL.decode(String(parts[2])),
            mac.count == Signer.macBytes
        else { throw .malformed }
        let found = try Self.purpose(of: payload, mac, signer)
        guard found == purpose else { throw .wrongPurpose }
        guard let ticket = SignedTicket(payload: payload, purpose) else { throw .malformed }
        guard now < ticket.expires else { throw .expired }
        self = ticket
    }

    /// The purpose for which the relay has signed a payload.
    private static func purpose(
        of payload: [UInt8],
        _ mac: [UInt8],
        _ signer: Signer
    ) throws(TicketFault) -> Purpose {
        for purpose in Purpose.allCases {
            guard let own = try? signer.sign(purpose.use, payload) else { throw .badSignature }
            if SecretBytes.areEqual(own, mac) { return purpose }
        }
        throw .badSignature
    }
}

extension SignedTicket {
    /// What is signed; the purpose is in the signature alone.
    private var payload: [UInt8] {
        let members: [JSON.Member] = [
            .init(key: "owner", value: .string(owner)),
            .init(key: "scopes", value: .array(scopes.words.map { .string($0) })),
            .init(key: "expires", value: .number(String(expires))),
            .init(key: "id", value: .string(id)),
        ]
        var bytes: [UInt8] = []
        JSON.object(members).write(into: &bytes)
        return bytes
    }

    /// Reads a payload that is signed; nil for what this version would not have written.
    private init?(payload: [UInt8], _ purpose: Purpose) {
        guard let json = try? JSON.parse(payload.span),
            let owner = json["owner"]?.stringValue, !owner.isEmpty,
            let words = json["scopes"]?.arrayValue,
            let scopes = try? Scopes(words: words.map { $0.stringValue ?? "" }),
            let expires = json["expires"]?.intValue, let id = json["id"]?.stringValue
        else { return nil }
        self.init(purpose: purpose, owner: owner, scopes: scopes, expires: expires, id: id)
        // Whatever else it says, this version does not understand.
        guard self.payload == payload else { return nil }
    }
}

/// Why a ticket is good for nothing here.
package enum TicketFault: Error, Sendable, Equatable {
    /// It is not a ticket's text, or one of another version.
    case malformed
    /// The relay has not signed it, or with another secret.
    case badSignature
    /// It was given for something else.
    case wrongPurpose
    /// Its time is over.
    case expired
}
