import Storage

/// A client's own name for one question, under which it may ask again without a second answer.
///
/// `Idempotency-Key`, `id` in a body and `stream` or `id` in a query are one name space: a page
/// that posted under a key may read with an `EventSource` under the same key.
package struct RequestKey: Sendable, Equatable {
    /// The longest key.
    package static let maxBytes = 255

    /// What two requests with the same key have in common: each caller's keys are its own.
    package struct Name: Sendable, Hashable {
        /// One text for both, since a start takes tens of thousands; a key has no space in it.
        ///
        /// Bytes, since texts of different callers may be canonically equal.
        private let bytes: [UInt8]

        init(owner: String?, text: String) {
            bytes = Array((owner.map { "\(text) \($0)" } ?? text).utf8)
        }
    }

    /// Who asked; nil where callers are not told apart.
    package let owner: String?
    /// What the client wrote.
    package let text: String
    /// The fingerprint of what was asked under it, the same in every process.
    package let fingerprint: RequestFingerprint

    package var name: Name { Name(owner: owner, text: text) }

    /// Makes a key that was read before.
    package init(owner: String? = nil, text: String, fingerprint: RequestFingerprint) {
        self.owner = owner
        self.text = text
        self.fingerprint = fingerprint
    }

    /// Makes a key of its line in the file of keys.
    init(_ kept: KeptKey) {
        let fingerprint = RequestFingerprint(
            version: kept.fingerprintVersion,
            hash: kept.fingerprint
        )
        self.init(owner: kept.owner, text: kept.text, fingerprint: fingerprint)
    }

    /// Makes its line in the file of keys.
    ///
    /// - Parameters:
    ///   - generation: the id of the answer that was asked for under it.
    ///   - endedAt: when that ended, in milliseconds since 1970.
    /// - Returns: the line.
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
}
