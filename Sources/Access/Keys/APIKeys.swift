/// The keys that are good for something, found by what clients present.
package struct APIKeys: Sendable, Equatable {
    /// What a presented text turned out to be.
    package enum Finding: Sendable, Equatable {
        case key(APIKey)
        /// It is a key, and its time is over.
        case expired(APIKey)
        /// It is no key, or somebody else's guess at one.
        case unknown
    }

    private let byID: [String: APIKey]

    /// Takes keys, whose ids differ.
    package init(_ keys: [APIKey]) {
        byID = Dictionary(keys.map { ($0.id, $0) }) { first, _ in first }
    }

    /// How many there are.
    package var count: Int { byID.count }

    /// Finds a key.
    ///
    /// An unknown id costs the same work as a known one, so that the time does not tell which ids
    /// there are. Whether a key has expired is only said to those who have it.
    ///
    /// - Parameters:
    ///   - text: what a client presents.
    ///   - now: the second since 1970.
    /// - Returns: the key, or that there is none.
    package func find(_ text: String, now: Int) -> Finding {
        guard let presented = APIKeyText(text), let digest = try? KeyDigest(of: text) else {
            return .unknown
        }
        let key = byID[presented.id]
        let isRight = digest == key?.digest ?? .ofNothing
        guard let key, isRight else { return .unknown }
        guard let expires = key.expires, now >= expires else { return .key(key) }
        return .expired(key)
    }

    /// The key with an id, which is no secret; nil where there is none or its time is over.
    func present(_ id: String, now: Int) -> APIKey? {
        byID[id].flatMap { $0.expires.map { now < $0 } ?? true ? $0 : nil }
    }
}
