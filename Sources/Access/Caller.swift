import Wire

/// Who sent a request, and what they may do.
package struct Caller: Sendable, Equatable {
    /// The owner of the answers that are asked for; nil if callers are not told apart.
    package let id: String?
    package let scopes: Scopes
    /// How much the caller may ask for; nil where that is not counted.
    package let limits: CallerLimits?
    /// What has shown who the caller is.
    package let proof: Proof

    /// Makes a caller.
    package init(
        id: String?,
        scopes: Scopes = .common,
        limits: CallerLimits? = nil,
        proof: Proof = .none
    ) {
        self.id = id
        self.scopes = scopes
        self.limits = limits
        self.proof = proof
    }

    /// A caller that cannot be told from others; it may do all but see what belongs to somebody.
    package static let anonymous = Caller(id: nil, scopes: [.chat, .read, .delete, .metrics])

    /// Whether the caller may know of an answer.
    ///
    /// - Parameter owner: who asked for it; nil if callers were not told apart.
    /// - Returns: whether it is the caller's own, or the caller may see everybody's.
    package func maySee(answersOf owner: String?) -> Bool {
        if scopes.allows(.admin) { return true }
        guard let owner, let id else { return owner == nil && id == nil }
        return equals(owner, id)
    }
}
