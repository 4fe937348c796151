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
    /// How long a reader may come back after a stream ticket has expired, in seconds.
    package static let readingSeconds = 3600
    private static let idBytes = 16

    package let purpose: Purpose
    /// Whose answers it is about; see `Caller.id`.
    package let owner: String
    /// The id of the API key that it rests on; nil where it was a token.
    ///
    /// It ends with that key: a new key of the same name may have been made because the old one
    /// was stolen.
    package let key: String?
    package let scopes: Scopes
    /// How much the token that it rests on lets its user ask for; those of a key are looked up.
    package let limits: CallerLimits?
    /// The second since 1970 from which on it begins nothing.
    package let expires: Int
    /// The second since 1970 from which on it is good for nothing; until then an expired one lets
    /// a reader go on.
    package let readsUntil: Int
    /// Drawn, so that no two tickets are the same text.
    package let id: String

    /// Makes a ticket that begins now.
    ///
    /// - Parameters:
    ///   - purpose: the only thing that it is good for.
    ///   - owner: whose answers it is about.
    ///   - key: the id of the API key that it rests on, if it does.
    ///   - scopes: no more than what the one who asks for it may do.
    ///   - limits: those of the token that it rests on, if it has some.
    ///   - now: the second since 1970.
    ///   - end: the second from which on what it rests on does not count, nor does it.
    /// - Throws: where libcrypto fails.
    package init(
        _ purpose: Purpose,
        owner: String,
        key: String?,
        scopes: Scopes,
        limits: CallerLimits? = nil,
        now: Int,
        end: Int = .max
    ) throws(LibcryptoRefusal) {
        let expires = now + purpose.lifeSeconds
        self.init(
            purpose: purpose,
            owner: owner,
            key: key,
            scopes: scopes,
            limits: limits,
            expires: min(expires, end),
            readsUntil: min(purpose == .stream ? expires + Self.readingSeconds : expires, end),
            id: Base64URL.encode(try SecretBytes.random(Self.idBytes))
        )
    }

    init(
        purpose: Purpose,
        owner: String,
        key: String?,
        scopes: Scopes,
        limits: CallerLimits?,
        expires: Int,
        readsUntil: Int,
        id: String
    ) {
        self.purpose = purpose
        self.owner = owner
        self.key = key
        self.scopes = scopes
        self.limits = limits
        self.expires = expires
        self.readsUntil = readsUntil
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
    ///   - isReadingOn: whether it is only to let a reader go on.
    /// - Throws: why it is good for nothing here.
    package init(
        _ text: String,
        for purpose: Purpose,
        signedBy signer: Signer,
        now: Int,
        isReadingOn: Bool = false
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
        guard now < (isReadingOn ? ticket.readsUntil : ticket.expires) else { throw .expired }
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
        var members: [JSON.Member] = [
            .init(key: "owner", value: .string(owner)),
            .init(key: "key", value: key.map { .string($0) } ?? .null),
            .init(key: "scopes", value: .array(scopes.words.map { .string($0) })),
            .init(key: "expires", value: .number(String(expires))),
            .init(key: "reads_until", value: .number(String(readsUntil))),
            .init(key: "id", value: .string(id)),
        ]
        if let limits {
            let numbers = limits.numbers.map { $0.map { JSON.number(String($0)) } ?? .null }
            members.append(.init(key: "limits", value: .array(numbers)))
        }
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
            let expires = json["expires"]?.intValue,
            let readsUntil = json["reads_until"]?.intValue, let id = json["id"]?.stringValue
        else { return nil }
        self.init(
            purpose: purpose,
            owner: owner,
            key: json["key"]?.stringValue,
            scopes: scopes,
            limits: json["limits"]?.arrayValue.flatMap {
                CallerLimits(numbers: $0.map(\.intValue))
            },
            expires: expires,
            readsUntil: readsUntil,
            id: id
        )
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

    /// Why, in a word for the log.
    var word: String {
        switch self {
        case .malformed: "malformed"
        case .badSignature: "bad_signature"
        case .wrongPurpose: "wrong_purpose"
        case .expired: "expired"
        }
    }
}
