import ChatFormats
import HTTPServer
import Storage
import Wire

/// A client's own name for one question, under which it may ask again without a second answer.
///
/// `Idempotency-Key`, `id` in a body and `stream` or `id` in a query are one name space: a page
/// that posted under a key may read with an `EventSource` under the same.
struct RequestKey: Sendable, Equatable {
    static let maxBytes = 255

    /// What two requests must have in common to be of one key: everybody's keys are their own.
    struct Name: Sendable, Hashable {
        /// One text, since a start takes tens of thousands: there is no space in a key.
        private let text: String

        init(owner: String?, text: String) {
            self.text = owner.map { "\(text) \($0)" } ?? text
        }
    }

    /// Who asked; nil where nobody is told apart.
    let owner: String?
    /// What the client wrote.
    let text: String
    /// Of what was asked under it, the same in every process.
    let fingerprint: RequestFingerprint

    var name: Name { Name(owner: owner, text: text) }

    /// A key that was read before.
    init(owner: String? = nil, text: String, fingerprint: RequestFingerprint) {
        self.owner = owner
        self.text = text
        self.fingerprint = fingerprint
    }

    /// As the file of keys has it.
    init(_ kept: KeptKey) {
        let fingerprint = RequestFingerprint(
            version: kept.fingerprintVersion,
            hash: kept.fingerprint
        )
        self.init(owner: kept.owner, text: kept.text, fingerprint: fingerprint)
    }

    /// For the file of keys.
    ///
    /// - Parameters:
    ///   - generation: the id of the answer that was asked for under it.
    ///   - endedAt: when that ended, in milliseconds since 1970.
    /// - Returns: what stands there.
    func kept(for generation: String, endedAt: Int) -> KeptKey {
        KeptKey(
            owner: owner,
            text: text,
            fingerprintVersion: fingerprint.version,
            fingerprint: fingerprint.hash,
            generation: generation,
            endedAt: endedAt
        )
    }

    /// Reads the key of a request; nil where it has none.
    ///
    /// - Parameters:
    ///   - head: may have `Idempotency-Key`.
    ///   - chat: may have an id of the client's, and says what is asked.
    ///   - place: what that id was called there.
    /// - Throws: 400 for what is no key, and for two of them.
    init?(_ head: RequestHead, _ chat: ChatRequest, idIn place: String) throws(Problem) {
        // Most have none, and that is cheap to see.
        guard chat.id != nil || head.fields.first("Idempotency-Key") != nil else { return nil }
        var names: [(text: String, place: String)] = head.fields.all("Idempotency-Key").map {
            ($0, "Idempotency-Key")
        }
        if let id = chat.id { names.append((id, place)) }
        guard let (text, place) = names.first else { return nil }
        if let other = names.first(where: { !equals($0.text, text) }) {
            throw Self.refusal(other.place, "expected the key that \(place) names")
        }
        guard (1...Self.maxBytes).contains(text.utf8.count) else {
            let found = "\(text.utf8.count) bytes"
            throw Self.refusal(place, "expected 1 to \(Self.maxBytes) bytes, found \(found)")
        }
        if let byte = text.utf8.first(where: { !(0x21...0x7E).contains($0) }) {
            throw Self.refusal(place, "expected visible ASCII, found byte \(byte)")
        }
        self.init(text: text, fingerprint: .of(chat))
    }

    private static func refusal(_ place: String, _ message: String) -> Problem {
        .invalid(
            "\(place): \(message)",
            code: place == "Idempotency-Key" ? "idempotency_key" : place
        )
    }
}
